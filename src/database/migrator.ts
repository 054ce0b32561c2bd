import { DataSource } from 'typeorm';
import { migrationOptions } from './data-source';

/** Any number, as long as every version of the app takes the same. */
const MIGRATION_LOCK = 7_235_008;

/**
 * Brings the schema up to date. Replicas that start together wait for each other: the lock is held on one connection
 * for the whole run, by a transaction, so that it holds through a pooler too, and falls with it.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const dataSource = await new DataSource(migrationOptions(databaseUrl)).initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.startTransaction();
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await lock.rollbackTransaction().catch(() => undefined);
    await lock.release();
    await dataSource.destroy();
  }
}
