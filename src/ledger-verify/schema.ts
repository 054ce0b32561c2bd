import type { Client } from 'pg';
import { StartupError } from '../common/startup-error';
import { migrations } from '../database/migrations';

/** Postgres's code for a table that does not exist. */
const UNDEFINED_TABLE = '42P01';

/**
 * That the database holds the tables of this version.
 * @throws StartupError
 */
export async function requireSchema(client: Client): Promise<void> {
  const applied = await appliedMigrations(client);
  const own = migrations.map(({ name }) => name);
  if (own.some((name) => !applied.includes(name))) {
    throw new StartupError(
      'The database does not hold the schema of this version yet: start this version of the server once.',
    );
  }
  if (applied.some((name) => !own.includes(name))) {
    throw new StartupError('The database holds the schema of a newer Keyturn: run that version’s command.');
  }
}

async function appliedMigrations(client: Client): Promise<string[]> {
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}
