import { bodyOf, collect } from './testing/bytes.js';
import { readText } from './text-chunks.js';

/** A body that stays open and ignores any signal. */
function openBody(...pieces: string[]): { body: ReadableStream<Uint8Array>; cancelled: Promise<unknown> } {
  let body!: ReadableStream<Uint8Array>;
  const cancelled = new Promise((resolve) => {
    body = new ReadableStream({
      start: (controller) => pieces.forEach((piece) => controller.enqueue(Buffer.from(piece))),
      cancel: resolve,
    });
  });
  return { body, cancelled };
}

describe('readText', () => {
  it('cancels the body when the reader leaves', async () => {
    const { body, cancelled } = openBody('first');

    for await (const text of readText(body)) {
      expect(text).toBe('first');
      break;
    }

    await cancelled;
  });

  it('throws the reason of an abort while it waits, and cancels the body with it', async () => {
    const { body, cancelled } = openBody('first');
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const text = readText(body, abort.signal);
    await text.next();
    const next = text.next();
    abort.abort(reason);

    await expect(next).rejects.toBe(reason);
    expect(await cancelled).toBe(reason);
  });

  it('throws the reason of an abort that came before', async () => {
    const { body, cancelled } = openBody();
    const reason = new Error('never mind');

    await expect(collect(readText(body, AbortSignal.abort(reason)))).rejects.toBe(reason);
    expect(await cancelled).toBe(reason);
  });

  it('leaves the signal alone when it is through', async () => {
    const { signal } = new AbortController();
    const [added, removed] = [
      jest.spyOn(signal, 'addEventListener'),
      jest.spyOn(signal, 'removeEventListener'),
    ];
    await collect(readText(bodyOf('all'), signal));

    expect(added.mock.calls.map(([, listener]) => listener)).toEqual(
      removed.mock.calls.map(([, listener]) => listener),
    );
    expect(added).toHaveBeenCalledTimes(1);
  });

  it('passes on what broke the body', async () => {
    const fault = new Error('reset');
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(fault) });

    await expect(collect(readText(body))).rejects.toBe(fault);
  });
});
