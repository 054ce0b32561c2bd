/**
 * Compares every stateless door with the provider itself and a plain Express server, in one interleaved run. Each round
 * visits all of them, so that disturbances of the machine affect all alike. See docs/benchmarks.md.
 */
import { startApp } from './app.mjs';
import { KINDS } from './doors.data.mjs';
import { printDoors } from './doors.report.mjs';
import { CPUS, startScript, stop } from './processes.mjs';
import { directTarget, doorTarget, expressTarget, measure, probe } from './targets.mjs';

const WARM_UP_MS = 300;
/** The JIT compiler needs thousands of requests to settle. */
const FIRST_WARM_UP_MS = 2500;

/**
 * @param rounds how often each target is measured; the tables show medians
 * @param seconds the length of each measurement
 * @param only a text that a table's name, or the path of one of its doors, must contain
 * @returns whether every door answered correctly
 */
export async function benchDoors({ rounds, seconds, only, app: appOptions }) {
  const upstream = startScript('upstream.mjs', { cpu: CPUS.upstream });
  const provider = `http://127.0.0.1:${(await upstream.ready).port}`;
  const env = { OPENAI_BASE_URL: `${provider}/v1` };
  const express = startScript('express-sdk.mjs', { cpu: CPUS.server, env });
  const plain = { origin: `http://127.0.0.1:${(await express.ready).port}`, pid: express.child.pid };
  const load = startScript('load.mjs', { cpu: CPUS.clients });
  const app = await startApp({ upstream: `${provider}/v1`, ...appOptions });
  try {
    const targets = KINDS.filter(({ name, doors }) =>
      [name, ...doors.map(({ path }) => path)].some((text) => text.includes(only)),
    ).flatMap((kind) => [
      directTarget(kind, provider),
      expressTarget(kind, plain),
      ...kind.doors.map((door) => doorTarget(kind, door, app)),
    ]);
    for (const target of targets) await probe(target, provider);
    const measurable = targets.filter(({ fault }) => fault === undefined);
    for (const target of measurable) {
      await measure(load, target, 'busy', { warmUpMs: FIRST_WARM_UP_MS, measureMs: 0 });
    }
    for (let round = 0; round < rounds; round++) await measureRound(load, measurable, round, seconds);
    return printDoors(targets, { rounds, seconds });
  } finally {
    await app.stop();
    for (const { child } of [load, express, upstream]) await stop(child);
  }
}

/** Alternates the direction, so that no target always follows the same one. */
async function measureRound(load, targets, round, seconds) {
  const length = { warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 };
  for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
    for (const phase of ['alone', 'busy']) {
      target.results[phase].push(await measure(load, target, phase, length));
    }
  }
}
