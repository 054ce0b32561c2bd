/** A CPU profile as two tables: the functions with the most self time, and the parts of the program. */
import { fixed, printTable } from './table.mjs';

const MOST_ROWS = 20;

/** @param requests the number served while the profile was taken */
export function printProfile({ nodes, samples, timeDeltas }, requests) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [byFunction, byPart] = [new Map(), new Map()];
  const add = (map, key, microseconds) => map.set(key, (map.get(key) ?? 0) + microseconds);
  let busy = 0;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    if (frame.functionName === '(idle)') return;
    const microseconds = timeDeltas[index];
    busy += microseconds;
    add(byFunction, nameOf(frame), microseconds);
    add(byPart, partOf(frame), microseconds);
  });
  for (const [title, sums] of [
    ['function', byFunction],
    ['part', byPart],
  ]) {
    const largest = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, MOST_ROWS);
    console.log();
    printTable(
      [title, 'share of busy time', 'µs a request'],
      largest.map(([key, sum]) => [key, `${fixed((sum / busy) * 100, 1)} %`, fixed(sum / requests, 1)]),
    );
  }
}

const placeOf = (url) => url.replace(/^file:\/\//, '').replace(/^.*?\/(?=node_modules\/|dist\/)/, '');

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name} ${placeOf(url)}:${lineNumber + 1}`;
}

/** A package, one of our folders, a Node module, or the engine itself. */
function partOf({ functionName, url }) {
  if (url === '') return functionName.startsWith('(') ? functionName : 'built in';
  const place = placeOf(url);
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place) ?? /^(dist\/[^/]+)/.exec(place) ?? [];
  return name ?? place;
}
