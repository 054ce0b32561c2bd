import { Client } from 'pg';
import { StartupError } from '../common/startup-error';
import { appliedMigrations } from '../database/applied-migrations';
import { toDatabaseFault } from '../database/database-faults';
import { migrations } from '../database/migrations';
import { findNativeFolder } from '../database/postgres-binaries';
import { configuration, failed, type Finding, ok, warning } from './finding';
import type { RunningServer } from './running-server';

const SUBJECT = 'database';
const LEAST_VERSION = 14;
const NOT_THERE = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** @param url undefined: the embedded one, which runs while the server does */
export async function checkDatabase(
  url: string | undefined,
  server: RunningServer | undefined,
  timeoutMs: number,
): Promise<Finding> {
  return url === undefined ? checkEmbedded(server) : checkOwn(url, timeoutMs);
}

function checkEmbedded(server: RunningServer | undefined): Finding {
  try {
    findNativeFolder();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    return failed(SUBJECT, configuration(error.message));
  }
  if (server === undefined) return ok(SUBJECT, 'the embedded Postgres, which starts with the server');
  if (server.health.database === 'connected') return ok(SUBJECT, 'the embedded Postgres, running');
  return failed(SUBJECT, configuration('the embedded Postgres has stopped: restart the server.'));
}

async function checkOwn(url: string, timeoutMs: number): Promise<Finding> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'keyturn doctor',
  });
  // A connection that breaks while nothing is asked would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    return await judge(client, rows[0]!.version);
  } catch (error) {
    const isAway = NOT_THERE.has((error as { code?: string }).code ?? '') || /timeout/i.test(String(error));
    return failed(SUBJECT, {
      matter: isAway ? 'network' : 'configuration',
      text: toDatabaseFault(error).message,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function judge(client: Client, version: string): Promise<Finding> {
  const told = `Postgres ${version}`;
  if (Number.parseInt(version, 10) < LEAST_VERSION) {
    return failed(SUBJECT, configuration(`${told} is too old: Keyturn needs ${LEAST_VERSION} or later.`));
  }
  const applied = await appliedMigrations(client);
  const own = migrations.map(({ name }) => name);
  const missing = own.filter((name) => !applied.includes(name)).length;
  if (applied.some((name) => !own.includes(name))) {
    return warning(
      SUBJECT,
      configuration(
        `${told} holds the schema of a newer Keyturn: run that version, or restore a backup of this one.`,
      ),
    );
  }
  if (missing === 0) return ok(SUBJECT, `${told}, schema up to date`);
  return ok(SUBJECT, `${told}, ${missing} of ${own.length} migrations to come with the next start`);
}
