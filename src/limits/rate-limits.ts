import type { ExecutionContext } from '@nestjs/common';
import type { ThrottlerModuleOptions, ThrottlerOptions } from '@nestjs/throttler';
import type { Settings } from '../config/settings';
import { MemoryThrottlerStorage } from './memory-throttler-storage';

/** `chat`: a user's chat requests. `auth`: sign-ins and sign-ups of an address. */
export type RateLimitName = 'chat' | 'auth';

/** Where a route says by which limit it is bound. */
export const RATE_LIMIT_NAME = 'rateLimitName';

const WINDOW_MS = 60_000;

export function rateLimits({ limits }: Settings): ThrottlerModuleOptions {
  return {
    storage: new MemoryThrottlerStorage(),
    throttlers: [
      perMinute('chat', limits.requestsPerMinute),
      perMinute('auth', limits.authAttemptsPerMinute),
    ],
  };
}

/** The throttler package applies every limit to every route; here each binds only the routes that name it. */
function perMinute(name: RateLimitName, limit: number): ThrottlerOptions {
  return { name, limit, ttl: WINDOW_MS, skipIf: (context) => limit === 0 || rateLimitOf(context) !== name };
}

function rateLimitOf(context: ExecutionContext): unknown {
  return (
    Reflect.getMetadata(RATE_LIMIT_NAME, context.getHandler()) ??
    Reflect.getMetadata(RATE_LIMIT_NAME, context.getClass())
  );
}
