import { type Due, isWithinYears, parseDue, toCalendarDate } from '../tasks/due';
import { toInstant, toUtcMs, toWallClock, type WallClock } from '../common/zoned-time';
import { combine, endOf, hourWithin, NOT_UNDERSTOOD, type Phrase } from './due/combine';
import { addDays, type Day, isBefore } from './due/days';
import { parsePhrase } from './due/parse-phrase';
import type { TimePiece } from './due/pieces';

/** The date that was read, or why there is none. The fault is the rest of a sentence about the words that were given. */
export type DueReading = { due: Due } | { fault: string };

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)?$/;
const HAS_PASSED = 'has passed: name a day to come; where the past is meant, write it in digits (2026-11-25)';

/**
 * Reads when something is due, as a model or a user writes it: a date, an instant with offset, a local date-time, or
 * English words ("tomorrow", "friday at 5pm"). A day without a time stays a day. Words are read whole or not at all, and
 * come out in the past only where they speak of it. docs/dates.md has what is understood.
 * @param timezone whose clocks are meant where the text names no zone
 */
export function readDue(given: string, now: Date, timezone: string): DueReading {
  const text = given.trim();
  const written = parseDue(text) ?? readLocalTime(text, timezone);
  if (written !== undefined) return { due: written };
  const clock: UserClock = { now: toWholeSecond(now), today: toWallClock(now, timezone), timezone };
  const pieces = parsePhrase(text, clock.today);
  if (pieces === undefined) return { fault: NOT_UNDERSTOOD };
  const combined = combine(pieces);
  return 'fault' in combined ? combined : resolve(combined.phrase, clock);
}

/** Now, in whole seconds, and what the user's clock shows then. */
interface UserClock {
  now: Date;
  today: WallClock;
  timezone: string;
}

function readLocalTime(text: string, timezone: string): Due | undefined {
  const [, date, hour, minute, second = 0] = LOCAL_TIME.exec(text) ?? [];
  if (date === undefined || parseDue(date) === undefined) return undefined;
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const wall = { year, month, day, hour: Number(hour), minute: Number(minute), second: Number(second) };
  const dueAt = toInstant(wall, timezone);
  return isWithinYears(dueAt) ? { dueOn: null, dueAt } : undefined;
}

function resolve(phrase: Phrase, clock: UserClock): DueReading {
  if (phrase.elapsed !== undefined) return dueAt(new Date(clock.now.getTime() + phrase.elapsed.ms));
  if (phrase.time !== undefined) return resolveTime(phrase, phrase.time, clock);
  const { day, part } = phrase;
  if (day !== undefined) return isBefore(day.day, clock.today) && !day.isPast ? past() : dueOn(day.day);
  const isOverToday = part !== undefined && clock.today.hour >= endOf(part);
  return dueOn(addDays(clock.today, isOverToday ? 1 : 0));
}

function resolveTime(phrase: Phrase, time: TimePiece, clock: UserClock): DueReading {
  const { day, part } = phrase;
  const hour = part === undefined ? plainHour(time, phrase) : hourWithin(part, time);
  if (hour === undefined) {
    return { fault: time.isMidnight ? MIDNIGHT_OF_A_DAY : 'names a time and another part of the day' };
  }
  const at = (named: Day, daysLater: number): Date =>
    instantOf(named, hour + 24 * daysLater, time, phrase, clock);
  if (day === undefined)
    return soonest(
      [-1, 0, 1, 2].map((later) => at(clock.today, later)),
      clock,
    );
  // After midnight "tonight" is still the night that goes on: its hours come before those of the next.
  if (day.isToday && part === 'night' && hour >= 24 && !time.isMidnight) {
    return soonest(
      [-1, 0].map((later) => at(day.day, later)),
      clock,
    );
  }
  if (day.isBareWeekday)
    return soonest(
      [0, 7].map((later) => at(day.day, later)),
      clock,
    );
  const instant = at(day.day, 0);
  return instant < clock.now && !day.isPast ? past() : dueAt(instant);
}

const MIDNIGHT_OF_A_DAY =
  'names the midnight of a day, which may be its first or its last: write the date and 00:00 (2026-11-25T00:00)';

/** The hour without a part of the day; midnight of today is the one that comes, as is midnight alone. */
function plainHour(time: TimePiece, { day }: Phrase): number | undefined {
  if (!time.isMidnight) return time.hour;
  return day === undefined || day.isToday ? 24 : undefined;
}

/** @param hour may be 24 or more: an hour of a later day */
function instantOf(
  named: Day,
  hour: number,
  { minute, second }: TimePiece,
  { offsetMinutes }: Phrase,
  { timezone }: UserClock,
): Date {
  const day = addDays(named, Math.floor(hour / 24));
  const wall = { ...day, hour: ((hour % 24) + 24) % 24, minute, second };
  if (offsetMinutes === undefined) return toInstant(wall, timezone);
  return new Date(toUtcMs(wall) - offsetMinutes * 60_000);
}

function soonest(instants: readonly Date[], { now }: UserClock): DueReading {
  const coming = instants.find((instant) => instant >= now);
  return coming === undefined ? past() : dueAt(coming);
}

function dueOn({ year, month, day }: Day): DueReading {
  const date = toCalendarDate(year, month, day);
  return date === undefined ? outsideOfYears() : { due: { dueOn: date, dueAt: null } };
}

function dueAt(instant: Date): DueReading {
  return isWithinYears(instant) ? { due: { dueOn: null, dueAt: instant } } : outsideOfYears();
}

function past(): DueReading {
  return { fault: HAS_PASSED };
}

function outsideOfYears(): DueReading {
  return { fault: 'lies outside of the years 1970 to 9999' };
}

function toWholeSecond(now: Date): Date {
  return new Date(Math.floor(now.getTime() / 1000) * 1000);
}
