import type { DataSourceOptions } from 'typeorm';
import { BoundedClient } from './bounded-client';
import { migrations } from './migrations';

export interface ConnectionSettings {
  url: string;
  poolSize: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 15_000;

/** How every connection of a running app is made; entities are added by the feature modules. */
export function dataSourceOptions({ url, poolSize }: ConnectionSettings): DataSourceOptions {
  return {
    ...connectionOptions(url),
    poolSize,
    extra: {
      Client: BoundedClient,
      keepAlive: true,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  };
}

/** Migrations may take, and wait for another replica's, as long as they need. */
export function migrationOptions(url: string): DataSourceOptions {
  return { ...connectionOptions(url), migrations, poolSize: 2 };
}

function connectionOptions(url: string) {
  return {
    type: 'postgres',
    url,
    synchronize: false,
    // Ids are bigint in Postgres and stay within what a JSON number holds.
    parseInt8: true,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'keyturn',
  } as const;
}
