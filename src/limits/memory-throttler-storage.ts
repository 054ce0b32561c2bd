import type { ThrottlerStorage } from '@nestjs/throttler';
import { RateLimiterMemory } from 'rate-limiter-flexible';

type HitRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts hits in fixed windows, in this process's memory; a window is forgotten when it ends. */
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly limiters = new Map<string, RateLimiterMemory>();

  /**
   * @param ttl length of the window, in milliseconds
   * @returns times in whole seconds, as they stand in headers
   */
  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<HitRecord> {
    const { consumedPoints, msBeforeNext } = await this.limiterOf(throttlerName, ttl, limit).penalty(key);
    const isBlocked = consumedPoints > limit;
    const secondsLeft = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return {
      totalHits: consumedPoints,
      timeToExpire: secondsLeft,
      isBlocked,
      timeToBlockExpire: isBlocked ? secondsLeft : 0,
    };
  }

  private limiterOf(name: string, windowMs: number, limit: number): RateLimiterMemory {
    const known = this.limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new RateLimiterMemory({ keyPrefix: name, points: limit, duration: windowMs / 1000 });
    this.limiters.set(name, limiter);
    return limiter;
  }
}
