import type { DataSource } from 'typeorm';

/** Any number, as long as every version of the app takes the same. */
const MIGRATION_LOCK = 7_235_008;

/**
 * Brings the schema up to date. Replicas that start together wait for each other: the lock is held on one connection
 * for the whole run, by a transaction, so that it holds through a pooler too, and falls with it.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.startTransaction();
    // The wait for another replica's run, and our own, may be longer than any statement of ours is allowed.
    await lock.query('SET LOCAL statement_timeout = 0');
    await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await lock.rollbackTransaction().catch(() => undefined);
    await lock.release();
  }
}
