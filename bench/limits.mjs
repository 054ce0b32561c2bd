/**
 * What the limiter and the quota cost: one door of servers that differ only in their limits, in one interleaved run.
 * See docs/benchmarks.md.
 */
import { startApp } from './app.mjs';
import { KINDS } from './doors.data.mjs';
import { CPUS, startScript, stop } from './processes.mjs';
import { startRedis } from './redis.mjs';
import { median } from './statistics.mjs';
import { fixed, printTable } from './table.mjs';
import { directTarget, doorTarget, measure, probe } from './targets.mjs';

const WARM_UP_MS = 300;
const FIRST_WARM_UP_MS = 2500;

const NONE = { RATE_LIMIT_PER_MINUTE: '0', MAX_STREAMS_PER_USER: '0' };
/** All limits, far above the load. */
const ALL = {
  RATE_LIMIT_PER_MINUTE: '10000000',
  RATE_LIMIT_PER_HOUR: '10000000',
  DAILY_TOKEN_LIMIT: '1000000000000000',
  MONTHLY_COST_LIMIT_USD: '1000000000',
};

/** The most that limits may add to the median of one client, in milliseconds. */
const REACH_MS = { 'in memory': 0.5, 'in Redis': 1 };

export async function benchLimits({ rounds, seconds, door = '/api/chat', app: appOptions }) {
  const upstream = startScript('upstream.mjs', { cpu: CPUS.upstream });
  const provider = `http://127.0.0.1:${(await upstream.ready).port}`;
  const load = startScript('load.mjs', { cpu: CPUS.clients });
  const redis = await startRedis(CPUS.upstream);
  const settings = {
    off: NONE,
    'in memory': ALL,
    'in Redis': { ...ALL, REDIS_URL: redis.url },
  };
  const apps = [];
  try {
    const kind = KINDS.find(({ doors }) => doors.some(({ path }) => path === door));
    const targets = [directTarget(kind, provider)];
    for (const [name, env] of Object.entries(settings)) {
      const app = await startApp({
        upstream: `${provider}/v1`,
        ...appOptions,
        env: { ...env, ...appOptions.env },
      });
      apps.push(app);
      targets.push({
        ...doorTarget(
          kind,
          kind.doors.find(({ path }) => path === door),
          app,
        ),
        name,
      });
    }
    for (const target of targets) await prepare(load, target, provider);
    for (let round = 0; round < rounds; round++) {
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        for (const phase of ['alone', 'busy']) {
          const length = { warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 };
          target.results[phase].push(await measure(load, target, phase, length));
        }
      }
    }
    return print(door, targets, { rounds, seconds });
  } finally {
    for (const app of apps) await app.stop();
    await redis.stop();
    for (const { child } of [load, upstream]) await stop(child);
  }
}

async function prepare(load, target, provider) {
  await probe(target, provider);
  if (target.fault !== undefined) throw new Error(`${target.name} answered ${target.fault}`);
  await measure(load, target, 'busy', { warmUpMs: FIRST_WARM_UP_MS, measureMs: 0 });
}

function print(door, targets, { rounds, seconds }) {
  const off = targets.find(({ name }) => name === 'off');
  const added = ({ results }) =>
    median(
      results.alone.map(({ latencyMs }, round) => latencyMs.p50 - off.results.alone[round].latencyMs.p50),
    );
  const of = ({ results }, phase, read) => median(results[phase].map(read));
  console.log(`\n${door}: ${rounds} rounds of ${seconds} s, medians\n`);
  printTable(
    ['limits', 'p50 ms', 'added p50 ms', 'at most', 'requests/s at 32', 'CPU ms', 'wrong'],
    targets.map((target) => [
      target.name,
      fixed(
        of(target, 'alone', ({ latencyMs }) => latencyMs.p50),
        3,
      ),
      target.name in REACH_MS ? fixed(added(target), 3) : '-',
      REACH_MS[target.name] ?? '-',
      fixed(
        of(target, 'busy', ({ perSecond }) => perSecond),
        0,
      ),
      fixed(
        of(target, 'busy', ({ cpuMs }) => cpuMs),
        3,
      ),
      Math.max(...target.results.busy.map(({ wrong }) => wrong)),
    ]),
  );
  return targets.every(
    (target) =>
      !(target.name in REACH_MS) ||
      (added(target) <= REACH_MS[target.name] && target.results.busy.every(({ wrong }) => wrong === 0)),
  );
}
