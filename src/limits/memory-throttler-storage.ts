import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type HitCount, type HitRecord, type RateStorage, toHitRecord } from './rate-storage';

/** Counts hits in this process's memory; a window is forgotten when it ends. */
export class MemoryThrottlerStorage implements RateStorage {
  private readonly limiters = new Map<string, RateLimiterMemory>();

  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<HitRecord> {
    const limiter = this.limiterOf(throttlerName, ttl, limit);
    const { consumedPoints, msBeforeNext } = await limiter.penalty(key);
    return toHitRecord(
      consumedPoints,
      msBeforeNext,
      limit,
      () => void this.takeBack(limiter, key, msBeforeNext),
    );
  }

  async peek(key: string, ttl: number, limit: number, throttlerName: string): Promise<HitCount | undefined> {
    const count = await this.limiterOf(throttlerName, ttl, limit).get(key);
    return count === null ? undefined : { hits: count.consumedPoints, msLeft: count.msBeforeNext };
  }

  private async takeBack(limiter: RateLimiterMemory, key: string, msLeftThen: number): Promise<void> {
    const count = await limiter.get(key);
    // More is left of a window only when it is another.
    if (count !== null && count.msBeforeNext > 0 && count.msBeforeNext <= msLeftThen)
      await limiter.reward(key);
  }

  private limiterOf(name: string, windowMs: number, limit: number): RateLimiterMemory {
    const known = this.limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new RateLimiterMemory({ keyPrefix: name, points: limit, duration: windowMs / 1000 });
    this.limiters.set(name, limiter);
    return limiter;
  }
}
