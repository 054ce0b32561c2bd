import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { migrate } from '../../src/database/migrator';
import { RUN_FOLDER } from './api-document';
import { SERVER_URL, TEMPLATE, urlOf, withClient } from './postgres';

declare global {
  var testPostgres: { server: RunningPostgres; folder: string };
}

/** Starts one real Postgres for all suites, with a migrated template that each suite clones in a few milliseconds. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-test-'));
  const server = await startEmbeddedPostgres(join(folder, 'postgres'), 'test-only');
  globalThis.testPostgres = { server, folder };
  process.env[SERVER_URL] = server.url;
  process.env[RUN_FOLDER] = folder;
  await withClient(urlOf('postgres'), (client) => client.query(`CREATE DATABASE ${TEMPLATE}`));
  await migrate(urlOf(TEMPLATE));
}
