import type { ThrottlerStorage } from '@nestjs/throttler';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Where a key stands in a window, this hit counted; times in whole seconds, as they stand in headers. */
export interface HitRecord extends ThrottlerRecord {
  /** What the hits were held against, which may be less than what was asked. */
  limit: number;
  /** Has the hit not counted, for another window refused it. Waits for nothing, and never takes from a later window. */
  takeBack(): void;
}

/** Counts hits in fixed windows, which begin with a key's first hit. */
export interface RateStorage extends ThrottlerStorage {
  /** @param ttl length of the window, in milliseconds */
  increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<HitRecord>;
  /** Where a key stands, without a hit; undefined where its window has not begun. */
  peek(key: string, ttl: number, limit: number, throttlerName: string): Promise<HitCount | undefined>;
}

export interface HitCount {
  hits: number;
  /** Until the window ends. */
  msLeft: number;
}

export function toHitRecord(
  totalHits: number,
  msLeft: number,
  limit: number,
  takeBack: () => void,
): HitRecord {
  const isBlocked = totalHits > limit;
  const secondsLeft = Math.max(1, Math.ceil(msLeft / 1000));
  return {
    totalHits,
    timeToExpire: secondsLeft,
    isBlocked,
    timeToBlockExpire: isBlocked ? secondsLeft : 0,
    limit,
    takeBack,
  };
}
