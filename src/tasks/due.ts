import { registerDecorator } from 'class-validator';

/** When a task is due: a day, which is the same day everywhere, or an instant. At most one is set. */
export interface Due {
  dueOn: string | null;
  dueAt: Date | null;
}

export const NO_DUE: Due = { dueOn: null, dueAt: null };

const FIRST_YEAR = 1970;
const LAST_YEAR = 9999;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A day of the calendar as `YYYY-MM-DD`; undefined where the calendar has no such day. */
export function toCalendarDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const isReal =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal && isWithinYears(date) ? date.toISOString().slice(0, 10) : undefined;
}

export function isWithinYears(date: Date): boolean {
  return date.getUTCFullYear() >= FIRST_YEAR && date.getUTCFullYear() <= LAST_YEAR;
}

/** Reads `YYYY-MM-DD`, or an ISO 8601 instant with `Z` or an offset; undefined for anything else. */
export function parseDue(text: string): Due | undefined {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year !== undefined) {
    const dueOn = toCalendarDate(Number(year), Number(month), Number(day));
    return dueOn === undefined ? undefined : { dueOn, dueAt: null };
  }
  const [, date] = INSTANT.exec(text) ?? [];
  // Date.parse reads the 31st of February as the 3rd of March: the day is checked on its own.
  if (date === undefined || parseDue(date) === undefined) return undefined;
  const dueAt = new Date(text);
  return isWithinYears(dueAt) ? { dueOn: null, dueAt } : undefined;
}

/** The value as the contract shows it: the day as it is, an instant in UTC. */
export function formatDue({ dueOn, dueAt }: Due): string | null {
  return dueOn ?? dueAt?.toISOString() ?? null;
}

export function IsDue(): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name: 'isDue',
      target: target.constructor,
      propertyName: propertyName as string,
      options: {
        message:
          '$property must be a date (2026-11-25) or an instant with offset (2026-11-25T17:00:00Z), year 1970 to 9999',
      },
      validator: { validate: (value: unknown) => typeof value === 'string' && parseDue(value) !== undefined },
    });
  };
}
