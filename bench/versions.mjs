/**
 * Compares two builds of the server. Both run at once on the same core, and each door is measured on them in turns, so
 * that a disturbance of the machine meets both. Two processes of the same build differ by 10 %, so both are started again
 * and again. See docs/benchmarks.md.
 */
import { startApp } from './app.mjs';
import { KINDS } from './doors.data.mjs';
import { CPUS, startScript, stop } from './processes.mjs';
import { quantile } from './statistics.mjs';
import { fixed, printTable } from './table.mjs';
import { doorTarget, measure, probe } from './targets.mjs';

const WARM_UP_MS = 100;
/** The compiler needs thousands of requests to settle. */
const FIRST_WARM_UP_MS = 2500;
const RESAMPLES = 5000;

/**
 * @param against the folder that holds the `dist` to compare with
 * @param starts how often both are started
 * @param rounds how often each door of each is measured after a start
 * @param seconds how long each time
 * @param only a text that a table's name, or the path of a door, must hold
 * @returns whether every door of both answered, and rightly
 */
export async function benchVersions({ against, starts, rounds, seconds, only, app: appOptions }) {
  const doors = KINDS.flatMap((kind) => kind.doors.map((door) => ({ kind, door, pairs: [] }))).filter(
    ({ kind, door }) => [kind.name, door.path].some((text) => text.includes(only)),
  );
  const upstream = startScript('upstream.mjs', { cpu: CPUS.upstream });
  const provider = `http://127.0.0.1:${(await upstream.ready).port}`;
  const load = startScript('load.mjs', { cpu: CPUS.clients });
  const options = { ...appOptions, upstream: `${provider}/v1` };
  try {
    for (let start = 0; start < starts; start++) {
      const apps = await startBoth({ ...options, from: against }, options, start % 2 === 1);
      for (const { kind, door, pairs } of doors) pairs.push(apps.map((app) => doorTarget(kind, door, app)));
      await measurePairs(
        load,
        provider,
        doors.map(({ pairs }) => pairs.at(-1)),
        { rounds, seconds },
      );
      for (const app of apps) await app.stop();
      console.error(`start ${start + 1} of ${starts} is measured`);
    }
    printVersions(doors, { starts, rounds, seconds });
    return doors.every(({ pairs }) => pairs.flat().every(isRight));
  } finally {
    for (const { child } of [load, upstream]) await stop(child);
  }
}

async function startBoth(before, now, isNowFirst) {
  if (!isNowFirst) return [await startApp(before), await startApp(now)];
  const app = await startApp(now);
  return [await startApp(before), app];
}

const isRight = ({ fault, results }) =>
  fault === undefined && [...results.alone, ...results.busy].every(({ wrong }) => wrong === 0);

async function measurePairs(load, provider, pairs, { rounds, seconds }) {
  for (const target of pairs.flat()) await probe(target, provider);
  const measurable = pairs.filter((pair) => pair.every(({ fault }) => fault === undefined));
  for (const target of measurable.flat()) {
    await measure(load, target, 'busy', { warmUpMs: FIRST_WARM_UP_MS, measureMs: 0 });
  }
  const length = { warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 };
  for (let round = 0; round < rounds; round++) {
    for (const pair of measurable) {
      for (const phase of ['alone', 'busy']) {
        for (const target of round % 2 === 0 ? pair : pair.toReversed()) {
          target.results[phase].push(await measure(load, target, phase, length));
        }
      }
    }
  }
}

/** Each as what a request or stream takes. */
const MEASURES = {
  'p50 ms, alone': ({ kind, results }) =>
    results.alone.map((run) => run[kind.isStream ? 'firstTokenMs' : 'latencyMs'].p50),
  'ms each, busy': ({ results }) => results.busy.map(({ perSecond }) => 1000 / perSecond),
};

function printVersions(doors, { starts, rounds, seconds }) {
  console.log(
    `Node ${process.version}; ${starts} starts of both, ${rounds} rounds of ${seconds} s each, in turns`,
  );
  console.log(
    'before → now, in the best tenth of the rounds: how much more that is, and the range that holds it with 95 %\n',
  );
  printTable(
    ['door', ...Object.keys(MEASURES)],
    doors.map(({ kind, door, pairs }) => {
      const fault = pairs.flat().find((target) => target.fault !== undefined)?.fault;
      return [
        `${door.path}, ${kind.name}`,
        ...Object.values(MEASURES).map((values) => fault ?? compared(pairs.map((pair) => pair.map(values)))),
      ];
    }),
  );
}

/** @param starts the values of both builds, by start: what disturbs the machine only ever makes them larger */
function compared(starts) {
  const bestOf = (chosen) =>
    [0, 1].map((which) =>
      quantile(
        chosen.flatMap((pair) => pair[which]),
        0.1,
      ),
    );
  const changeOf = ([before, now]) => (now / before - 1) * 100;
  const draw = () => starts.map(() => starts[Math.floor(Math.random() * starts.length)]);
  const changes = Array.from({ length: RESAMPLES }, () => changeOf(bestOf(draw())));
  const range = [0.025, 0.975].map((share) => fixed(quantile(changes, share), 1)).join(' … ');
  const best = bestOf(starts);
  return `${best.map((value) => fixed(value, 3)).join(' → ')}: ${fixed(changeOf(best), 1)} % (${range})`;
}
