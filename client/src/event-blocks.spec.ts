import { BrokenStreamError, KeyturnError } from './errors.js';
import { readBlocks } from './event-blocks.js';
import { bodyOf, collect } from './testing/bytes.js';

const read = (text: string): Promise<unknown[]> => collect(readBlocks(bodyOf(text)));

describe('readBlocks', () => {
  it('gives every block up to the end mark, and nothing after', async () => {
    const text =
      'data: {"delta":"a"}\n\n: ping\n\ndata: {"usage":{}}\n\ndata: [DONE]\n\ndata: {"delta":"b"}\n\n';

    expect(await read(text)).toEqual([{ delta: 'a' }, { usage: {} }]);
  });

  it('takes an end mark without its blank line', async () => {
    expect(await read('data: {"delta":"a"}\n\ndata: [DONE]')).toEqual([{ delta: 'a' }]);
  });

  it('lets go of the connection at the end mark', async () => {
    const cancelled = jest.fn();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('data: [DONE]\n\n')),
      cancel: cancelled,
    });
    await collect(readBlocks(body));

    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  it.each<[what: string, text: string, cause: unknown]>([
    ['no end mark', 'data: {"delta":"a"}\n\n', undefined],
    ['nothing', '', undefined],
    ['half a block', 'data: {"delta":"a"}\n\ndata: {"del', expect.any(SyntaxError)],
    ['half an end mark', 'data: {"delta":"a"}\n\ndata: [DO', expect.any(SyntaxError)],
    ['a block that is no object', 'data: 7\n\ndata: [DONE]\n\n', expect.any(TypeError)],
    ['a block that is null', 'data: null\n\ndata: [DONE]\n\n', expect.any(TypeError)],
  ])('calls a stream with %s broken', async (_, text, cause) => {
    const error = await read(text).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BrokenStreamError);
    expect(error).toMatchObject({ code: 'broken_stream', name: 'BrokenStreamError' });
    expect((error as Error).cause).toEqual(cause);
  });

  it('calls a connection that fails a broken stream, and keeps the fault', async () => {
    const fault = new TypeError('terminated');
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(fault) });

    await expect(collect(readBlocks(body))).rejects.toMatchObject({ code: 'broken_stream', cause: fault });
  });

  it('throws an error that the server tells, after what came before it', async () => {
    const blocks = readBlocks(
      bodyOf(
        'data: {"delta":"a"}\n\n',
        'data: {"error":"It took too long.","message":"It took too long.","code":"upstream_timeout",',
        '"request_id":"req-1","turn_id":"t-1","conversation_id":4}\n\n',
      ),
    );

    expect(await blocks.next()).toEqual({ done: false, value: { delta: 'a' } });
    const error = await blocks.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeyturnError);
    expect(error).not.toBeInstanceOf(BrokenStreamError);
    expect({ ...(error as object), message: (error as Error).message }).toEqual({
      name: 'KeyturnError',
      code: 'upstream_timeout',
      message: 'It took too long.',
      requestId: 'req-1',
      turnId: 't-1',
      conversationId: 4,
    });
  });

  it('gives nothing more after an abort, though blocks have come already', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const body = bodyOf('data: {"delta":"a"}\n\ndata: {"delta":"b"}\n\ndata: [DONE]\n\n');
    const blocks = readBlocks(body, abort.signal);

    expect(await blocks.next()).toEqual({ done: false, value: { delta: 'a' } });
    abort.abort(reason);
    await expect(blocks.next()).rejects.toBe(reason);
  });
});
