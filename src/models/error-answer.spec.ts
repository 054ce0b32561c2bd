import { ErrorAnswer } from './error-answer';
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
    expect(answer(body).toError()).toMatchObject({ status: 400, code: 'too_long', param: 'messages', error });
  });

  it.each(['', '<html>', '{"error"', 'null', '[]', '[null]', '5', '{}'])(
    'has but a status for %p',
    (body) => {
      expect(answer(body, {}, 500).toError()).toMatchObject({
        status: 500,
        code: undefined,
        param: undefined,
      });
    },
  );

  it('keeps the time to wait, and no other header', () => {
    const headers = { 'retry-after': '7', 'set-cookie': ['a=b'], 'x-request-id': 'req_1' };
    expect([...answer('{}', headers, 429).toError().headers!]).toEqual([['retry-after', '7']]);
    expect([...answer('{}', { 'retry-after': ['7', '8'] }, 429).toError().headers!]).toEqual([]);
  });

  it('is full at 64 KiB', () => {
    const long = new ErrorAnswer({ status: 500, headers: {} });
    long.add(Buffer.alloc(64 * 1024 - 1));
    expect(long.isFull).toBe(false);
    long.add(Buffer.alloc(1));
    expect(long.isFull).toBe(true);
  });
});
