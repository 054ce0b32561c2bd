/** A built Keyturn in its own folder, isolated from this project's `.env` and data. */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, start } from './processes.mjs';

export const REPOSITORY = resolve(import.meta.dirname, '..');
const DEADLINE_MS = 120_000;

const folders = new Set();

/** Open to others: if root runs the bench, Postgres runs as another user, who must be able to enter. */
export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

export function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

export const removeAll = () => folders.forEach(remove);

/** @param from the folder that contains `dist` */
export function install(from = REPOSITORY) {
  const folder = newFolder();
  for (const name of ['dist', 'package.json', '.env.example']) {
    cpSync(join(from, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a command in that folder until its server is healthy. */
export async function untilHealthy(command, args, { folder, env = {}, ...options }) {
  const portFile = join(folder, '.data', 'port');
  rmSync(portFile, { force: true });
  const startedAt = performance.now();
  const child = start(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    ...options,
  });
  while (performance.now() - startedAt < DEADLINE_MS) {
    if (hasEnded(child)) throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}`);
    const url = existsSync(portFile) && `http://127.0.0.1:${readFileSync(portFile, 'utf8').trim()}`;
    if (url && (await isHealthy(url))) return { child, url, ms: performance.now() - startedAt };
    await delay(10);
  }
  throw new Error(`${command} is not healthy after ${DEADLINE_MS} ms`);
}

const isHealthy = (url) =>
  fetch(`${url}/health`).then(
    (answer) => answer.ok,
    () => false,
  );
