import { ErrorAnswer } from './error-answer';
import { toUpstreamError } from './upstream-errors';
import type { UpstreamHead } from './upstream-exchange';

function answer(body: string, headers: UpstreamHead['headers'] = {}, status = 400): ErrorAnswer {
  const error = new ErrorAnswer({ status, headers });
  for (const byte of Buffer.from(body)) error.add(Buffer.of(byte));
  return error;
}

describe('ErrorAnswer', () => {
  const error = { message: 'Zu läng.', type: 'invalid_request_error', param: 'messages', code: 'too_long' };

  it.each([
    ['an object', JSON.stringify({ error })],
    ['a list, as Gemini wraps it', JSON.stringify([{ error }])],
  ])('reads the error in %s', (_, body) => {
    const refusal = answer(body).toError();
    expect(refusal.status).toBe(400);
    expect(refusal.fault).toMatchObject({ message: 'Zu läng.', code: 'too_long', param: 'messages' });
  });

  it.each(['', '<html>', '{"error"', 'null', '[]', '[null]', '5', '{}', '\0\u0001'])(
    'has only a status for %p',
    (body) => {
      const refusal = answer(body, {}, 500).toError();
      expect(refusal.status).toBe(500);
      expect(refusal.fault).toEqual({ words: new Set() });
    },
  );

  it('keeps the headers about another try, and no other', () => {
    const kept = { 'retry-after': '7', 'retry-after-ms': '6800', 'x-should-retry': 'false' };
    const headers = { ...kept, 'set-cookie': ['a=b'], 'x-request-id': 'req_1', location: 'http://x' };
    expect(Object.fromEntries(answer('{}', headers, 429).toError().headers)).toEqual(kept);
    expect([...answer('{}', { 'retry-after': ['7', '8'] }, 429).toError().headers]).toEqual([]);
  });

  it('reads a body that is nested as deep as fits, and one of one endless text', () => {
    const deep = `${'['.repeat(32_000)}${']'.repeat(32_000)}`;
    expect(answer(deep).toError().fault.message).toBeUndefined();
    const long = answer(JSON.stringify({ error: { message: 'x'.repeat(60_000) } })).toError();
    expect(toUpstreamError(long).message).toBe('x'.repeat(500));
  });

  it('is full at 64 KiB', () => {
    const long = new ErrorAnswer({ status: 500, headers: {} });
    long.add(Buffer.alloc(64 * 1024 - 1));
    expect(long.isFull).toBe(false);
    long.add(Buffer.alloc(1));
    expect(long.isFull).toBe(true);
  });
});
