import { isErrorBody, toKeyturnError } from './answers.js';
import { BrokenStreamError, KeyturnError } from './errors.js';
import { readData } from './server-sent-events.js';
import { readText } from './text-chunks.js';

export type Block = Record<string, unknown>;

/**
 * The blocks of a Keyturn stream, up to its `[DONE]`.
 * @throws KeyturnError for an error that the server reports in the stream
 * @throws BrokenStreamError if the stream ends before `[DONE]`, by itself or by a fault
 * @throws the signal's reason once it is aborted, even if received blocks are still unread
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
