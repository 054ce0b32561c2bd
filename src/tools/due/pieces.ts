import type { Day } from './days';

export type PartOfDay = 'morning' | 'afternoon' | 'evening' | 'night';

/** A day that some words name, reckoned from today. */
export interface DayPiece {
  kind: 'day';
  day: Day;
  /** The words speak of the past ("last friday"). */
  isPast?: boolean;
  /** One date: the weekday on which it falls may stand beside it. */
  isDate?: boolean;
  /** A bare weekday: it may stand beside a date, and goes on to the next week once its time has passed. */
  isBareWeekday?: boolean;
  /** A weekday with "next" or "this" before it: it may stand beside the same date. */
  isWeekday?: boolean;
  isToday?: boolean;
  part?: PartOfDay;
}

/** A time as a clock shows it. */
export interface TimePiece {
  kind: 'time';
  hour: number;
  minute: number;
  second: number;
  /** The dial's hour from 1 to 12, without "am" or "pm": a part of the day may make it one or the other. */
  isDialHour: boolean;
  isMidnight?: boolean;
}

/** Words of a phrase that mean one thing. */
export type Piece =
  | DayPiece
  | TimePiece
  | { kind: 'part'; part: PartOfDay }
  | { kind: 'endOfDay' }
  | { kind: 'zone'; offsetMinutes: number }
  | { kind: 'elapsed'; ms: number; isPast: boolean }
  /** "a week from …": moves the day that is named after it. */
  | { kind: 'shift'; move: (day: Day) => Day }
  | { kind: 'filler' }
  /** Words that are understood and cannot be taken. */
  | { kind: 'fault'; fault: string };

export type Groups = Readonly<Record<string, string | undefined>>;

/** Words that make a piece. The pattern is the source of a regular expression over the plain text. */
export interface Rule {
  pattern: string;
  read: (groups: Groups, today: Day) => Piece;
}

export const fault = (text: string): Piece => ({ kind: 'fault', fault: text });
