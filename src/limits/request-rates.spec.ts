import fc from 'fast-check';
import { Clock } from '../common/clock';
import type { DoorLimits } from '../config/limit-variables';
import type { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { MemoryThrottlerStorage } from './memory-throttler-storage';
import { HOUR_MS, type RateLimitName } from './rate-limits';
import { rateLimited, type RateRecord, RequestRates } from './request-rates';

const USER = { id: '4f2d7a52-6f0e-4c52-9f3b-0d7a3c1f5b11', role: 'user' } as const;
const NONE = {
  requestsPerMinute: 0,
  requestsPerHour: 0,
  anonymousRequestsPerMinute: 0,
  anonymousRequestsPerHour: 0,
  doors: {} as DoorLimits,
  streamsPerUser: 0,
  authAttemptsPerMinute: 0,
};

describe('RequestRates', () => {
  let metrics: Metrics;
  let storage: MemoryThrottlerStorage;
  beforeEach(() => {
    jest.useFakeTimers();
    metrics = new Metrics();
    storage = new MemoryThrottlerStorage();
  });
  afterEach(() => jest.useRealTimers());

  const ratesFor = (limits: Partial<Settings['limits']>): RequestRates =>
    new RequestRates(storage, { limits: { ...NONE, ...limits } } as Settings, metrics, new Clock());
  const count = async (rates: RequestRates, door: RateLimitName, times = 1): Promise<RateRecord> => {
    let record: RateRecord | undefined;
    for (let i = 0; i < times; i++) record = await rates.count(door, USER, '192.0.2.1');
    return record!;
  };

  it('tells of the window with the least left', async () => {
    const rates = ratesFor({ requestsPerMinute: 5, requestsPerHour: 8 });
    await expect(count(rates, 'chat')).resolves.toEqual({
      limit: 5,
      remaining: 4,
      resetSeconds: 60,
      retryAfterSeconds: 59,
      isExceeded: false,
    });
    await count(rates, 'v1', 4);
    jest.advanceTimersByTime(60_000);
    await expect(count(rates, 'socket')).resolves.toMatchObject({
      limit: 8,
      remaining: 2,
      resetSeconds: 3540,
    });
  });

  it.each<[string, number, Partial<Settings['limits']>, RateLimitName, number]>([
    ['a minute that has just begun', 0, { requestsPerMinute: 1 }, 'chat', 59],
    ['a minute of a door', 0, { doors: { v1: { perMinute: 1, perHour: 0 } } }, 'v1', 59],
    ['a minute of sign-ins', 0, { authAttemptsPerMinute: 1 }, 'auth', 59],
    ['a minute in its middle', 20_500, { requestsPerMinute: 1 }, 'chat', 40],
    ['the end of a minute', 59_900, { requestsPerMinute: 1 }, 'chat', 1],
    ['an hour that has just begun', 0, { requestsPerHour: 1 }, 'chat', 3600],
  ])('says when to come again after %s', async (_, msGone, limits, name, seconds) => {
    const rates = ratesFor(limits);
    await count(rates, name);
    jest.advanceTimersByTime(msGone);
    expect(rateLimited(await count(rates, name)).retryAfterSeconds).toBe(seconds);
  });

  it('tells of the window that refuses, and of several of the one that does so longest', async () => {
    const rates = ratesFor({ requestsPerMinute: 2, doors: { v1: { perMinute: 1, perHour: 2 } } });
    await count(rates, 'v1');
    await expect(count(rates, 'v1')).resolves.toMatchObject({ limit: 1, isExceeded: true, resetSeconds: 60 });
    jest.advanceTimersByTime(60_000);
    await count(rates, 'v1');
    const record = await count(rates, 'v1');
    expect(record).toEqual({
      limit: 2,
      remaining: 0,
      isExceeded: true,
      resetSeconds: 3540,
      retryAfterSeconds: 3540,
    });
    expect(rateLimited(record)).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3540 });
  });

  describe.each<[string, (rates: RequestRates) => Promise<(RateRecord | undefined)[]>]>([
    ['one after the other', async (rates) => [await count(rates, 'v1', 30)]],
    ['at once', (rates) => Promise.all(Array.from({ length: 30 }, () => rates.count('v1', USER, undefined)))],
  ])('of requests that come too soon, %s', (_, insist) => {
    it('has none use up another window than the one that refuses', async () => {
      const rates = ratesFor({
        requestsPerMinute: 2,
        requestsPerHour: 5,
        doors: { v1: { perMinute: 1, perHour: 0 } },
      });
      await insist(rates);
      // One of two passed: the other is there for another door.
      await expect(count(rates, 'chat')).resolves.toMatchObject({ isExceeded: false, remaining: 0 });
      await insist(rates);
      for (const left of [2, 1]) {
        jest.advanceTimersByTime(60_000);
        await insist(rates);
        const standing = await rates.peek(USER);
        expect(standing.map(({ used }) => used)[1]).toBe(5 - left);
      }
      jest.advanceTimersByTime(60_000);
      await expect(count(rates, 'chat')).resolves.toMatchObject({ isExceeded: false, remaining: 0 });
      await expect(count(rates, 'chat')).resolves.toMatchObject({ limit: 5, isExceeded: true });
    });
  });

  it('lets no more than its limit through any window, whatever comes when at which door', async () => {
    const request = fc.record({
      door: fc.constantFrom('v1' as const, 'chat' as const),
      afterMs: fc.nat(40_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 60 }), async (requests) => {
        storage = new MemoryThrottlerStorage();
        const rates = ratesFor({
          requestsPerMinute: 4,
          requestsPerHour: 12,
          doors: { v1: { perMinute: 2, perHour: 0 } },
        });
        const passed: { door: string; at: number }[] = [];
        let at = 0;
        for (const { door, afterMs } of requests) {
          jest.advanceTimersByTime(afterMs);
          at += afterMs;
          const { isExceeded } = await count(rates, door);
          if (!isExceeded) passed.push({ door, at });
        }
        // Any minute touches two fixed windows at the most.
        for (const { at: end } of passed) {
          const within = passed.filter((one) => one.at <= end && one.at > end - 60_000);
          expect(within.length).toBeLessThanOrEqual(8);
          expect(within.filter(({ door }) => door === 'v1').length).toBeLessThanOrEqual(4);
        }
        expect(passed.filter(({ at: time }) => time < HOUR_MS).length).toBeLessThanOrEqual(12);
      }),
      { numRuns: 100 },
    );
  });

  it('counts a request once in each of its windows, and in no other', async () => {
    const rates = ratesFor({ requestsPerMinute: 9, doors: { v1: { perMinute: 0, perHour: 7 } } });
    const increment = jest.spyOn(storage, 'increment');
    await count(rates, 'v1');
    expect(increment.mock.calls.map(([key, ttl, limit, , name]) => [key, ttl, limit, name])).toEqual([
      [USER.id, 60_000, 9, 'chat'],
      [USER.id, 3_600_000, 7, 'door_v1_hour'],
    ]);
  });

  it('asks all windows before it waits for one', async () => {
    const rates = ratesFor({ requestsPerMinute: 9, requestsPerHour: 9 });
    const increment = jest.spyOn(storage, 'increment').mockReturnValue(new Promise(() => undefined));
    void rates.count('chat', USER, undefined);
    expect(increment).toHaveBeenCalledTimes(2);
  });

  it('gives whoever has no token windows of an address', async () => {
    const rates = ratesFor({
      requestsPerMinute: 9,
      anonymousRequestsPerHour: 2,
      doors: { chat: { perMinute: 1, perHour: 0 } },
    });
    const asked = (address: string) => rates.count('chat', undefined, address);
    await expect(asked('192.0.2.1:77')).resolves.toMatchObject({ limit: 1, isExceeded: false });
    await expect(asked('::ffff:192.0.2.1')).resolves.toMatchObject({ limit: 1, isExceeded: true });
    await expect(asked('192.0.2.2')).resolves.toMatchObject({ isExceeded: false });
    await expect(metrics.expose()).resolves.toContain('keyturn_refusals_total{limit="door_chat"} 1');
    await expect(metrics.expose()).resolves.not.toContain('192.0.2');
  });

  it.each<[string, Partial<Settings['limits']>, 'user' | 'admin', RateLimitName]>([
    ['nothing is set', {}, 'user', 'chat'],
    ['another door is', { doors: { v1: { perMinute: 1, perHour: 1 } } }, 'user', 'chat'],
    ['sign-ins are', { authAttemptsPerMinute: 1 }, 'user', 'agent'],
    ['the caller is an admin', { requestsPerMinute: 1 }, 'admin', 'chat'],
  ])('asks nothing where %s', async (_, limits, role, door) => {
    const increment = jest.spyOn(storage, 'increment');
    await expect(ratesFor(limits).count(door, { ...USER, role }, undefined)).resolves.toBeUndefined();
    expect(increment).not.toHaveBeenCalled();
  });
});
