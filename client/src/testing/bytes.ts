export function bodyOf(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece));
      controller.close();
    },
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Imitates a runtime that ignores a request's signal once the headers have arrived. */
export const forgetfulFetch: typeof fetch = (address, { signal: _, ...request } = {}) =>
  fetch(address, request);
