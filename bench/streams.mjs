/** The capacity of one process for streams: many at once, and clients that never read. See docs/benchmarks.md. */
import { startApp } from './app.mjs';
import { KINDS } from './doors.data.mjs';
import { openFilesLimit } from './proc.mjs';
import { CPUS, startScript, stop } from './processes.mjs';
import { HELD, holdStreams, readStreams } from './streams.held.mjs';
import { MOST_MB, NEVER_READING, neverRead } from './streams.unread.mjs';
import { fixed, printTable } from './table.mjs';

const WARM_UP = 200;

/** @returns whether all streams were correct and memory stayed within its limits */
export async function benchStreams({ only, app: appOptions }) {
  const filesNeeded = 2 * HELD + 500;
  if (openFilesLimit() < filesNeeded) {
    throw new Error(`Only ${openFilesLimit()} open files are allowed: ulimit -n ${filesNeeded}`);
  }
  const upstream = startScript('upstream.mjs', { cpu: CPUS.upstream });
  const { port } = await upstream.ready;
  const doors = KINDS.filter(({ isStream }) => isStream)
    .flatMap((kind) => kind.doors.map((door) => ({ ...door, kind })))
    .filter(({ path, kind }) => [path, kind.name].some((text) => text.includes(only)));
  const results = [];
  try {
    for (const door of doors) {
      // Each door gets its own process: memory taken earlier would hide what the next door takes.
      const app = await startApp({ upstream: `http://127.0.0.1:${port}/v1`, ...appOptions });
      try {
        results.push({ door, ...(await tryDoor(door, app, upstream)) });
      } finally {
        await app.stop();
      }
    }
  } finally {
    await stop(upstream.child);
  }
  return report(results);
}

async function tryDoor(door, app, upstream) {
  const [fault] = (await readStreams(door, app, WARM_UP, {})).filter((outcome) => outcome !== undefined);
  if (fault !== undefined) return { fault };
  return { unread: await neverRead(door, app, upstream), held: await holdStreams(door, app, upstream) };
}

function report(results) {
  printTable(
    [
      'door',
      `right of ${HELD} held`,
      'MB holding',
      `MB more for ${NEVER_READING} unread (≤ ${MOST_MB})`,
      's until dropped',
      'sent whole',
    ],
    results.map(({ door, fault, held, unread }) => {
      const name = door.kind.name.includes(',') ? `${door.path}, usage not asked for` : door.path;
      if (fault !== undefined) return [name, fault, '-', '-', '-', '-'];
      return [
        name,
        held.fault === undefined ? held.right : `${held.right}: ${held.fault}`,
        fixed(held.residentMb, 0),
        fixed(unread.moreMb, 1),
        fixed(unread.droppedAfterS, 1),
        unread.complete,
      ];
    }),
  );
  return results.every(({ held, unread }) => isHeld(held) && isSpared(unread));
}

const isHeld = (held) => held?.right === HELD && held.residentMb !== undefined;

const isSpared = ({ moreMb, droppedAfterS, complete }) =>
  moreMb <= MOST_MB && droppedAfterS !== undefined && complete === 0;
