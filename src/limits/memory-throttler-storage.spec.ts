import fc from 'fast-check';
import { MemoryThrottlerStorage } from './memory-throttler-storage';

const WINDOW_MS = 60_000;

describe('MemoryThrottlerStorage', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const hit = (storage: MemoryThrottlerStorage, limit: number, key = 'someone', name = 'chat') =>
    storage.increment(key, WINDOW_MS, limit, 0, name);

  it('lets exactly the limit pass in a window, whatever the limit and the number of hits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 120 }),
        async (limit, hits) => {
          const storage = new MemoryThrottlerStorage();
          const records = [];
          for (let i = 0; i < hits; i++) records.push(await hit(storage, limit));
          expect(records.filter((record) => !record.isBlocked)).toHaveLength(Math.min(limit, hits));
          expect(records.map((record) => record.totalHits)).toEqual(records.map((_, i) => i + 1));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says how many whole seconds are left, and starts anew when the window has ended', async () => {
    const storage = new MemoryThrottlerStorage();
    await hit(storage, 1);
    jest.advanceTimersByTime(WINDOW_MS - 1500);
    await expect(hit(storage, 1)).resolves.toEqual({
      takeBack: expect.any(Function),
      totalHits: 2,
      limit: 1,
      timeToExpire: 2,
      isBlocked: true,
      timeToBlockExpire: 2,
    });
    jest.advanceTimersByTime(1500);
    await expect(hit(storage, 1)).resolves.toMatchObject({
      totalHits: 1,
      isBlocked: false,
      timeToExpire: 60,
    });
  });

  it('is not prolonged by hits that were refused', async () => {
    const storage = new MemoryThrottlerStorage();
    for (let second = 0; second < 60; second++) {
      await hit(storage, 1);
      jest.advanceTimersByTime(1000);
    }
    await expect(hit(storage, 1)).resolves.toMatchObject({ isBlocked: false });
  });

  it('counts each caller and each limit apart', async () => {
    const storage = new MemoryThrottlerStorage();
    await hit(storage, 1, 'someone', 'chat');
    await expect(hit(storage, 1, 'someone else', 'chat')).resolves.toMatchObject({ isBlocked: false });
    await expect(hit(storage, 1, 'someone', 'auth')).resolves.toMatchObject({ isBlocked: false });
    await expect(hit(storage, 1, 'someone', 'chat')).resolves.toMatchObject({ isBlocked: true });
  });

  it('takes a hit back, but none from a later window', async () => {
    const storage = new MemoryThrottlerStorage();
    const first = await hit(storage, 2);
    jest.advanceTimersByTime(1);
    const second = await hit(storage, 2);
    second.takeBack();
    await Promise.resolve();
    await expect(hit(storage, 2)).resolves.toMatchObject({ totalHits: 2 });
    jest.advanceTimersByTime(WINDOW_MS);
    first.takeBack();
    await hit(storage, 2);
    second.takeBack();
    await Promise.resolve();
    await expect(hit(storage, 2)).resolves.toMatchObject({ totalHits: 2 });
  });
});
