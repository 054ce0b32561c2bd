import * as chrono from 'chrono-node/en';
import { type DatePhrase, findDatePhrases, withoutTimeRange } from './date-phrases';
import type { Language } from './language';

/** Now, and the user's offset from UTC in minutes. */
export interface Reference {
  readonly instant: Date;
  readonly timezone: number;
}

export interface FoundDate {
  /** English words or ISO, as the user wrote it. */
  readonly due: string;
  /** The text without the date and its preposition. */
  readonly rest: string;
}

/** Two days, both included, as YYYY-MM-DD. */
export interface DayRange {
  readonly from?: string;
  readonly to: string;
}

const DATED_CHARACTERS = 1_000;
const DAY_MS = 86_400_000;

const PREPOSITION =
  /(?:^|[\s,(])(?:by|on|at|due|before|until|till|for|in|within|from|starting|to|after|around)\s*$/i;
const PREPOSITION_WITHIN = /^(?:on|at|in|by|within)\s/i;
const FRAME_BEFORE =
  /(?:^|[\s,(]+)(?:and\s+)?(?:(?:is|it is|it's|which is|with|has|to be done|needs to be done)\s+)?(?:(?:a|the)\s+)?(?:due date|due|deadline|by|on|at|before|until|till|for|from|starting|no later than|sometime|around)(?:\s+(?:of|the))?\s*:?\s*$/i;
const FRAME_BEFORE_PERIOD = /(?:^|[\s,(]+)(?:in|on|over|during|at|the)\s*$/i;
const PERIOD =
  /^(?:early |late )?(?:morning|afternoon|evening|night|week|weekend|month|january|february|march|april|may|june|july|august|september|october|november|december)\b/i;
const ALWAYS_A_DATE = /^(?:on |by |later )?(?:today|tonight|tomorrow|the day after tomorrow)\b/i;
const IN_ITSELF = /^(?:in|within) |from now$|from today$|later$/i;
const UNCLOSED = /\([^)]*$/;
/** Text that may follow a date that has no preposition inside a sentence. */
const SENTENCE_GOES_ON =
  /^\s*(?:$|[,;:.!?)(\uE000-\uF8FF#]|(?:about|with|at|to|for|from|and|in|on|because|so|please|as|urgent|high|low|medium|tagged)\b)/iu;

/** Extracts the due date from a phrase; undefined if the phrase has none. */
export function extractDate(text: string, language: Language): FoundDate | undefined {
  if (text.length > DATED_CHARACTERS) return undefined;
  const translated = toEnglishDates(text, language);
  const found = findDatePhrases(translated).filter((phrase) => readsAsDate(phrase, translated));
  const day = found.findLast((phrase) => !phrase.isTimeOnly);
  const time = found.find((phrase) => phrase.isTimeOnly);
  const used = [day, day?.hasTime ? undefined : time].filter((phrase) => phrase !== undefined);
  if (used.length === 0) return undefined;
  let rest = translated;
  for (const phrase of used.toSorted((left, right) => right.index - left.index)) rest = without(rest, phrase);
  return { due: used.map(plainWords).join(' '), rest };
}

/** The date, if the phrase is nothing but a date ("next monday", "the 15th"). */
export function wholeDate(text: string, language: Language): string | undefined {
  const found = extractDate(text, language);
  return found && !/[\p{L}\p{N}\uE000-\uF8FF]/u.test(found.rest) ? found.due : undefined;
}

/** The days meant by "today", "this week", "overdue" or any date; undefined if the words name no day. */
export function dayRange(words: string, reference: Reference): DayRange | undefined {
  const today = localDay(reference, 0);
  if (/\b(?:overdue|late)\b/i.test(words)) return { to: localDay(reference, -1) };
  const daysToSunday = (7 - new Date(`${today}T00:00:00Z`).getUTCDay()) % 7;
  if (/^(?:(?:the )?end of )?(?:this |the )?week$/i.test(words))
    return { from: today, to: localDay(reference, daysToSunday) };
  if (/^(?:(?:the )?end of )?next week$/i.test(words)) {
    return { from: localDay(reference, daysToSunday + 1), to: localDay(reference, daysToSunday + 7) };
  }
  if (/^(?:the )?(?:end of (?:the |my )?day|eod)$/i.test(words)) return { from: today, to: today };
  const [, dayOfMonth] = /^(?:the )?(\d{1,2})(?:st|nd|rd|th)$/i.exec(words) ?? [];
  const next = dayOfMonth === undefined ? undefined : nextDayOfMonth(Number(dayOfMonth), reference);
  if (next !== undefined) return { from: next, to: next };
  const start = chrono.parse(words, reference, { forwardDate: true })[0]?.start;
  if (!start) return undefined;
  const parts = [start.get('year'), start.get('month'), start.get('day')];
  const day = parts.map((part) => String(part).padStart(2, '0')).join('-');
  return { from: day, to: day };
}

function localDay({ instant, timezone }: Reference, daysAhead: number): string {
  return new Date(instant.getTime() + timezone * 60_000 + daysAhead * DAY_MS).toISOString().slice(0, 10);
}

function toEnglishDates(text: string, language: Language): string {
  let translated = text;
  for (const [pattern, replacement] of language.dateWords) {
    translated =
      typeof replacement === 'string'
        ? translated.replace(pattern, replacement)
        : translated.replace(pattern, (...match: unknown[]) =>
            replacement(...match.map((part) => (typeof part === 'string' ? part : ''))),
          );
  }
  return translated;
}

function nextDayOfMonth(dayOfMonth: number, reference: Reference): string | undefined {
  for (let ahead = 0; ahead < 62; ahead += 1) {
    const day = localDay(reference, ahead);
    if (Number(day.slice(8)) === dayOfMonth) return day;
  }
  return undefined;
}

function readsAsDate(phrase: DatePhrase, text: string): boolean {
  const before = text.slice(0, phrase.index);
  const after = text.slice(phrase.index + phrase.text.length);
  if (ALWAYS_A_DATE.test(phrase.text)) return true;
  const hasPreposition = PREPOSITION.test(before) || PREPOSITION_WITHIN.test(phrase.text);
  if (phrase.isEveryday)
    return hasPreposition || (/^(?:sat|sun|mon|wed)$/i.test(phrase.text) && after.trim() === '');
  const standsAtAnEdge = before.trim() === '' || SENTENCE_GOES_ON.test(after);
  return standsAtAnEdge || IN_ITSELF.test(phrase.text) || (hasPreposition && !phrase.isTimeOnly);
}

function without(text: string, { index, text: found }: DatePhrase): string {
  let before = text.slice(0, index);
  let after = text
    .slice(index + found.length)
    .trimStart()
    .replace(/^at the latest\b\s*/i, '');
  if (PERIOD.test(found)) before = before.replace(FRAME_BEFORE_PERIOD, '');
  before = before.replace(FRAME_BEFORE, '').replace(FRAME_BEFORE, '');
  // "(due Friday)": the brackets go with the date they enclose.
  if (after.startsWith(')') && UNCLOSED.test(text.slice(0, index))) {
    before = before.replace(/\(\s*$/, '');
    if (!UNCLOSED.test(before)) after = after.slice(1).trimStart();
  }
  return `${before.trimEnd()} ${after}`.trim();
}

/** A task has one due time: a span ("from 3pm to 4pm") is reduced to its start. */
function plainWords({ text }: DatePhrase): string {
  const words = text.replace(/[()]/g, '').replace(/^(?:on|by|due)\s+/i, '');
  return withoutTimeRange(words).trim();
}
