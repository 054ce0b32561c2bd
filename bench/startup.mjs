/**
 * The time to start. With `isCold`, also for a fresh clone with an empty npm cache, from `npm install` to a healthy
 * server.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { install, newFolder, remove, REPOSITORY, untilHealthy } from './installation.mjs';
import { residentMb } from './proc.mjs';
import { stop } from './processes.mjs';
import { median } from './statistics.mjs';

const SETTLE_MS = 5000;

export async function benchStartup({ rounds, isCold, from }) {
  await measureBuilt(rounds, from);
  if (isCold) await measureCold();
  return true;
}

async function measureBuilt(rounds, from) {
  const [first, again, memory] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const folder = install(from);
    for (const times of [first, again]) {
      const { child, ms } = await untilHealthy(process.execPath, ['dist/main.js'], { folder });
      times.push(ms);
      if (times === again) {
        await delay(SETTLE_MS);
        memory.push(residentMb(child.pid));
      }
      await stop(child);
    }
    remove(folder);
  }
  const seconds = (values) => `${(median(values) / 1000).toFixed(2)} s`;
  console.log(`built app to healthy, first start (initdb)   ${seconds(first)}   (aim: 6 s)`);
  console.log(`built app to healthy, next start             ${seconds(again)}   (aim: 3 s)`);
  console.log(`resident memory of the idle app              ${median(memory).toFixed(0)} MB   (aim: 160 MB)`);
}

async function measureCold() {
  const folder = newFolder();
  const run = (command, args, cwd) => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  };
  const clone = join(folder, 'clone');
  run('git', ['clone', '--quiet', REPOSITORY, clone], folder);
  const startedAt = performance.now();
  const said = run('npm', ['install', '--cache', join(folder, 'cache')], clone);
  const installMs = performance.now() - startedAt;
  // npm does not forward signals, so the whole process group is stopped.
  const { child, ms } = await untilHealthy('npm', ['start'], { folder: clone, detached: true });
  console.log(`npm install, cold cache                      ${(installMs / 1000).toFixed(1)} s`);
  console.log(
    `npm install && npm start to healthy          ${((installMs + ms) / 1000).toFixed(1)} s   (aim: 90 s)`,
  );
  console.log(said.trim().replaceAll(/^/gm, '  | '));
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exited;
  remove(folder);
}
