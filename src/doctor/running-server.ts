import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/settings';
import { probe } from './probe';

/** The part of `/health` that is looked at. */
export interface Health {
  status: string;
  database: string;
  upstream: string;
}

export interface RunningServer {
  url: string;
  health: Health;
}

/** The server that runs on this data directory; undefined where none answers. */
export async function findRunningServer(
  { dataDirectory, host }: Pick<Settings, 'dataDirectory' | 'host'>,
  timeoutMs: number,
): Promise<RunningServer | undefined> {
  const port = readPort(dataDirectory);
  if (port === undefined) return undefined;
  const url = `http://${toReachable(host)}:${port}`;
  const answer = await probe({ url: `${url}/health` }, timeoutMs).catch(() => undefined);
  const health = readHealth(answer?.body);
  return health === undefined ? undefined : { url, health };
}

/** undefined where something else than a Keyturn answers. */
export function readHealth(body: unknown): Health | undefined {
  const { status, database, upstream } = (body ?? {}) as Record<string, unknown>;
  if (typeof status !== 'string' || typeof database !== 'string' || typeof upstream !== 'string')
    return undefined;
  return { status, database, upstream };
}

function readPort(dataDirectory: string): number | undefined {
  try {
    const port = Number(readFileSync(join(dataDirectory, 'port'), 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Who listens on every address is reached by the machine's own. */
function toReachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
