/** One block of an event stream, and when it came. */
export interface TimedEvent {
  /** What stands after `data:`. */
  data: string;
  atMs: number;
}

/** The blocks of an event stream in the moment they arrive; comments are left out. */
export async function* timedEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<TimedEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    const atMs = performance.now();
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) yield { data: line.slice('data:'.length).trim(), atMs };
    }
  }
}

/** Pieces that come within this time of each other came at once. */
const AT_ONCE_MS = 100;
/** In a shorter answer nothing can be told of when its pieces were sent. */
const TELLING_MS = 400;

export type Arrival = 'one by one' | 'at once' | 'too quick to tell';

/** How the pieces of an answer came: a proxy that buffers lets them through together, at the end. */
export function judgeArrival(sentAtMs: number, arrivedAtMs: readonly number[]): Arrival {
  const [first = sentAtMs] = arrivedAtMs;
  const last = arrivedAtMs.at(-1) ?? sentAtMs;
  if (last - first >= AT_ONCE_MS) return 'one by one';
  return arrivedAtMs.length > 1 && last - sentAtMs >= TELLING_MS ? 'at once' : 'too quick to tell';
}
