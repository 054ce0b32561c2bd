import { isSameDay, weekdayOf } from './days';
import type { DayPiece, PartOfDay, Piece, TimePiece } from './pieces';
import { weekdayName } from './words';

/** What a whole phrase says. */
export interface Phrase {
  day?: DayPiece;
  time?: TimePiece;
  part?: PartOfDay;
  isEndOfDay: boolean;
  /** Of the zone that the phrase names. */
  offsetMinutes?: number;
  elapsed?: { ms: number; isPast: boolean };
}

export type Combined = { phrase: Phrase } | { fault: string };

export const NOT_UNDERSTOOD = 'is not understood as exactly one date';

type Kind = Piece['kind'];

/** Puts pieces together to one phrase. Each piece has its place in it, or the phrase is refused. */
export function combine(pieces: readonly Piece[]): Combined {
  const faulty = pieces.find((piece) => piece.kind === 'fault');
  if (faulty !== undefined) return { fault: faulty.fault };
  const said = pieces.filter((piece) => piece.kind !== 'filler');
  const count = (kind: Kind): number => said.filter((piece) => piece.kind === kind).length;
  const isSingle = (['time', 'endOfDay', 'zone', 'elapsed', 'shift'] as const).every(
    (kind) => count(kind) <= 1,
  );
  if (said.length === 0 || !isSingle) return { fault: NOT_UNDERSTOOD };
  const [elapsed] = said;
  if (elapsed!.kind === 'elapsed' && said.length === 1) {
    return { phrase: { isEndOfDay: false, elapsed: { ms: elapsed!.ms, isPast: elapsed!.isPast } } };
  }
  if (count('elapsed') > 0 || (count('zone') > 0 && count('time') === 0)) return { fault: NOT_UNDERSTOOD };
  return build(said);
}

function build(said: readonly Piece[]): Combined {
  const named = oneDay(said);
  if (named !== undefined && 'fault' in named) return named;
  const day = named;
  const parts = said.flatMap((piece) =>
    piece.kind === 'part' || (piece.kind === 'day' && piece.part !== undefined) ? [piece.part!] : [],
  );
  const time = said.find((piece) => piece.kind === 'time');
  const zone = said.find((piece) => piece.kind === 'zone');
  const isEndOfDay = said.some((piece) => piece.kind === 'endOfDay');
  if (parts.length > 1 || (isEndOfDay && (time !== undefined || parts.length > 0))) {
    return { fault: NOT_UNDERSTOOD };
  }
  return { phrase: { day, time, part: parts[0], isEndOfDay, offsetMinutes: zone?.offsetMinutes } };
}

/** The day of all day words together: one, or a weekday and the date that falls on it. */
function oneDay(said: readonly Piece[]): DayPiece | { fault: string } | undefined {
  const days = said.filter((piece) => piece.kind === 'day');
  const shiftAt = said.findIndex((piece) => piece.kind === 'shift');
  const [first, second] = days;
  if (shiftAt >= 0) return first && !second ? shifted(said, shiftAt, first) : { fault: NOT_UNDERSTOOD };
  if (first === undefined || second === undefined) return first;
  if (days.length > 2) return { fault: NOT_UNDERSTOOD };
  return agreed(first, second) ?? agreed(second, first) ?? { fault: NOT_UNDERSTOOD };
}

function shifted(said: readonly Piece[], at: number, day: DayPiece): DayPiece | { fault: string } {
  const shift = said[at]!;
  if (shift.kind !== 'shift' || said[at + 1] !== day) return { fault: NOT_UNDERSTOOD };
  return { kind: 'day', day: shift.move(day.day), isPast: day.isPast };
}

/** "friday, 27 november": the date, where it falls on that weekday; undefined where they are not such a pair. */
function agreed(weekday: DayPiece, date: DayPiece): DayPiece | { fault: string } | undefined {
  if (!date.isDate) return undefined;
  const actual = weekdayOf(date.day);
  if (weekday.isBareWeekday) {
    return actual === weekdayOf(weekday.day)
      ? date
      : { fault: `names a ${weekdayName(actual)} and calls it ${weekdayName(weekdayOf(weekday.day))}` };
  }
  return weekday.isWeekday && isSameDay(weekday.day, date.day) ? date : undefined;
}

/** Hours in which a part of the day lies. From 24 on they are hours of the next day. */
const HOURS: Readonly<Record<PartOfDay, readonly [from: number, to: number]>> = {
  morning: [0, 11],
  afternoon: [12, 18],
  evening: [16, 23],
  night: [17, 29],
};

/** The hour of a time within a part of the day, from 0 to 29; undefined where it is at no such hour. */
export function hourWithin(part: PartOfDay, { hour, isDialHour, isMidnight }: TimePiece): number | undefined {
  if (isMidnight) return part === 'night' || part === 'evening' ? 24 : undefined;
  const [from, to] = HOURS[part];
  const hours = isDialHour ? [hour, hour + 12, hour + 24] : [hour, hour + 24];
  return hours.find((each) => each >= from && each <= to && (each < 24 || part === 'night'));
}

/** The first hour at which a part of the day is over. */
export function endOf(part: PartOfDay): number {
  return Math.min(HOURS[part][1] + 1, 24);
}
