/** The processes of a run: pins them to cores, talks to them, and leaves none behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/**
 * The server under test has its own core. Provider and clients share the first core; with more than two, each has its
 * own.
 */
export const CPUS = canPin ? { server: 1, clients: 0, upstream: availableParallelism() > 2 ? 2 : 0 } : {};

const running = new Set();
let isStopping = false;

/** @param cpu the core to pin to; undefined: any */
export function start(command, args, { cpu, ...options }) {
  if (isStopping) throw new Error('The bench is being stopped.');
  const [program, words] =
    cpu === undefined ? [command, args] : ['taskset', ['-c', String(cpu), command, ...args]];
  const child = spawn(program, words, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

export async function stop(child) {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Starts a script of the bench as a child. `ask` sends the child a message and waits for the answer. */
export function startScript(name, { cpu, env = {} }) {
  const child = start(process.execPath, [join(import.meta.dirname, name)], {
    cpu,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map();
  let lastId = 0;
  const ready = new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      const error = new Error(`${name} ended with ${code}`);
      reject(error);
      for (const { fail } of waiting.values()) fail(error);
    });
    child.on('message', ({ id, event, answer, ...rest }) => {
      if (id === undefined) return resolve(rest);
      const { done, onEvent } = waiting.get(id);
      if (event !== undefined) return onEvent?.(event);
      waiting.delete(id);
      done(answer);
    });
  });
  const ask = (message, onEvent) =>
    new Promise((done, fail) => {
      const id = ++lastId;
      waiting.set(id, { done, fail, onEvent });
      child.send({ id, ...message });
    });
  return { child, ready, ask };
}

/** Stops all processes when the bench is interrupted or fails; no new ones can start. */
export async function stopAll() {
  isStopping = true;
  await Promise.all([...running].map(stop));
}
