import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Metrics } from '../observability/metrics';
import type { RedisConnection } from '../redis/redis-connection';
import { type OwnCount, OwnCounts } from './own-counts';
import { type HitCount, type HitRecord, type RateStorage, toHitRecord } from './rate-storage';

/** A window's counts: those of all instances, and beside them this one's own. */
interface Counts {
  shared: RateLimiterRedis;
  own: OwnCounts;
}

interface EvalOptions {
  keys: string[];
  arguments: string[];
}

/** Windows on two machines never end at quite the same moment: an own one that has more to go than this did not end. */
const CLEARLY_LEFT_MS = 1000;

/** Makes a count at least so high, where it is still kept. */
const RAISE = `
local missing = tonumber(ARGV[1]) - tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
if missing > 0 then redis.call('INCRBY', KEYS[1], missing) end
return missing`;

/** ARGV: what was left of the window when it was hit. More is left only when it is another, which keeps its hits. */
const TAKE_BACK = `
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[1]) then return redis.call('DECR', KEYS[1]) end`;

/**
 * Counts hits over all instances in Redis. Every hit is counted in memory as well; while Redis is away that count alone is
 * held against half the limit, so that what was let through before counts, and instances that know nothing of each other
 * let through less than they would together. The package's own insurance begins to count when Redis is gone.
 */
export class RedisThrottlerStorage implements RateStorage {
  private readonly counts = new Map<string, Counts>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly metrics: Metrics,
  ) {}

  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<HitRecord> {
    const { shared, own } = this.countsOf(throttlerName, ttl, limit);
    const nowMs = performance.now();
    const ownCount = own.hit(key, nowMs);
    const ownHits = ownCount.hits;
    const all = this.redis.isUp ? await shared.penalty(key).catch(() => undefined) : undefined;
    if (all === undefined) {
      this.metrics.countInsured(throttlerName);
      const most = Math.max(1, Math.floor(limit / 2));
      return toHitRecord(ownHits, ownCount.endsAtMs - nowMs, most, () => void ownCount.hits--);
    }
    const sharedKey = shared.getKey(key);
    const isLost = ownHits > all.consumedPoints && this.mayHaveLost(ownCount, ttl);
    // Both windows are to end together, whichever instance began the shared one.
    if (!ownCount.isOfCrowd) ownCount.endsAtMs = Math.min(ownCount.endsAtMs, nowMs + all.msBeforeNext);
    if (isLost) this.tell(RAISE, sharedKey, ownHits);
    return toHitRecord(isLost ? ownHits : all.consumedPoints, all.msBeforeNext, limit, () => {
      ownCount.hits--;
      this.tell(TAKE_BACK, sharedKey, all.msBeforeNext);
    });
  }

  async peek(key: string, ttl: number, limit: number, throttlerName: string): Promise<HitCount | undefined> {
    const { shared, own } = this.countsOf(throttlerName, ttl, limit);
    const nowMs = performance.now();
    const ownCount = own.find(key, nowMs);
    const sharedKey = shared.getKey(key);
    const all = await this.redis
      .run((client) => Promise.all([client.get(sharedKey), client.pTTL(sharedKey)]))
      .catch(() => undefined);
    const [sharedHits, msLeft] = [Number(all?.[0] ?? 0), all?.[1] ?? 0];
    if (ownCount === undefined && (sharedHits === 0 || msLeft <= 0)) return undefined;
    return {
      hits: Math.max(sharedHits, ownCount?.hits ?? 0),
      msLeft: msLeft > 0 ? msLeft : ownCount!.endsAtMs - nowMs,
    };
  }

  /**
   * Whether Redis may know less of a key's hits than is counted here: it was away; or the window has clearly not ended and
   * is gone from Redis all the same: emptied, failed over, short of memory. Of a crowd's hits not all are the key's.
   */
  private mayHaveLost({ endsAtMs, isOfCrowd }: OwnCount, windowMs: number): boolean {
    if (isOfCrowd) return false;
    return endsAtMs - performance.now() > CLEARLY_LEFT_MS || this.redis.hasFailedWithin(windowMs);
  }

  /** Nothing waits for it; it is done before any later hit from here is counted. */
  private tell(script: string, sharedKey: string, value: number): void {
    const options = { keys: [sharedKey], arguments: [String(value)] };
    this.redis.run((client) => client.eval(script, options)).catch(() => undefined);
  }

  private countsOf(name: string, windowMs: number, limit: number): Counts {
    const known = this.counts.get(name);
    if (known !== undefined) return known;
    const { redis } = this;
    const counts = {
      shared: new RateLimiterRedis({
        // All that the package calls to count a hit. It has each wait no longer than the connection does.
        storeClient: {
          eval: (script: string, options: EvalOptions) => redis.run((client) => client.eval(script, options)),
        },
        useRedisPackage: true,
        keyPrefix: `keyturn:rate:${name}`,
        points: limit,
        duration: windowMs / 1000,
      }),
      own: new OwnCounts(windowMs),
    };
    this.counts.set(name, counts);
    return counts;
  }
}
