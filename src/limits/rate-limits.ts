import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { ThrottlerModuleOptions, ThrottlerOptions } from '@nestjs/throttler';
import type { Settings } from '../config/settings';
import { MemoryThrottlerStorage } from './memory-throttler-storage';

/** `chat`: a user's chat requests, or those of an address without a token. `auth`: sign-ins and sign-ups of an address. */
export type RateLimitName = 'chat' | 'auth';

/** Where a route says by which limit it is bound. */
export const RATE_LIMIT_NAME = 'rateLimitName';

const WINDOW_MS = 60_000;

export function rateLimits({ limits }: Settings): ThrottlerModuleOptions {
  return {
    storage: new MemoryThrottlerStorage(),
    throttlers: [
      perMinute(
        'chat',
        limits.requestsPerMinute,
        (context) => rateLimitOf(context) === 'chat' && isSignedIn(context),
      ),
      perMinute(
        'anonymous',
        limits.anonymousRequestsPerMinute,
        (context) => rateLimitOf(context) === 'chat' && !isSignedIn(context),
      ),
      perMinute('auth', limits.authAttemptsPerMinute, (context) => rateLimitOf(context) === 'auth'),
    ],
  };
}

/** The throttler package applies every limit to every route; here each binds only the routes that name it. */
function perMinute(
  name: string,
  limit: number,
  binds: (context: ExecutionContext) => boolean,
): ThrottlerOptions {
  return { name, limit, ttl: WINDOW_MS, skipIf: (context) => limit === 0 || !binds(context) };
}

const isSignedIn = (context: ExecutionContext): boolean =>
  context.switchToHttp().getRequest<Request>().user !== undefined;

function rateLimitOf(context: ExecutionContext): unknown {
  return (
    Reflect.getMetadata(RATE_LIMIT_NAME, context.getHandler()) ??
    Reflect.getMetadata(RATE_LIMIT_NAME, context.getClass())
  );
}
