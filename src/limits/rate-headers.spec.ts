import { setRateHeaders, toOpenAiDuration } from './rate-headers';

describe('toOpenAiDuration', () => {
  it.each([
    [0, '0s'],
    [12, '12s'],
    [59, '59s'],
    [60, '1m0s'],
    [125, '2m5s'],
    [3600, '1h0m0s'],
    [3725, '1h2m5s'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(toOpenAiDuration(seconds)).toBe(text);
  });
});

describe('setRateHeaders', () => {
  const headersAt = (originalUrl: string): Record<string, unknown> => {
    const headers: Record<string, unknown> = {};
    const response = { setHeader: (name: string, value: unknown) => void (headers[name] = value) };
    const record = { limit: 60, remaining: 7, resetSeconds: 12, retryAfterSeconds: 12, isExceeded: false };
    setRateHeaders({ originalUrl }, response as unknown as Parameters<typeof setRateHeaders>[1], record);
    return headers;
  };
  const own = { 'RateLimit-Limit': 60, 'RateLimit-Remaining': 7, 'RateLimit-Reset': 12 };

  it('sets its own headers below /api', () => {
    expect(headersAt('/api/chat')).toEqual(own);
  });

  it('sets the headers of OpenAI too below /v1', () => {
    expect(headersAt('/v1/chat/completions')).toEqual({
      ...own,
      'x-ratelimit-limit-requests': 60,
      'x-ratelimit-remaining-requests': 7,
      'x-ratelimit-reset-requests': '12s',
    });
  });
});
