/**
 * `npm run instances [-- --count 5 --port 8080]`: instances on one Postgres and one Redis, behind nginx, on loopback.
 * docs/deploying.md tells what to do with them. Ctrl+C ends all of it, and nothing of it stays. By `exec` in package.json
 * what npm is told arrives here, and not at a shell between them.
 */
import { parseArgs } from 'node:util';
import { isTold, Fault } from './three-instances/fault.mjs';
import { Run } from './three-instances/run.mjs';

const MOST_INSTANCES = 9;
/** npm passes on what the terminal has told this process already. */
const ECHO_MS = 1000;

function readOptions() {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '3' }, port: { type: 'string', default: '0' } },
  });
  const number = (name, least, most) => {
    const value = Number(values[name]);
    if (/^\d+$/.test(values[name]) && value >= least && value <= most) return value;
    throw new Fault(`--${name} must be a whole number from ${least} to ${most}.`);
  };
  return { count: number('count', 1, MOST_INSTANCES), port: number('port', 0, 65_535) };
}

const say = (label, text) => process.stdout.write(`  ${label.padEnd(11)}${text}\n`);
const complain = (error) =>
  process.stderr.write(`instances: ${isTold(error) ? error.message : (error.stack ?? error)}\n`);

let run;
let stoppedAt;
/** A second signal tells the instances a second time, which they take for: at once. */
function stop(exitCode) {
  if (stoppedAt !== undefined) {
    if (performance.now() - stoppedAt > ECHO_MS) run?.hurry();
    return;
  }
  stoppedAt = performance.now();
  if (run !== undefined) say('stopping', 'instances, nginx, Redis, Postgres');
  (run?.stop() ?? Promise.resolve()).then(
    () => process.exit(exitCode),
    (error) => {
      complain(error);
      process.exit(1);
    },
  );
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
// Whatever happens here, the others are ended; also when the terminal is gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop(1));
process.on('uncaughtException', (error) => {
  complain(error);
  stop(1);
});

try {
  run = new Run(readOptions(), { say, onLost: () => stop(1) });
  await run.start();
} catch (error) {
  // What is being stopped fails to start, and that is no fault.
  if (stoppedAt === undefined) complain(error);
  stop(1);
}
