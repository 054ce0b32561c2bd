/** A Redis for the bench alone, without persistence. */
import { createServer, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { newFolder, remove } from './installation.mjs';
import { hasEnded, start, stop } from './processes.mjs';

const DEADLINE_MS = 10_000;

export async function startRedis(cpu) {
  const folder = newFolder();
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = start('redis-server', args.map(String), { cpu, stdio: 'ignore' });
  child.on('error', () => undefined);
  const startedAt = performance.now();
  while (!(await answers(port))) {
    const isLate = performance.now() - startedAt > DEADLINE_MS;
    if (isLate || hasEnded(child)) throw new Error('redis-server did not start: is it installed?');
    await delay(20);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      await stop(child);
      remove(folder);
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy() && resolve(true));
    socket.on('error', () => resolve(false));
  });
}
