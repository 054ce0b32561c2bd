import { spawn } from 'node:child_process';
import { accessSync, constants, openSync, closeSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from './fault.mjs';

const PAUSE_MS = 50;

/** Debian installs servers here, outside the users' PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** @throws Fault that names the cure */
export function findProgram(name, cure) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS];
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new Fault(`${name} is not installed: ${cure}.`);
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a program whose output is appended to a file. The program has its own process group: Ctrl+C reaches only this
 * process, which ends the others in order.
 */
export function launch(program, args, { logFile, ...options }) {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', log, log] });
    child.once('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

export const hasEnded = ({ pid, exitCode, signalCode }) =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Sends the signal, waits for the exit, and kills the process after the deadline. */
export async function end(child, signal, deadlineMs) {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await exited;
  clearTimeout(timer);
}

/**
 * Waits until a launched program is ready.
 * @throws Fault if the program ends first (with its last line of output), or at the deadline
 */
export async function untilReady(name, child, isReady, { logFile, signal, deadlineMs = 120_000 }) {
  const deadline = performance.now() + deadlineMs;
  while (!(await isReady())) {
    signal.throwIfAborted();
    if (hasEnded(child)) throw new Fault(`${name} did not start: ${lastLine(logFile)}`);
    if (performance.now() > deadline) throw new Fault(`${name} was not ready within ${deadlineMs / 1000} s.`);
    await delay(PAUSE_MS);
  }
}

const lastLine = (logFile) => readFileSync(logFile, 'utf8').trim().split('\n').at(-1);

/** A free port, for programs that cannot pick one themselves. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
