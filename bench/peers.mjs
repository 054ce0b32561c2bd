/**
 * Our doors beside other gateways, measured by an external harness with a compiled client and provider: the folder in
 * PEERBENCH_DIR (`bench.mjs`, `report.mjs`, `targets.mjs`, `Makefile`). See docs/benchmarks.md.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startApp } from './app.mjs';
import { remove } from './installation.mjs';
import { DOORS, prepareHarness, WARM_UP_BODY } from './peers.harness.mjs';
import { printRatios } from './peers.report.mjs';
import { CPUS, start, stop } from './processes.mjs';
import { until } from './waiting.mjs';

/** Open streams are measured in a fresh process each time, as the harness does for the other gateways. */
const STAGES = [
  { name: 'json', scenarios: 'lat,thr,big', isFresh: false },
  { name: 'stream', scenarios: 'ttft,burst,paced', isFresh: false },
  { name: 'hold', scenarios: 'hold', isFresh: true },
];

/**
 * @param peers comma-separated list of the harness's own targets
 * @param only the name of a stage, or empty for all
 * @param door a text that a door's path must contain
 * @param out the file for the harness's JSON lines; replaces that of an earlier run
 */
export async function benchPeers({ peers, only, door, rounds, out, app: appOptions }) {
  const harness = await prepareHarness();
  try {
    if (await answers(harness.provider)) throw new Error(`${harness.provider} is taken: by another run?`);
    rmSync(out, { force: true });
    for (const stage of STAGES.filter(({ name }) => name.includes(only))) {
      // A fresh stage starts new processes for every round; the others use one set for all rounds.
      const [starts, roundsEach] = stage.isFresh ? [rounds, 1] : [1, rounds];
      for (let count = 0; count < starts; count++) {
        await runStage(harness, stage, { peers, door, rounds: roundsEach, out, appOptions });
      }
    }
    execFileSync(process.execPath, [join(harness.folder, 'report.mjs'), out], { stdio: 'inherit' });
    return printRatios(readFileSync(out, 'utf8').trim().split('\n').map(JSON.parse));
  } finally {
    remove(harness.folder);
  }
}

async function runStage(harness, { name, scenarios, isFresh }, { peers, door, rounds, out, appOptions }) {
  const env = { ALLOWED_MODELS: harness.models.join(), ...appOptions.env };
  const doors = DOORS.filter(({ path, stages }) => stages.includes(name) && path.includes(door));
  // Each door has its own process, like every peer.
  const apps = await Promise.all(
    doors.map(() => startApp({ upstream: `${harness.provider}/v1`, ...appOptions, env })),
  );
  try {
    const ours = doors.map((each, index) => ({ ...each, app: apps[index] }));
    if (isFresh) await warmUp(harness, ours);
    const targets = [...peers.split(','), ...doors.map(({ path }) => path)];
    const args = [
      '--targets',
      targets.join(),
      '--scenarios',
      scenarios,
      '--rounds',
      String(rounds),
      '--out',
      out,
    ];
    await run(process.execPath, [
      join(harness.folder, 'bench.mjs'),
      ...args,
      ...ours.flatMap(harnessArgs),
      ...(CPUS.server === undefined ? ['--no-pin'] : []),
    ]);
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
  }
}

const harnessArgs = ({ path, bodies, app }) => [
  ...['--add', `${path}=${app.url}`, '--pid', `${path}=${app.pid}`, '--path', `${path}=${path}`],
  ...['--header', `${path}=Authorization: Bearer ${app.token}`],
  ...(bodies === undefined ? [] : ['--body', `${path}=${bodies}`]),
];

async function run(command, args, options = {}) {
  const child = start(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}`);
}

/**
 * The harness warms only the peers it starts itself before it holds streams; processes started here must be warmed
 * here.
 */
async function warmUp({ folder, provider }, ours) {
  const { port } = new URL(provider);
  const upstream = start(join(folder, 'upstream'), ['--port', port], { cpu: CPUS.upstream, stdio: 'ignore' });
  if (!(await until(() => answers(provider)))) throw new Error(`${provider} does not answer.`);
  for (const { path, bodies = '', app } of ours) {
    const body = join(folder, 'bodies', bodies + WARM_UP_BODY);
    const header = `Authorization: Bearer ${app.token}`;
    const args = ['-c', '8', '-d', '1', '-b', body, '-H', header, app.url + path];
    await run(join(folder, 'loadgen'), args, { cpu: CPUS.clients, stdio: 'ignore' });
  }
  await stop(upstream);
}

const answers = (url) =>
  fetch(url).then(
    () => true,
    () => false,
  );
