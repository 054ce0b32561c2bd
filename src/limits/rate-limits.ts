import type { ThrottlerModuleOptions } from '@nestjs/throttler';
import type { Request } from 'express';
import type { Door } from '../config/limit-variables';
import type { Metrics } from '../observability/metrics';
import type { RedisConnection } from '../redis/redis-connection';
import { MemoryThrottlerStorage } from './memory-throttler-storage';
import { RedisThrottlerStorage } from './redis-throttler-storage';

/** What a request is counted as: one at a door to the models, or a sign-in or sign-up (`auth`). */
export type RateLimitName = Door | 'auth';

/** One where the route alone does not tell. */
export type RateLimitOf = RateLimitName | ((request: Request) => RateLimitName);

/** Where a route says what its requests are counted as. */
export const RATE_LIMIT_NAME = 'rateLimitName';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** How much each window holds, `RateWindows` knows; the package is given where they are counted. */
export function rateLimits(redis: RedisConnection, metrics: Metrics): ThrottlerModuleOptions {
  const storage = redis.isConfigured
    ? new RedisThrottlerStorage(redis, metrics)
    : new MemoryThrottlerStorage();
  return { storage, throttlers: [{ limit: 0, ttl: MINUTE_MS }] };
}
