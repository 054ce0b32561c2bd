/**
 * `npm run instances [-- --count 5 --port 8080]`: instances with one Postgres and one Redis, behind nginx, on loopback.
 * docs/deploying.md explains how to use them. Ctrl+C ends everything and leaves nothing behind. `exec` in package.json
 * makes npm's signals reach this process, not a shell in between.
 */
import { parseArgs } from 'node:util';
import { isTold, Fault } from './three-instances/fault.mjs';
import { Run } from './three-instances/run.mjs';

const MOST_INSTANCES = 9;
/** npm forwards a signal that the terminal has already sent to this process. */
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
/** A second signal is passed on to the instances, which then stop at once. */
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
// On any fault, all processes are ended; also when the terminal is gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop(1));
process.on('uncaughtException', (error) => {
  complain(error);
  stop(1);
});

try {
  run = new Run(readOptions(), { say, onLost: () => stop(1) });
  await run.start();
} catch (error) {
  // A stop makes starting fail; that is not an error.
  if (stoppedAt === undefined) complain(error);
  stop(1);
}
