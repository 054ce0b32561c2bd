import { KeyturnError, type KeyturnErrorOptions } from './errors.js';
import { parseRetryAfter, retryDelaySeconds, wait } from './retry.js';

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-21T09:30:00Z');

  it.each<[header: string | null, seconds: number | undefined]>([
    ['0', 0],
    ['7', 7],
    [' 7 ', 7],
    ['Sat, 21 Nov 2026 09:30:02 GMT', 2],
    ['Sat, 21 Nov 2026 09:29:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %p as %p', (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });
});

describe('retryDelaySeconds', () => {
  it.each<[what: string, error: KeyturnErrorOptions, seconds: number | undefined]>([
    ['a limit', { status: 429, retryAfter: 3 }, 3],
    ['the longest bearable wait', { status: 429, retryAfter: 30 }, 30],
    ['a longer one', { status: 429, retryAfter: 31 }, undefined],
    ['a limit that names no time', { status: 429 }, undefined],
    ['a turn that was accepted', { status: 429, retryAfter: 3, turnId: 'a-turn' }, undefined],
    ['another refusal', { status: 503, retryAfter: 3 }, undefined],
    ['an error in a stream', { retryAfter: 3 }, undefined],
  ])('of %s', (_, options, seconds) => {
    expect(retryDelaySeconds(new KeyturnError('rate_limited', 'Too many.', options))).toBe(seconds);
  });
});

describe('wait', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('lasts as many seconds, and leaves the signal alone after', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    let isOver = false;
    const waiting = wait(3, signal).then(() => (isOver = true));

    await jest.advanceTimersByTimeAsync(2999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await waiting;
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it('ends at once with the reason of an abort, and leaves no timer', async () => {
    const abort = new AbortController();
    const waiting = wait(30, abort.signal);
    abort.abort('enough');

    await expect(waiting).rejects.toBe('enough');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not begin after an abort', async () => {
    await expect(wait(30, AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(jest.getTimerCount()).toBe(0);
  });
});
