/** CPU time and memory of a process, from `/proc`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** The fields after the name, which may contain blanks: `[0]` is the state, `[1]` the parent (proc(5)). */
function statOf(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and all its descendants: the embedded database with its backends. */
function treeOf(root) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && statOf(name);
    if (stat) children.set(Number(stat[1]), [...(children.get(Number(stat[1])) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Includes the CPU time of ended children, so that a backend that exits does not reduce the sum. */
export function cpuSeconds(pid) {
  let ticks = 0;
  for (const stat of treeOf(pid).map(statOf)) {
    if (stat) ticks += stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / TICKS_PER_SECOND;
}

function statusMb(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)[1]) / 1024;
}

/** The process alone, without the database. */
export const residentMb = (pid) => statusMb(pid, 'VmRSS');

/** The peak since `forgetPeak`. */
export const peakMb = (pid) => statusMb(pid, 'VmHWM');

export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** The hard limit of open files, including sockets, for a process of this user. */
export const openFilesLimit = () => {
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return hard === 'unlimited' ? Infinity : Number(hard);
};
