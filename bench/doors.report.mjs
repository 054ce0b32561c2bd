/** The tables of the door benchmark. */
import { cpus } from 'node:os';
import { CPUS } from './processes.mjs';
import { median } from './statistics.mjs';
import { fixed, printTable } from './table.mjs';

const COLUMNS = {
  json: ['p50 ms', 'p99 ms', 'added p50 ms', 'requests/s at 32', 'CPU ms a request', 'wrong'],
  stream: ['first token p50 ms', 'p99 ms', 'added p50 ms', 'streams/s at 16', 'CPU ms a stream', 'wrong'],
};

/** @returns whether all targets passed */
export function printDoors(targets, { rounds, seconds }) {
  const where = CPUS.server === undefined ? 'no core of its own' : `the server on core ${CPUS.server}`;
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}, ${where}`);
  console.log(
    `medians of ${rounds} rounds of ${seconds} s; JSON replies of 1 KB; streams of 5 chunks 2 ms apart`,
  );
  console.log('for the first token, of 200 chunks without a pause for streams/s');
  for (const kind of new Set(targets.map((target) => target.kind))) {
    const rows = targets.filter((target) => target.kind === kind);
    console.log();
    printTable(
      [kind.name, ...COLUMNS[kind.isStream ? 'stream' : 'json']],
      rows.map((target) => rowOf(target, rows[0])),
    );
  }
  return targets.every((target) => target.fault === undefined && wrongOf(target) === '0');
}

function rowOf(target, direct) {
  if (target.fault !== undefined) return [target.name, '-', '-', '-', '-', '-', target.fault];
  const { alone, busy } = target.results;
  const timing = target.kind.isStream ? 'firstTokenMs' : 'latencyMs';
  const added = alone.map((run, round) => run[timing].p50 - direct.results.alone[round][timing].p50);
  return [
    target.name,
    fixed(median(alone.map((run) => run[timing].p50)), 3),
    fixed(median(alone.map((run) => run[timing].p99)), 3),
    target === direct ? '-' : fixed(median(added), 3),
    fixed(median(busy.map(({ perSecond }) => perSecond)), 0),
    fixed(median(busy.map(({ cpuMs }) => cpuMs)), 3),
    wrongOf(target),
  ];
}

function wrongOf({ results }) {
  const runs = [...results.alone, ...results.busy];
  const count = runs.reduce((sum, { wrong }) => sum + wrong, 0);
  const fault = runs.find((run) => run.fault !== undefined)?.fault;
  return fault === undefined ? String(count) : `${count}: ${fault}`;
}
