import { clock } from '../../src/common/clock';
import { DatabaseClock } from './database-clock';
import { createDatabase, type TestDatabase } from './postgres';

const machineMs = Date.now.bind(Date);
const monotonicMs = performance.now.bind(performance);

/**
 * Sets the app's clock to this instant; time continues from there. The database's clock does not move: see
 * `DatabaseClock`. `jest.restoreAllMocks` ends the pretence, and a second call replaces the first.
 */
export function pretendTime(instant: string | Date): void {
  const aheadMs = new Date(instant).getTime() - machineMs();
  jest.spyOn(clock, 'now').mockImplementation(() => new Date(machineMs() + aheadMs));
}

/** Moves the app's time ahead: both its clock and the one that measures durations. */
export function pretendLater(ms: number): void {
  pretendTime(new Date(machineMs() + ms));
  jest.spyOn(performance, 'now').mockImplementation(() => monotonicMs() + ms);
}

/**
 * For suites that count by day or month: on the database and in the app it is noon of this day. So midnight cannot pass
 * while they run.
 * @param day must be past: values that Postgres fills in itself have the true time and must not look old
 */
export async function createDatabaseOn(day: string): Promise<TestDatabase> {
  const database = await createDatabase();
  await (await DatabaseClock.install(database)).set(noonOf(day));
  pretendTime(noonOf(day));
  return database;
}

/** Ends the pretence for both clocks. */
export function endPretending(): void {
  for (const { now } of [clock, performance]) if (jest.isMockFunction(now)) now.mockRestore();
}

export function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** Noon of a day, far from midnight in every zone except those of the Pacific. */
export const noonOf = (day: string): string => `${day}T12:00:00Z`;
