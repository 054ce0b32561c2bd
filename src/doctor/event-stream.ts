import { dataOf, EventStreamSplitter, splitEvents } from '../common/event-stream';

const MAX_EVENT_BYTES = 1024 * 1024;

/** One event of a stream, and when it came. */
export interface TimedEvent {
  data: string;
  atMs: number;
}

/** The events of a stream in the moment they arrive; comments and events longer than 1 MiB are left out. */
export async function* timedEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<TimedEvent> {
  let arrived: Buffer[] = [];
  const splitter = new EventStreamSplitter(
    { onEvents: (events) => void arrived.push(...splitEvents(events)), onLongEventPart: () => undefined },
    MAX_EVENT_BYTES,
  );
  for await (const bytes of body) {
    const atMs = performance.now();
    splitter.push(Buffer.from(bytes));
    const events = arrived;
    arrived = [];
    for (const event of events) {
      const data = dataOf(event);
      if (data !== undefined) yield { data, atMs };
    }
  }
}

/** Pieces that come within this time of each other came at once. */
const AT_ONCE_MS = 100;
/** A shorter answer does not show when its pieces were sent. */
const TELLING_MS = 400;

export type Arrival = 'one by one' | 'at once' | 'too quick to tell';

/** How the pieces of an answer came: a proxy that buffers lets them through together, at the end. */
export function judgeArrival(sentAtMs: number, arrivedAtMs: readonly number[]): Arrival {
  const [first = sentAtMs] = arrivedAtMs;
  const last = arrivedAtMs.at(-1) ?? sentAtMs;
  if (last - first >= AT_ONCE_MS) return 'one by one';
  return arrivedAtMs.length > 1 && last - sentAtMs >= TELLING_MS ? 'at once' : 'too quick to tell';
}
