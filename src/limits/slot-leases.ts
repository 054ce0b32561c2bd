import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RedisConnection } from '../redis/redis-connection';

const LIFE_MS = 30_000;
const RENEWAL_MS = 10_000;
/** Keys renewed in one go: so many are answered well within the time that a command has. */
const RENEWED_AT_ONCE = 200;

/** Redis tells the time, so that instances agree on it. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** KEYS: whose; ARGV: life, most, lease. What has run out makes room first. */
const TAKE = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** KEYS: whose. */
const COUNT = `${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')`;

/** KEYS: whose; ARGV: life, leases. One that Redis has lost is there again: what it stands for is open. */
const RENEW = `${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

/**
 * Slots that are taken on all instances: each is a lease in Redis, renewed while it is held, so that those of an instance
 * that was killed are free after 30 s. Where Redis is away leases are granted: whoever asks has a bound of its own.
 */
@Injectable()
export class SlotLeases implements OnModuleDestroy {
  private readonly held = new Map<string, Set<string>>();
  private renewal: NodeJS.Timeout | undefined;

  constructor(private readonly redis: RedisConnection) {
    redis.onUp(() => this.renew());
  }

  /** Without it a slot is the instance's own affair. */
  get areShared(): boolean {
    return this.redis.isConfigured;
  }

  /**
   * @returns gives the slot back; undefined where all are taken
   */
  async take(key: string, most: number): Promise<(() => void) | undefined> {
    const lease = randomUUID();
    const options = { keys: [nameOf(key)], arguments: [String(LIFE_MS), String(most), lease] };
    const isTaken = await this.redis.run((client) => client.eval(TAKE, options)).catch(() => undefined);
    if (isTaken === 0) return undefined;
    this.hold(key, lease);
    return () => this.release(key, lease);
  }

  /** How many are taken, on all instances; 0 where Redis is away. */
  async count(key: string): Promise<number> {
    const options = { keys: [nameOf(key)] };
    return Number(await this.redis.run((client) => client.eval(COUNT, options)).catch(() => 0));
  }

  onModuleDestroy(): void {
    clearInterval(this.renewal);
  }

  private hold(key: string, lease: string): void {
    const leases = this.held.get(key);
    if (leases === undefined) this.held.set(key, new Set([lease]));
    else leases.add(lease);
    this.renewal ??= setInterval(() => this.renew(), RENEWAL_MS).unref();
  }

  private release(key: string, lease: string): void {
    const leases = this.held.get(key);
    leases?.delete(lease);
    if (leases?.size === 0) this.held.delete(key);
    // Where Redis is away the lease runs out by itself.
    this.redis.run((client) => client.zRem(nameOf(key), lease)).catch(() => undefined);
  }

  private renew(): void {
    void this.renewAll().catch(() => undefined);
  }

  private async renewAll(): Promise<void> {
    const keys = [...this.held.keys()];
    for (let from = 0; from < keys.length; from += RENEWED_AT_ONCE) {
      const some = keys.slice(from, from + RENEWED_AT_ONCE);
      await this.redis.run((client) =>
        Promise.all(
          some.flatMap((key) => {
            // Read now: what was given back meanwhile is not to come back.
            const leases = this.held.get(key);
            if (leases === undefined) return [];
            return [client.eval(RENEW, { keys: [nameOf(key)], arguments: [String(LIFE_MS), ...leases] })];
          }),
        ),
      );
    }
  }
}

const nameOf = (key: string): string => `keyturn:slots:${key}`;
