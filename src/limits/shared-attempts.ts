import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { RedisClient } from '../redis/redis-client';
import { RedisConnection } from '../redis/redis-connection';
import { KnownLocks } from './known-locks';

/** So many failures within the window lock a key; the lock's time is counted from the last of them. */
export interface AttemptRule {
  readonly mostFailures: number;
  readonly windowMs: number;
  readonly lockMs: number;
}

/**
 * An attempt whose end Redis does not hear of (its instance was killed, the answer to its beginning came too late) counts
 * for so long, not for the whole window; looking at a password takes seconds at the most.
 */
const ATTEMPT_LIFE_MS = 60_000;

/**
 * A key is a hash: `failures`, and beside it each attempt under way, which may still become one, with when it is given up.
 * ARGV: attempt, most, window, life. @returns what to wait, in ms
 */
const BEGIN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local failures, under_way = 0, 0
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local value = tonumber(fields[i + 1])
  if fields[i] == 'failures' then failures = value
  elseif value > now then under_way = under_way + 1
  else redis.call('HDEL', KEYS[1], fields[i]) end
end
if failures >= tonumber(ARGV[2]) then return math.max(2, redis.call('PTTL', KEYS[1])) end
if failures + under_way >= tonumber(ARGV[2]) then return 1 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + ARGV[4]))
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 0`;
const OTHERS_UNDER_WAY = 1;

/** ARGV: attempt, most, window, lock. @returns failures */
const FAIL = `
redis.call('HDEL', KEYS[1], ARGV[1])
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if failures == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return failures`;

/**
 * Failures over all instances. An attempt is counted as one when it begins, and taken back if it turns out otherwise.
 * Redis being away is never an error here.
 */
@Injectable()
export class SharedAttempts {
  /** Attempts under way whose beginning Redis knows. */
  private readonly begun = new Map<string, string[]>();
  private readonly locks = new KnownLocks();

  constructor(private readonly redis: RedisConnection) {}

  get areShared(): boolean {
    return this.redis.isConfigured;
  }

  /** Whether failures may be missing that a lock would still go by. */
  mayHaveMissed({ windowMs, lockMs }: AttemptRule): boolean {
    return this.redis.hasFailedWithin(windowMs + lockMs);
  }

  /** @returns how long to wait, 0: it has begun; undefined where Redis does not say */
  async begin(key: string, { mostFailures, windowMs }: AttemptRule): Promise<number | undefined> {
    const lockedMs = this.locks.msLeft(key);
    if (lockedMs > 0) return lockedMs;
    const attempt = randomUUID();
    const values = [attempt, mostFailures, windowMs, ATTEMPT_LIFE_MS];
    const waitMs = await this.ask((client) => client.eval(BEGIN, toOptions(key, values)));
    if (waitMs === 0) this.begun.set(key, [...(this.begun.get(key) ?? []), attempt]);
    else if (waitMs !== undefined && waitMs > OTHERS_UNDER_WAY) this.locks.add(key, waitMs);
    return waitMs;
  }

  async fail(key: string, { mostFailures, windowMs, lockMs }: AttemptRule): Promise<void> {
    const values = [this.end(key) ?? '', mostFailures, windowMs, lockMs];
    const failures = await this.ask((client) => client.eval(FAIL, toOptions(key, values)));
    if (failures === mostFailures) this.locks.add(key, lockMs);
  }

  /** Forgets the failures; other attempts under way stay counted. */
  async succeed(key: string): Promise<void> {
    const attempt = this.end(key) ?? '';
    await this.ask((client) => client.hDel(nameOf(key), [attempt, 'failures']));
  }

  async withdraw(key: string): Promise<void> {
    const attempt = this.end(key);
    if (attempt !== undefined) await this.ask((client) => client.hDel(nameOf(key), attempt));
  }

  /** Any of them: they are alike. @returns undefined where none was under way that Redis knows of */
  private end(key: string): string | undefined {
    const begun = this.begun.get(key);
    const attempt = begun?.pop();
    if (begun?.length === 0) this.begun.delete(key);
    return attempt;
  }

  private async ask(command: (client: RedisClient) => Promise<unknown>): Promise<number | undefined> {
    return this.redis.run(command).then(Number, () => undefined);
  }
}

const nameOf = (key: string): string => `keyturn:attempts:${key}`;

const toOptions = (key: string, values: (string | number)[]) => ({
  keys: [nameOf(key)],
  arguments: values.map(String),
});
