/** The services that the instances share: each start resolves to an address and a stop function. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, end, freePort, launch, untilReady } from './processes.mjs';

const STOP_MS = 10_000;

/** Starts the app's embedded Postgres. Stopping it deletes its data folder, wherever that is. */
export async function startPostgres({ startEmbeddedPostgres, folder, password }) {
  const { url, dataFolder, stop } = await startEmbeddedPostgres(join(folder, 'postgres'), password);
  return {
    url,
    pid: Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0]),
    stop: async () => {
      await stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Without persistence. */
export async function startRedis({ program, folder, signal }) {
  const port = await freePort();
  const logFile = join(folder, 'redis.log');
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const child = launch(program, [...place, '--save', '', '--appendonly', 'no'], { logFile });
  const stop = () => end(child, 'SIGTERM', STOP_MS);
  try {
    await untilReady('redis-server', child, () => accepts(port), { logFile, signal });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop };
}
