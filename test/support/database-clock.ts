import type { TestDatabase } from './postgres';

/**
 * A database whose clock the test steps: what the app asks it for, `now()`, is found here before Postgres's own. For
 * connections that are opened after this.
 */
export class DatabaseClock {
  private constructor(private readonly database: TestDatabase) {}

  static async install(database: TestDatabase): Promise<DatabaseClock> {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`
      CREATE SCHEMA clock;
      CREATE TABLE clock.reading (ahead interval NOT NULL);
      INSERT INTO clock.reading VALUES ('0');
      CREATE FUNCTION clock.now() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT pg_catalog.now() + ahead FROM clock.reading';
      ALTER DATABASE ${name} SET search_path = clock, public, pg_catalog`);
    return new DatabaseClock(database);
  }

  /** From now on it is this instant there, and time goes on from it. */
  async set(instant: string): Promise<void> {
    await this.database.query('UPDATE clock.reading SET ahead = $1::timestamptz - pg_catalog.now()', [
      instant,
    ]);
  }
}
