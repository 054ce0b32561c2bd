import { toCalendarDate } from '../../tasks/due';

/** A day of the calendar. Month and day from 1. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

/** Monday is 0, Sunday is 6. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export function addDays({ year, month, day }: Day, days: number): Day {
  return toDay(new Date(Date.UTC(year, month - 1, day + days)));
}

/** The same day of another month; the last day of that month where it has no such day. */
export function addMonths({ year, month, day }: Day, months: number): Day {
  const last = lastOfMonth({ year, month, day }, months);
  return { ...last, day: Math.min(day, last.day) };
}

export function lastOfMonth({ year, month }: Day, monthsAhead: number): Day {
  return toDay(new Date(Date.UTC(year, month + monthsAhead, 0)));
}

export function lastOfQuarter(day: Day, quartersAhead: number): Day {
  return lastOfMonth(day, 2 - ((day.month - 1) % 3) + 3 * quartersAhead);
}

export function weekdayOf({ year, month, day }: Day): Weekday {
  return ((new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7) as Weekday;
}

/** A weekday of this week, or of another one. Weeks begin on Monday. */
export function inWeek(today: Day, weekday: Weekday, weeksAhead: number): Day {
  return addDays(today, weekday - weekdayOf(today) + 7 * weeksAhead);
}

/** The first such weekday on this day or after it. */
export function soonestWeekday(from: Day, weekday: Weekday): Day {
  return addDays(from, (weekday - weekdayOf(from) + 7) % 7);
}

export function isBefore(left: Day, right: Day): boolean {
  return toNumber(left) < toNumber(right);
}

export function isSameDay(left: Day, right: Day): boolean {
  return toNumber(left) === toNumber(right);
}

export function isRealDay({ year, month, day }: Day): boolean {
  return toCalendarDate(year, month, day) !== undefined;
}

function toNumber({ year, month, day }: Day): number {
  return (year * 100 + month) * 100 + day;
}

function toDay(date: Date): Day {
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
