import { AppError } from '../common/app-error';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { readJsonAnswer } from './read-answer';

const MIB = 1024 * 1024;

/** A call whose answer comes in these pieces. */
function callOf(
  pieces: readonly (string | Buffer)[],
  end: (sink: ByteSink) => void = (sink) => sink.onEnd(),
) {
  let stopped: AppError | undefined;
  const call = {
    flow: (sink: ByteSink) => {
      for (const piece of pieces) {
        if (stopped === undefined) sink.onBytes(Buffer.from(piece as string));
      }
      if (stopped === undefined) end(sink);
      else sink.onBroken(stopped);
    },
    stop: (reason: AppError) => void (stopped = reason),
  };
  return call as unknown as ForwardedCall;
}

describe('readJsonAnswer', () => {
  it.each([[['{"a":"ж"}']], [[...Buffer.from('{"a":"ж"}')].map((byte) => Buffer.of(byte))]])(
    'gives the bytes and what they say',
    async (pieces) => {
      const { bytes, value } = await readJsonAnswer(callOf(pieces));
      expect([bytes.toString(), value]).toEqual(['{"a":"ж"}', { a: 'ж' }]);
    },
  );

  it.each(['', '{', '[]', 'null', '5', '"a"', '{}{}', '<html>'])('takes %p for no answer', async (text) => {
    const error = { code: 'upstream_invalid_response', status: 502 };
    await expect(readJsonAnswer(callOf([text]))).rejects.toMatchObject(error);
  });

  it('stops an answer that grows beyond 64 MiB', async () => {
    const pieces = Array.from({ length: 65 }, () => Buffer.alloc(MIB, ' '));
    await expect(readJsonAnswer(callOf(pieces))).rejects.toMatchObject({ code: 'upstream_invalid_response' });
    const good = callOf([...pieces.slice(0, 63), '{}']);
    expect((await readJsonAnswer(good)).value).toEqual({});
  });

  it('breaks as its call does', async () => {
    const error = new AppError('upstream_timeout', 'The model did not answer in time.');
    await expect(readJsonAnswer(callOf(['{"a"'], (sink) => sink.onBroken(error)))).rejects.toBe(error);
  });
});
