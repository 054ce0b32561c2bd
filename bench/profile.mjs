/** Shows where a door's time goes: the app's CPU profile under load, by function and by part of the program. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { startApp } from './app.mjs';
import { KINDS } from './doors.data.mjs';
import { CPUS, startScript, stop } from './processes.mjs';
import { printProfile } from './profile.report.mjs';
import { doorTarget, measure, probe } from './targets.mjs';

const WARM_UP_MS = 4000;
const SAMPLE_EVERY_US = 250;

/**
 * @param path of the door
 * @param only a text that the kind's name must contain, if a path serves several kinds
 */
export async function benchProfile({ path, only, seconds, app: appOptions }) {
  const [found] = KINDS.filter(({ name }) => name.includes(only)).flatMap((kind) =>
    kind.doors.filter((door) => door.path === path).map((door) => ({ kind, door })),
  );
  if (found === undefined)
    throw new Error(`There is no door ${path} for "${only}": see bench/doors.data.mjs.`);
  const upstream = startScript('upstream.mjs', { cpu: CPUS.upstream });
  const provider = `http://127.0.0.1:${(await upstream.ready).port}`;
  const load = startScript('load.mjs', { cpu: CPUS.clients });
  const app = await startApp({
    upstream: `${provider}/v1`,
    nodeArgs: ['--inspect=127.0.0.1:0'],
    stdio: ['ignore', 'ignore', 'pipe'],
    ...appOptions,
  });
  try {
    const target = doorTarget(found.kind, found.door, app);
    await probe(target, provider);
    if (target.fault !== undefined) throw new Error(`${path} answers wrongly: ${target.fault}`);
    const profiler = await connectProfiler(await inspectorOf(app.child));
    let profile;
    const result = await measure(
      load,
      target,
      'busy',
      { warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 },
      { whenMeasuring: () => profiler.start(), whenMeasured: () => (profile = profiler.stop()) },
    );
    const file = join(tmpdir(), `keyturn-${path.replaceAll('/', '-').slice(1)}.cpuprofile`);
    const taken = await profile;
    writeFileSync(file, JSON.stringify(taken));
    console.log(
      `${found.kind.name}, ${path}: ${result.perSecond.toFixed(0)} a second, ${result.wrong} wrong, profiled`,
    );
    printProfile(taken, result.completed);
    console.log(`\nfor a browser’s developer tools: ${file}`);
    profiler.close();
    return result.wrong === 0;
  } finally {
    await app.stop();
    for (const { child } of [load, upstream]) await stop(child);
  }
}

/** The address that Node prints on standard error; all other output is passed on. */
function inspectorOf({ stderr }) {
  return new Promise((resolve) => {
    stderr.setEncoding('utf8').on('data', (text) => {
      const url = /ws:\/\/\S+/.exec(text)?.[0];
      if (url === undefined) process.stderr.write(text);
      else resolve(url);
    });
  });
}

/** The parts of the Chrome DevTools Protocol that are needed. */
async function connectProfiler(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map();
  let lastId = 0;
  socket.on('message', (text) => {
    const { id, result } = JSON.parse(text);
    waiting.get(id)?.(result);
  });
  const call = (method, params) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  return {
    start: () => call('Profiler.start'),
    stop: async () => (await call('Profiler.stop')).profile,
    close: () => socket.terminate(),
  };
}
