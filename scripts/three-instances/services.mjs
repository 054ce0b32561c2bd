/** What the instances share: each resolves to where it is and how to stop it. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, end, freePort, launch, untilReady } from './processes.mjs';

const STOP_MS = 10_000;

/** The one that the app carries. Its data goes with it, wherever that had to be put. */
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

/** Keeps nothing on disk. */
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
