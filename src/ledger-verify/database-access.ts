import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { StartupError } from '../common/startup-error';
import { DataDirectory } from '../config/data-directory';
import type { Settings } from '../config/settings';
import { toDatabaseFault } from '../database/database-faults';
import {
  findEmbeddedPostgres,
  hasEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../database/embedded-postgres';

const CONNECT_TIMEOUT_MS = 10_000;

export interface DatabaseAccess {
  client: Client;
  close(): Promise<void>;
}

/**
 * The database that the server has, or would have: the one of DATABASE_URL, else the embedded one, which is started for
 * the while where it does not run.
 * @throws StartupError
 */
export async function openDatabase({ database, dataDirectory }: Settings): Promise<DatabaseAccess> {
  if (database.url !== undefined) return connect(database.url);
  const folder = join(dataDirectory, 'postgres');
  const password = readPassword(dataDirectory);
  if (password === undefined || !hasEmbeddedPostgres(folder)) {
    throw new StartupError(
      `There is no database in ${dataDirectory} yet: start the server once, or set DATABASE_URL or DATA_DIR.`,
    );
  }
  const url = findEmbeddedPostgres(folder, password);
  return url === undefined ? startForTheWhile(dataDirectory, folder) : connect(url);
}

/** Whoever owns the folder while this runs keeps a server from starting on it. */
async function startForTheWhile(dataDirectory: string, folder: string): Promise<DatabaseAccess> {
  const password = DataDirectory.open(dataDirectory).secret('postgres-password');
  const postgres = await startEmbeddedPostgres(folder, password);
  try {
    const access = await connect(postgres.url);
    return {
      client: access.client,
      close: async () => {
        await access.close();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function connect(url: string): Promise<DatabaseAccess> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'keyturn ledger:verify',
  });
  // A connection that breaks while nothing is asked would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw toDatabaseFault(error);
  }
  return { client, close: () => client.end().catch(() => undefined) };
}

function readPassword(dataDirectory: string): string | undefined {
  try {
    return readFileSync(join(dataDirectory, 'postgres-password'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
