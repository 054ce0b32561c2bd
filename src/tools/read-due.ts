import * as chrono from 'chrono-node/en';
import { type Due, isWithinYears, parseDue, toCalendarDate } from '../tasks/due';
import { toInstant, toUtcMs, toWallClock, type WallClock } from '../common/zoned-time';

/** What the date reader makes of a text: some parts of a date said, others implied. */
type Reading = chrono.ParsedResult['start'];

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)?$/;
/** Not words: what is of this form and could not be read as such is wrong. */
const ISO_FORM = /^\d{4}-\d{2}-\d{2}(?:T|$)/;
const PAST = /\b(?:last|past|previous|ago)\b/i;
/** May stand around a date without changing it. */
const FILLER = /\b(?:by|due|on|at|before|until|till|in|the|sometime|later|please)\b|[\s,.;:!]/gi;

/** What the date reader does not know, or takes for the first day of a period whose last day is meant. */
const REWRITES: [pattern: RegExp, words: string][] = [
  [/\b(?<!the )day after tomorrow\b/i, 'the day after tomorrow'],
  [/\b(?:(?:the )?end of (?:the |this )?day|eod)\b/i, 'today'],
  [/\b(?:(?:the )?end of (?:the |this )?week|this week|eow)\b/i, 'sunday'],
  [/\b(?:this month|eom)\b/i, 'end of month'],
  [/\b(?:(?:the )?end of (?:the |this )?year|this year|eoy)\b/i, 'december 31'],
  [/\bright now\b/i, 'now'],
];

/**
 * Reads when something is due, as a model or a user writes it: a date, an instant with offset, a local date-time, or
 * English words ("tomorrow", "friday at 5pm"). A day without a time stays a day; a weekday is the soonest one, today
 * included.
 * @param timezone whose clocks are meant where the text names no zone
 * @returns undefined where it cannot be read as exactly one date
 */
export function readDue(given: string, now: Date, timezone: string): Due | undefined {
  const text = given.trim();
  const due = parseDue(text) ?? readLocalTime(text, timezone);
  if (due !== undefined) return due;
  return ISO_FORM.test(text) ? undefined : readWords(rewrite(text), now, timezone);
}

function readLocalTime(text: string, timezone: string): Due | undefined {
  const [, date, hour, minute, second = 0] = LOCAL_TIME.exec(text) ?? [];
  if (date === undefined || parseDue(date) === undefined) return undefined;
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const wall = { year, month, day, hour: Number(hour), minute: Number(minute), second: Number(second) };
  return toDueAt(toInstant(wall, timezone));
}

function readWords(text: string, now: Date, timezone: string): Due | undefined {
  const today = toWallClock(now, timezone);
  // A day is read from noon of today: in the evening too, today's weekday and date are still to come.
  const noon = { ...today, hour: 12, minute: 0, second: 0 };
  const day = readWhole(text, noon);
  if (day === undefined) return undefined;
  if (!day.isCertain('hour')) return toDueOn(isWithoutDay(day) ? inSameDayOfMonth(text, noon) : toWall(day));
  const time = readWhole(text, today);
  return time === undefined ? undefined : toDueAt(locate(time, now, today, timezone));
}

/** The one date that a text consists of. */
function readWhole(text: string, reference: WallClock): Reading | undefined {
  const { year, month, day, hour, minute, second } = reference;
  // The reader calculates on the server's clock: it is set to what the user's shows, so no zone comes into it.
  const clock = new Date(year, month - 1, day, hour, minute, second);
  const [found, ...others] = chrono.parse(text, clock, { forwardDate: !PAST.test(text) });
  if (found === undefined || others.length > 0 || found.end) return undefined;
  const rest = text.slice(0, found.index) + text.slice(found.index + found.text.length);
  return rest.replace(FILLER, '') === '' ? found.start : undefined;
}

function locate(time: Reading, now: Date, today: WallClock, timezone: string): Date {
  const wall = toWall(time);
  const tags = time.tags();
  if (tags.has('result/relativeDateAndTime') || tags.has('casualReference/now')) {
    // "in 2 hours" is elapsed time, whatever the clocks do meanwhile.
    const wholeSecond = Math.floor(now.getTime() / 1000) * 1000;
    return new Date(wholeSecond + toUtcMs(wall) - toUtcMs(today));
  }
  if (!time.isCertain('timezoneOffset')) return toInstant(wall, timezone);
  return new Date(toUtcMs(wall) - time.get('timezoneOffset')! * 60_000);
}

/** "in a month", "next year": moved by months alone. */
function isWithoutDay(day: Reading): boolean {
  return day.tags().has('result/relativeDate') && !day.isCertain('day');
}

/** The reader makes the 31st of January plus a month the 3rd of March: the last day of February is meant. */
function inSameDayOfMonth(text: string, today: WallClock): WallClock | undefined {
  const first = readWhole(text, { ...today, day: 1 });
  if (first === undefined) return undefined;
  const wall = toWall(first);
  const lastDay = new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate();
  return { ...wall, day: Math.min(today.day, lastDay) };
}

function toWall(components: Reading): WallClock {
  return {
    year: components.get('year')!,
    month: components.get('month')!,
    day: components.get('day')!,
    hour: components.get('hour') ?? 0,
    minute: components.get('minute') ?? 0,
    second: components.get('second') ?? 0,
  };
}

function toDueOn(day: WallClock | undefined): Due | undefined {
  const dueOn = day && toCalendarDate(day.year, day.month, day.day);
  return dueOn === undefined ? undefined : { dueOn, dueAt: null };
}

function toDueAt(instant: Date): Due | undefined {
  return isWithinYears(instant) ? { dueOn: null, dueAt: instant } : undefined;
}

function rewrite(text: string): string {
  return REWRITES.reduce((words, [pattern, plain]) => words.replace(pattern, plain), text);
}
