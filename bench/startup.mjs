/**
 * Prints what starting costs: `npm run bench`. With `-- --cold` also a fresh clone with an empty npm cache, from
 * `npm install` to a healthy server.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const REPOSITORY = resolve(import.meta.dirname, '..');
const ROUNDS = 3;
const SETTLE_MS = 5000;

const environment = { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0' };

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Runs a command until the server it starts is healthy. */
async function untilHealthy(command, args, cwd) {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const portFile = join(cwd, '.data', 'port');
  rmSync(portFile, { force: true });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    if (existsSync(portFile)) {
      const port = readFileSync(portFile, 'utf8').trim();
      const isHealthy = await fetch(`http://127.0.0.1:${port}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isHealthy) return { child, ms: performance.now() - startedAt };
    }
    await delay(10);
  }
}

async function stop(child) {
  const exited = new Promise((done) => child.once('exit', done));
  process.kill(-child.pid, 'SIGTERM');
  await exited;
}

const residentMb = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function measureBuilt() {
  const [first, again, memory] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = newFolder();
    for (const name of ['dist', 'package.json', '.env.example']) {
      cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    for (const times of [first, again]) {
      const { child, ms } = await untilHealthy(process.execPath, ['dist/main.js'], folder);
      times.push(ms);
      if (times === again) {
        await delay(SETTLE_MS);
        memory.push(residentMb(child.pid));
      }
      await stop(child);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (values) => `${(median(values) / 1000).toFixed(2)} s`;
  console.log(`built app to healthy, first start (initdb)   ${seconds(first)}   (aim: 6 s)`);
  console.log(`built app to healthy, next start             ${seconds(again)}   (aim: 3 s)`);
  console.log(`resident memory of the idle app              ${median(memory).toFixed(0)} MB   (aim: 160 MB)`);
}

async function measureCold() {
  const folder = newFolder();
  const run = (command, args, cwd) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  };
  run('git', ['clone', '--quiet', REPOSITORY, join(folder, 'clone')], folder);
  const clone = join(folder, 'clone');
  const startedAt = performance.now();
  const said = run('npm', ['install', '--cache', join(folder, 'cache')], clone);
  const installMs = performance.now() - startedAt;
  const { child, ms } = await untilHealthy('npm', ['start'], clone);
  console.log(`npm install, cold cache                      ${(installMs / 1000).toFixed(1)} s`);
  console.log(
    `npm install && npm start to healthy          ${((installMs + ms) / 1000).toFixed(1)} s   (aim: 90 s)`,
  );
  console.log(said.trim().replaceAll(/^/gm, '  | '));
  await stop(child);
  rmSync(folder, { recursive: true, force: true });
}

await measureBuilt();
if (process.argv.includes('--cold')) await measureCold();
