import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage } from '@nestjs/throttler';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { addressKey } from './address-key';
import { isExempt, type LimitedUser } from './limited-user';
import { MINUTE_MS, type RateLimitName } from './rate-limits';
import type { HitRecord, RateStorage } from './rate-storage';
import { type RateWindow, RateWindows } from './rate-windows';

/** Where a caller stands in the tightest of its windows, this request counted. */
export interface RateRecord {
  limit: number;
  remaining: number;
  /** Until the window ends. */
  resetSeconds: number;
  /** When to come again. SDKs wait for less than a minute only, and spend a try at once where more is asked for. */
  retryAfterSeconds: number;
  isExceeded: boolean;
}

/** Where a user stands in one of the windows. */
export interface RateStanding {
  limit: number;
  durationMs: number;
  used: number;
  /** null: it has not begun. */
  resetsAt: Date | null;
}

/** Counts requests against their limits: a user's where one is known, else an address's. */
@Injectable()
export class RequestRates {
  private readonly windows: RateWindows;

  constructor(
    @InjectThrottlerStorage() private readonly storage: RateStorage,
    settings: Settings,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.windows = new RateWindows(settings.limits);
  }

  /** @returns undefined where nothing limits the caller */
  async count(
    name: RateLimitName,
    user: LimitedUser | undefined,
    address: string | undefined,
  ): Promise<RateRecord | undefined> {
    if (user !== undefined && isExempt(user)) return undefined;
    const windows = this.windows.of(name, user !== undefined);
    if (windows.length === 0) return undefined;
    const key = user === undefined ? addressKey(address) : user.id;
    if (windows.length === 1) return this.record(windows[0]!, key, await this.hit(windows[0]!, key));
    // All are sent before one is awaited: to a shared store it is one way there and back.
    const hits = await Promise.all(windows.map((window) => this.hit(window, key)));
    const tightest = hits.map((hit, index) => this.record(windows[index]!, key, hit)).reduce(tighter);
    if (tightest.isExceeded) takeBackRefused(hits);
    return tightest;
  }

  /**
   * Counts a request of a socket, which is no HTTP request of its own.
   * @throws AppError rate_limited
   */
  async countPrompt(user: LimitedUser | undefined, address: string): Promise<void> {
    const record = await this.count('socket', user, address);
    if (record?.isExceeded) throw rateLimited(record);
  }

  /** A user's standing in the windows over all doors. Reading it counts nothing. Empty if the user has no limits. */
  async peek(user: LimitedUser): Promise<RateStanding[]> {
    const windows = isExempt(user) ? [] : this.windows.overAllDoors;
    return Promise.all(
      windows.map(async ({ name, limit, durationMs }) => {
        const count = await this.storage.peek(user.id, durationMs, limit, name);
        const resetsAt = count === undefined ? null : new Date(this.clock.now().getTime() + count.msLeft);
        return { limit, durationMs, used: count?.hits ?? 0, resetsAt };
      }),
    );
  }

  /** Never rejects: a store that fails has its insurance. */
  private hit({ name, limit, durationMs }: RateWindow, key: string): Promise<HitRecord> {
    return this.storage.increment(key, durationMs, limit, durationMs, name);
  }

  private record({ name, durationMs }: RateWindow, key: string, hit: HitRecord): RateRecord {
    if (hit.isBlocked) this.metrics.countRefusal(name, key);
    return {
      limit: hit.limit,
      remaining: Math.max(0, hit.limit - hit.totalHits),
      resetSeconds: hit.timeToExpire,
      retryAfterSeconds: durationMs > MINUTE_MS ? hit.timeToExpire : Math.min(59, hit.timeToExpire),
      isExceeded: hit.isBlocked,
    };
  }
}

/**
 * What one window refuses is not to use up the others: whoever asks again too soon would turn a minute's refusal into an
 * hour's. Where a single one refuses it stays there and changes nothing. Several may do so only because many came at once.
 */
function takeBackRefused(hits: HitRecord[]): void {
  const isRefusedByOne = hits.filter(({ isBlocked }) => isBlocked).length === 1;
  for (const hit of hits) if (!(isRefusedByOne && hit.isBlocked)) hit.takeBack();
}

/** A window that refuses, and of those the one that does so longest; else the one with least left. */
function tighter(one: RateRecord, other: RateRecord): RateRecord {
  if (one.isExceeded !== other.isExceeded) return one.isExceeded ? one : other;
  if (one.isExceeded) return other.resetSeconds > one.resetSeconds ? other : one;
  return other.remaining < one.remaining ? other : one;
}

export const rateLimited = ({ retryAfterSeconds }: RateRecord): AppError =>
  new AppError('rate_limited', 'Too many requests. Try again later.', { retryAfterSeconds });
