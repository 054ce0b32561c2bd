import type { Client } from 'pg';
import { StartupError } from '../common/startup-error';
import { appliedMigrations } from '../database/applied-migrations';
import { migrations } from '../database/migrations';

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
