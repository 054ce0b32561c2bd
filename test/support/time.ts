import { clock } from '../../src/common/clock';
import { DatabaseClock } from './database-clock';
import { createDatabase, type TestDatabase } from './postgres';

const machineMs = Date.now.bind(Date);
const monotonicMs = performance.now.bind(performance);

/**
 * Lets the app think that it is this instant; its time goes on from there. What the database judges is not moved by this:
 * see `DatabaseClock`. `jest.restoreAllMocks` ends it, and a second call replaces the first.
 */
export function pretendTime(instant: string | Date): void {
  const aheadMs = new Date(instant).getTime() - machineMs();
  jest.spyOn(clock, 'now').mockImplementation(() => new Date(machineMs() + aheadMs));
}

/** Lets the app think that it is so much later than it is: by its clock, and by the one that durations go by. */
export function pretendLater(ms: number): void {
  pretendTime(new Date(machineMs() + ms));
  jest.spyOn(performance, 'now').mockImplementation(() => monotonicMs() + ms);
}

/**
 * For suites that count by the day or the month: a database on which it is noon of this day, as it is for the app. So no
 * midnight comes while they run.
 * @param day past, for what Postgres fills in by itself has the true time, and is not to look old
 */
export async function createDatabaseOn(day: string): Promise<TestDatabase> {
  const database = await createDatabase();
  await (await DatabaseClock.install(database)).set(noonOf(day));
  pretendTime(noonOf(day));
  return database;
}

/** Ends both. */
export function endPretending(): void {
  for (const { now } of [clock, performance]) if (jest.isMockFunction(now)) now.mockRestore();
}

export function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** A day at noon, far from every zone's midnight but those of the Pacific. */
export const noonOf = (day: string): string => `${day}T12:00:00Z`;
