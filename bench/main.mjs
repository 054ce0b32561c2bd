/** `npm run bench [-- command] [options]`: docs/benchmarks.md explains each benchmark and how to read it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removeAll } from './installation.mjs';
import { stopAll } from './processes.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    only: { type: 'string', default: '' },
    door: { type: 'string', default: '' },
    env: { type: 'string', multiple: true, default: [] },
    from: { type: 'string' },
    against: { type: 'string' },
    starts: { type: 'string', default: '10' },
    cold: { type: 'boolean', default: false },
    peers: { type: 'string', default: 'direct,nginx,portkey' },
    out: { type: 'string', default: join(tmpdir(), 'keyturn-peers.jsonl') },
  },
});

const [name = 'doors', subject] = positionals;
const { only, door, from, against, cold: isCold, peers, out } = values;
const [rounds, seconds, starts] = [values.rounds, values.seconds, values.starts].map(Number);
const env = Object.fromEntries(values.env.map((pair) => /^(.*?)=(.*)$/s.exec(pair).slice(1)));
const app = { from, env };

/** Each resolves to whether its benchmark passed. */
const COMMANDS = {
  doors: async () => (await import('./doors.mjs')).benchDoors({ rounds, seconds, only, app }),
  versions: async () => {
    if (against === undefined)
      throw new Error('Name the other build: --against FOLDER, which holds its dist.');
    return (await import('./versions.mjs')).benchVersions({ against, starts, rounds, seconds, only, app });
  },
  streams: async () => (await import('./streams.mjs')).benchStreams({ only, app }),
  startup: async () => (await import('./startup.mjs')).benchStartup({ rounds, isCold, from }),
  profile: async () =>
    (await import('./profile.mjs')).benchProfile({ path: subject, only, seconds: Math.max(seconds, 5), app }),
  limits: async () =>
    (await import('./limits.mjs')).benchLimits({ rounds, seconds, door: door || undefined, app }),
  report: async () => (await import('./report.mjs')).benchReport({ from }),
  peers: async () => (await import('./peers.mjs')).benchPeers({ peers, only, door, rounds, out, app }),
};

async function run() {
  if (process.platform !== 'linux') throw new Error('The bench reads /proc: it runs on Linux only.');
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new Error(`There is no bench "${name}", but ${Object.keys(COMMANDS).join(', ')}.`);
  }
  return command();
}

let isInterrupted = false;
async function end(exitCode) {
  await stopAll();
  removeAll();
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (!isInterrupted) void end(130);
    isInterrupted = true;
  });
}

run().then(
  (isGood) => end(isGood ? 0 : 1),
  (error) => {
    if (isInterrupted) return;
    console.error(error);
    return end(2);
  },
);
