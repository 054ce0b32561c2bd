import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { StartupError } from '../common/startup-error';
import { findPostmaster, isRunning } from './postmaster';
import { type Account, findClosedFolder, findPostgresAccount } from './postgres-account';
import {
  copyNativeFolder,
  findNativeFolder,
  type PostgresBinaries,
  repairNativeFolder,
} from './postgres-binaries';

const USER = 'keyturn';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** Where root keeps what the database's own user must reach when the project lies in a folder closed to others. */
const SHARED_FOLDER = '/var/lib/keyturn';

export interface RunningPostgres {
  readonly url: string;
  readonly dataFolder: string;
  stop(): Promise<void>;
}

/**
 * Starts a real Postgres on loopback beside the app, with its data in `folder`, making the cluster on the first start.
 * A database that a killed app left running on the same data is stopped first, in order.
 * The server runs in a process group of its own, so that Ctrl+C reaches the app alone and it can finish its turns.
 * @throws StartupError in one line that names the cure
 */
export async function startEmbeddedPostgres(folder: string, password: string): Promise<RunningPostgres> {
  const account = findPostgresAccount();
  mkdirSync(dirname(folder), { recursive: true });
  const native = findNativeFolder();
  const isClosed = account !== undefined && findClosedFolder(dirname(folder)) !== undefined;
  const isNativeClosed = account !== undefined && findClosedFolder(native) !== undefined;
  const dataFolder = isClosed ? sharedDataFolder(folder) : folder;
  if (isClosed) mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
  const binaries = repairNativeFolder(
    isNativeClosed ? await copyNativeFolder(native, SHARED_FOLDER) : native,
  );
  await stopLeftover(dataFolder);
  if (!existsSync(join(dataFolder, 'PG_VERSION'))) await initialise(binaries, dataFolder, password, account);
  const port = await freePort();
  const child = spawnServer(binaries, dataFolder, port, account);
  await untilReady(child, port, password);
  return {
    url: urlOf(port, password),
    dataFolder,
    stop: () => stopServer(child),
  };
}

function sharedDataFolder(folder: string): string {
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  return join(SHARED_FOLDER, `${basename(folder)}-${digest}`);
}

/**
 * Where the database with its data in `folder` answers, for who joins it; undefined where none runs. Nothing is made.
 */
export function findEmbeddedPostgres(folder: string, password: string): string | undefined {
  for (const dataFolder of [folder, sharedDataFolder(folder)]) {
    const running = findPostmaster(dataFolder);
    if (running !== undefined) return urlOf(running.port, password);
  }
  return undefined;
}

/** Whether a first start has made one. */
export const hasEmbeddedPostgres = (folder: string): boolean =>
  [folder, sharedDataFolder(folder)].some((dataFolder) => existsSync(join(dataFolder, 'PG_VERSION')));

const urlOf = (port: number, password: string): string =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;

/** Made beside and renamed into place: a crash in between leaves nothing that looks like a cluster. */
async function initialise(
  { initdb }: PostgresBinaries,
  dataFolder: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  const draft = `${dataFolder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const passwordFile = `${draft}-password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) {
    chownSync(draft, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  try {
    await promisify(execFile)(
      initdb,
      [
        `--pgdata=${draft}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        // The same on every system, and it knows letter case beyond ASCII.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      { ...account },
    );
    rmSync(dataFolder, { recursive: true, force: true });
    renameSync(draft, dataFolder);
  } catch (cause) {
    const reason = lastLine((cause as { stderr?: string }).stderr ?? String(cause));
    throw new StartupError(
      `The embedded database could not be made in ${dataFolder}: ${reason} Or set DATABASE_URL.`,
      {
        cause,
      },
    );
  } finally {
    unlinkSync(passwordFile);
  }
}

function spawnServer(
  { postgres }: PostgresBinaries,
  dataFolder: string,
  port: number,
  account: Account | undefined,
): ChildProcess {
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    log_min_messages: 'fatal',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawn(postgres, ['-D', dataFolder, '-p', String(port), ...flags], {
    ...account,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function untilReady(child: ChildProcess, port: number, password: string): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  child.once('error', (error) => (said = error.message));
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await accepts(port, password)) return;
    await delay(20);
  }
  child.kill('SIGKILL');
  throw new StartupError(
    `The embedded database did not start: ${lastLine(said)} Mend that, or set DATABASE_URL.`,
  );
}

async function accepts(port: number, password: string): Promise<boolean> {
  const client = new Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SIGINT is Postgres's fast shutdown: sessions are cut, data is flushed. */
async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const hasExited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await hasExited;
  clearTimeout(timer);
}

/** The app was killed and its database lives on. */
async function stopLeftover(dataFolder: string): Promise<void> {
  const pid = findPostmaster(dataFolder)?.pid;
  if (pid === undefined) return;
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (isRunning(pid)) {
    if (performance.now() > deadline) {
      throw new StartupError(
        `A database left running on ${dataFolder} (process ${pid}) does not stop: end it and start again.`,
      );
    }
    await delay(20);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error()),
      );
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
