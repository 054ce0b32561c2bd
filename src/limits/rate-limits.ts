import type { ThrottlerModuleOptions } from '@nestjs/throttler';
import { MemoryThrottlerStorage } from './memory-throttler-storage';

/** `chat`: a user's chat requests, or those of an address without a token. `auth`: sign-ins and sign-ups of an address. */
export type RateLimitName = 'chat' | 'auth';

/** Where a route says by which limit it is bound. */
export const RATE_LIMIT_NAME = 'rateLimitName';

export const WINDOW_MS = 60_000;

/** How much each window holds, `RequestRates` knows; the package is given where they are counted. */
export function rateLimits(): ThrottlerModuleOptions {
  return { storage: new MemoryThrottlerStorage(), throttlers: [{ limit: 0, ttl: WINDOW_MS }] };
}
