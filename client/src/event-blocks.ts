import { isErrorBody, toKeyturnError } from './answers.js';
import { BrokenStreamError, KeyturnError } from './errors.js';
import { readData } from './server-sent-events.js';
import { readText } from './text-chunks.js';

export type Block = Record<string, unknown>;

/**
 * The blocks of one of our streams, up to its `[DONE]`.
 * @throws KeyturnError for an error that the server tells in the stream
 * @throws BrokenStreamError where the stream ends, by itself or by a fault, before `[DONE]`
 * @throws the signal's reason once it is aborted, also while blocks that came before are still unread
 */
export async function* readBlocks(
  body: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  try {
    for await (const data of readData(readText(body, signal))) {
      signal?.throwIfAborted();
      if (data === '[DONE]') return;
      const block = parse(data);
      if (isErrorBody(block)) throw toKeyturnError(block);
      yield block;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof KeyturnError ? error : new BrokenStreamError({ cause: error });
  }
  throw new BrokenStreamError();
}

function parse(data: string): Block {
  const block: unknown = JSON.parse(data);
  if (typeof block === 'object' && block !== null) return block as Block;
  throw new TypeError('A block of the stream is no JSON object.');
}
