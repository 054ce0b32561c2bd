import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage, normalizeIp, type ThrottlerStorage } from '@nestjs/throttler';
import { AppError } from '../common/app-error';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { isExempt, type LimitedUser } from './limited-user';
import { type RateLimitName, WINDOW_MS } from './rate-limits';

/** Where a caller stands in a window, this request counted. */
export interface RateRecord {
  limit: number;
  remaining: number;
  /** Until the window ends. */
  resetSeconds: number;
  isExceeded: boolean;
}

/** Counts requests against their limits: a user's where one is known, else an address's. */
@Injectable()
export class RequestRates {
  constructor(
    @InjectThrottlerStorage() private readonly storage: ThrottlerStorage,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  /** @returns undefined where nothing limits the caller */
  async count(
    name: RateLimitName,
    user: LimitedUser | undefined,
    address: string | undefined,
  ): Promise<RateRecord | undefined> {
    if (user !== undefined && isExempt(user)) return undefined;
    // Whoever has no token has windows of its own.
    const window = name === 'chat' && user === undefined ? 'anonymous' : name;
    const limit = this.limitOf(window);
    if (limit === 0) return undefined;
    const key = user === undefined ? normalizeIp(address ?? '') : user.id;
    const hit = await this.storage.increment(key, WINDOW_MS, limit, WINDOW_MS, window);
    if (hit.isBlocked) this.metrics.countRefusal(window);
    return {
      limit,
      remaining: Math.max(0, limit - hit.totalHits),
      resetSeconds: hit.timeToExpire,
      isExceeded: hit.isBlocked,
    };
  }

  /**
   * Counts a chat request that is no HTTP request of its own.
   * @throws AppError rate_limited
   */
  async countChat(user: LimitedUser | undefined, address: string): Promise<void> {
    const record = await this.count('chat', user, address);
    if (record?.isExceeded) throw rateLimited(record);
  }

  private limitOf(window: RateLimitName | 'anonymous'): number {
    const { requestsPerMinute, anonymousRequestsPerMinute, authAttemptsPerMinute } = this.settings.limits;
    return { chat: requestsPerMinute, anonymous: anonymousRequestsPerMinute, auth: authAttemptsPerMinute }[
      window
    ];
  }
}

export const rateLimited = ({ resetSeconds }: RateRecord): AppError =>
  new AppError('rate_limited', 'Too many requests. Try again later.', { retryAfterSeconds: resetSeconds });
