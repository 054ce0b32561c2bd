import type { DataSourceOptions } from 'typeorm';
import { migrations } from './migrations';

export interface ConnectionSettings {
  url: string;
  poolSize: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 15_000;

/** How every connection is made; entities are added by the feature modules. */
export function dataSourceOptions({ url, poolSize }: ConnectionSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    migrations,
    synchronize: false,
    // Ids are bigint in Postgres and stay within what a JSON number holds.
    parseInt8: true,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'keyturn',
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  };
}
