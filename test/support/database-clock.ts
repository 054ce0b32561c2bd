import type { TestDatabase } from './postgres';

/**
 * A database whose clock the test sets: the app's `now()` is found here before Postgres's own. Applies to connections
 * opened after this.
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

  /** Sets the database's clock to this instant; time continues from there. */
  async set(instant: string): Promise<void> {
    await this.database.query('UPDATE clock.reading SET ahead = $1::timestamptz - pg_catalog.now()', [
      instant,
    ]);
  }
}
