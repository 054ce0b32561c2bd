/** The results of our doors as ratios to one peer, measured in the same rounds. */
import { median } from './statistics.mjs';
import { fixed, printTable } from './table.mjs';

const BASE = 'portkey';

/**
 * `of`: the value from a run; `isAdded`: minus the value of `direct` in the same round; `goal`: required and desired
 * ratio.
 */
const FIGURES = [
  {
    name: 'requests/s at 32 connections',
    scenario: 'thr',
    of: (run) => run.rps,
    goal: [4, 8],
    isMoreBetter: true,
  },
  {
    name: 'added p50, one client',
    scenario: 'lat',
    of: (run) => run.lat?.p50,
    isAdded: true,
    goal: [0.4, 0.2],
  },
  { name: 'CPU per request', scenario: 'thr', of: (run) => run.cpu_1k, goal: [0.25, 0.15] },
  {
    name: 'added time to first token',
    scenario: 'ttft',
    of: (run) => run.ttft?.p50,
    isAdded: true,
    goal: [0.06, 0.04],
  },
  {
    name: 'streams of 200 chunks a second',
    scenario: 'burst',
    of: (run) => run.chunks_per_s,
    goal: [2.5, 3.5],
    isMoreBetter: true,
  },
  {
    name: 'p99 delay of a chunk at 5,000 chunks/s',
    scenario: 'paced',
    of: (run) => run.chunk?.p99,
    goal: [0.3, 0.1],
  },
  { name: 'memory per open stream', scenario: 'hold', of: (run) => run.kb_per_stream, goal: [0.5, 0.35] },
];

/** @returns whether every available figure reaches its goal */
export function printRatios(runs) {
  const good = runs.filter((run) => !run.bad && !run.non2xx);
  const doors = [...new Set(runs.map(({ target }) => target))].filter((target) => target.startsWith('/'));
  let isReached = true;
  const rows = FIGURES.map((figure) => {
    const { name, goal, isMoreBetter } = figure;
    const cells = doors.map((door) => {
      const ratio = figureOf(good, door, figure) / figureOf(good, BASE, figure);
      if (!Number.isFinite(ratio)) return '-';
      const [isReach, isAim] = goal.map((bound) => (isMoreBetter ? ratio >= bound : ratio <= bound));
      isReached &&= isReach;
      return `${fixed(ratio, 3)} ${isAim ? 'aim' : isReach ? 'reach' : 'MISS'}`;
    });
    const [reach, aim] = goal.map((bound) => `${isMoreBetter ? '≥' : '≤'} ${bound}`);
    return [name, reach, aim, ...cells];
  });
  console.log(`\n### Ratios to ${BASE}\n`);
  printTable(['medians', 'reach', 'aim', ...doors], rows);
  return isReached;
}

function figureOf(runs, target, { scenario, of, isAdded }) {
  const own = runs.filter((run) => run.target === target && run.scenario === scenario);
  if (!isAdded) return median(own.map(of));
  const direct = runs.filter((run) => run.target === 'direct' && run.scenario === scenario);
  return median(own.map((run) => of(run) - of(direct.find(({ round }) => round === run.round) ?? {})));
}
