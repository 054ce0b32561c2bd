import type { SessionPrincipal } from './principal';
import { PrincipalCache } from './principal-cache';

describe('PrincipalCache', () => {
  let wallMs: number;
  /** By the clock that durations go by. */
  let nowMs: number;
  let cache: PrincipalCache;
  beforeEach(() => {
    wallMs = 1_000_000_000;
    nowMs = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    cache = new PrincipalCache({ now: () => new Date(wallMs) });
  });
  afterEach(() => jest.restoreAllMocks());

  const principal = (over: Partial<SessionPrincipal> = {}): SessionPrincipal => ({
    id: 'ada',
    role: 'user',
    timezone: 'UTC',
    kind: 'session',
    sessionFamily: 'family',
    tokenExpiresAt: new Date(wallMs + 60_000),
    ...over,
  });
  const remember = (token: string, whom = principal()): Promise<unknown> =>
    cache.refresh(token, async () => whom);

  it('knows a token for 5 seconds after it was verified', async () => {
    const ada = await remember('token');
    nowMs += 4999;
    expect(cache.find('token')).toBe(ada);
    nowMs += 1;
    expect(cache.find('token')).toBeUndefined();
  });

  it('knows it no longer for a clock that is put back', async () => {
    await remember('token');
    wallMs -= 3_600_000;
    nowMs += 5000;
    expect(cache.find('token')).toBeUndefined();
  });

  it('counts them from the moment of asking, not of the answer', async () => {
    await cache.refresh('token', async () => {
      nowMs += 3000;
      return principal();
    });
    nowMs += 2000;
    expect(cache.find('token')).toBeUndefined();
  });

  it('knows none longer than it lives', async () => {
    await remember('token', principal({ tokenExpiresAt: new Date(wallMs + 1000) }));
    wallMs += 1000;
    expect(cache.find('token')).toBeUndefined();
  });

  it('forgets the tokens of an ended family, and no others', async () => {
    await remember('first');
    await remember('second');
    const other = await remember('other', principal({ sessionFamily: 'another family' }));
    cache.evictFamily('family');
    expect([cache.find('first'), cache.find('second'), cache.find('other')]).toEqual([
      undefined,
      undefined,
      other,
    ]);
  });

  it('does not remember what was verified while a family ended', async () => {
    await cache.refresh('token', async () => {
      cache.evictFamily('family');
      return principal();
    });
    expect(cache.find('token')).toBeUndefined();
  });

  it('remembers nothing of a refused token', async () => {
    await expect(cache.refresh('token', () => Promise.reject(new Error('refused')))).rejects.toThrow(
      'refused',
    );
    expect(cache.find('token')).toBeUndefined();
  });

  it('holds 10,000 tokens; the one verified longest ago goes first', async () => {
    for (let i = 0; i < 10_000; i++) await remember(`token ${i}`);
    await remember('token 0');
    await remember('one more');
    expect(cache.find('token 1')).toBeUndefined();
    expect(cache.find('token 0')).toBeDefined();
    expect(cache.find('one more')).toBeDefined();
  });
});
