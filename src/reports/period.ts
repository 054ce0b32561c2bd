import { AppError } from '../common/app-error';
import { toInstant, toWallClock } from '../common/zoned-time';
import type { PeriodQuery } from './period.dto';

/** Days, both included, YYYY-MM-DD. */
export interface Period {
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

/**
 * Fills in what was left out: up to today, from the first of that month on.
 * @param timezone whose today it is
 * @throws AppError validation_failed where the days are in the wrong order, or too many
 */
export function toPeriod({ from, to }: PeriodQuery, timezone: string, now: Date): Period {
  const last = to ?? dayOf(now, timezone);
  const first = from ?? `${last.slice(0, 8)}01`;
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (days < 1)
    throw refusal(to === undefined ? 'from' : 'to', `from must not be after to, which is ${last}`);
  if (days > MOST_DAYS) throw refusal('from', `from and to may be ${MOST_DAYS} days at most, not ${days}`);
  return { from: first, to: last };
}

/** When the period begins and ends on the clocks of a zone; the end is not part of it. */
export function toInstants({ from, to }: Period, timezone: string): { from: Date; until: Date } {
  return { from: midnight(from, 0, timezone), until: midnight(to, 1, timezone) };
}

function midnight(text: string, daysOn: number, timezone: string): Date {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return toInstant({ year, month, day: day + daysOn, hour: 0, minute: 0, second: 0 }, timezone);
}

function dayOf(instant: Date, timezone: string): string {
  const { year, month, day } = toWallClock(instant, timezone);
  return [String(year).padStart(4, '0'), ...[month, day].map((part) => String(part).padStart(2, '0'))].join(
    '-',
  );
}

const refusal = (field: string, message: string): AppError =>
  new AppError('validation_failed', message, { details: [{ path: [field], message }] });
