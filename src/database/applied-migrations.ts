import type { Client } from 'pg';

/** Postgres's code for a table that does not exist. */
const UNDEFINED_TABLE = '42P01';

/** The names of the migrations that a database has had; none where it is still empty. */
export async function appliedMigrations(client: Client): Promise<string[]> {
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}
