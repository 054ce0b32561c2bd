import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** The variable in which the global set-up leaves the address of the suites' Postgres. */
export const SERVER_URL = 'KEYTURN_TEST_POSTGRES_URL';
export const TEMPLATE = 'keyturn_template';

export function urlOf(database: string): string {
  const url = new URL(process.env[SERVER_URL]!);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs statements on the test's own connection, separate from the app's. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  url: string;
  query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database of the suite's own, cloned from the migrated template. */
export const createDatabase = (): Promise<TestDatabase> => createFrom(`TEMPLATE ${TEMPLATE}`);

/** A database without tables, as an operator creates it. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createFrom('');

async function createFrom(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(urlOf('postgres'), (client) => client.query(`CREATE DATABASE ${name} ${template}`));
  const url = urlOf(name);
  return {
    url,
    query: (text, values) =>
      withClient(url, async (client) => (await client.query(text, values)).rows as never),
    drop: () =>
      withClient(urlOf('postgres'), async (client) => {
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      }),
  };
}
