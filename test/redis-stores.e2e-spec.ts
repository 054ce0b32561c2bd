import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Clock } from '../src/common/clock';
import type { Settings } from '../src/config/settings';
import { RequestRates } from '../src/limits/request-rates';
import { RedisThrottlerStorage } from '../src/limits/redis-throttler-storage';
import { type AttemptRule, SharedAttempts } from '../src/limits/shared-attempts';
import { SlotLeases } from '../src/limits/slot-leases';
import { Metrics } from '../src/observability/metrics';
import { RedisConnection } from '../src/redis/redis-connection';
import { until } from './support/clients';
import { TestRedis } from './support/redis';

const MINUTE_MS = 60_000;

/** A request to one of two instances; Redis may be away for it, or emptied before it. */
interface Hit {
  at: number;
  isAway: boolean;
  isForgotten?: boolean;
}

let redis: TestRedis;
const connections: RedisConnection[] = [];
beforeAll(async () => (redis = await TestRedis.start()));
afterAll(async () => {
  for (const connection of connections) await connection.onModuleDestroy();
  await redis.stop();
});

/** An instance's connection that can pretend that Redis is away, or that its answers are lost. */
class FlakyConnection extends RedisConnection {
  isAway = false;
  isDeaf = false;

  override get isUp(): boolean {
    return !this.isAway && super.isUp;
  }

  override hasFailedWithin(periodMs: number): boolean {
    return this.isAway || this.wasAway || super.hasFailedWithin(periodMs);
  }

  override async run<T>(command: Parameters<RedisConnection['run']>[0]): Promise<T> {
    if (!this.isAway) {
      const answer = await super.run(command);
      if (!this.isDeaf) return answer as T;
    }
    this.wasAway = true;
    throw new Error('away');
  }

  wasAway = false;
}

async function connect(): Promise<FlakyConnection> {
  const connection = new FlakyConnection({ redisUrl: redis.url } as Settings, new Metrics());
  connections.push(connection);
  await connection.onModuleInit();
  return connection;
}

describe('RedisThrottlerStorage', () => {
  let instances: FlakyConnection[];
  beforeAll(async () => {
    instances = [await connect(), await connect()];
  });

  /** The hits that each of two instances lets through while each may or may not reach Redis. */
  async function passed(limit: number, hits: Hit[]): Promise<[number, number]> {
    const storages = instances.map((instance) => new RedisThrottlerStorage(instance, new Metrics()));
    const key = randomUUID();
    const passed: [number, number] = [0, 0];
    for (const instance of instances) instance.wasAway = false;
    for (const { at, isAway, isForgotten } of hits) {
      if (isForgotten) await redis.command('FLUSHALL');
      const instance = instances[at]!;
      instance.isAway = isAway;
      instance.wasAway ||= isAway;
      const { isBlocked } = await storages[at]!.increment(key, MINUTE_MS, limit, MINUTE_MS, 'chat');
      instance.isAway = false;
      if (!isBlocked) passed[at as 0 | 1]++;
    }
    return passed;
  }

  const limits = fc.integer({ min: 1, max: 12 });
  const hitsWhere = (isAway: fc.Arbitrary<boolean>) =>
    fc.array(fc.record({ at: fc.integer({ min: 0, max: 1 }), isAway }), { maxLength: 60 });

  it('lets exactly the limit pass over both, whoever asks', async () => {
    await fc.assert(
      fc.asyncProperty(limits, hitsWhere(fc.constant(false)), async (limit, hits) => {
        const [a, b] = await passed(limit, hits);
        expect(a + b).toBe(Math.min(limit, hits.length));
      }),
      { numRuns: 60 },
    );
  });

  it('lets no more than the limit pass over both while Redis is away', async () => {
    await fc.assert(
      fc.asyncProperty(limits, hitsWhere(fc.constant(true)), async (limit, hits) => {
        const [a, b] = await passed(limit, hits);
        expect(a + b).toBeLessThanOrEqual(Math.max(2, limit));
      }),
      { numRuns: 60 },
    );
  });

  it('whenever Redis goes and comes, lets no more than the limit pass on each, and half more over both', async () => {
    await fc.assert(
      fc.asyncProperty(limits, hitsWhere(fc.boolean()), async (limit, hits) => {
        const [a, b] = await passed(limit, hits);
        expect(Math.max(a, b)).toBeLessThanOrEqual(limit);
        expect(a + b).toBeLessThanOrEqual(limit + Math.max(1, Math.floor(limit / 2)));
      }),
      { numRuns: 200 },
    );
  });

  it('whatever Redis forgets, lets no more than the limit pass on each', async () => {
    const chances = hitsWhere(fc.constantFrom(true, false, false, false));
    await fc.assert(
      fc.asyncProperty(limits, chances, async (limit, hits) => {
        const forgetting = hits.map(({ at, isAway }) => ({ at, isAway, isForgotten: isAway }));
        expect(Math.max(...(await passed(limit, forgetting)))).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 100 },
    );
  });

  it('tells how long a window that another instance began still lasts', async () => {
    const [one, other] = instances.map((instance) => new RedisThrottlerStorage(instance, new Metrics()));
    const key = randomUUID();
    await one!.increment(key, MINUTE_MS, 1, MINUTE_MS, 'chat');
    await redis.command(`PEXPIRE keyturn:rate:chat:${key} 7500`);
    await expect(other!.increment(key, MINUTE_MS, 1, MINUTE_MS, 'chat')).resolves.toMatchObject({
      totalHits: 2,
      limit: 1,
      isBlocked: true,
      timeToExpire: 8,
      timeToBlockExpire: 8,
    });
  });

  it('keeps what it counted where Redis comes back empty', async () => {
    const [instance] = instances;
    const storage = new RedisThrottlerStorage(instance!, new Metrics());
    const key = randomUUID();
    const hit = () => storage.increment(key, MINUTE_MS, 4, MINUTE_MS, 'chat');
    for (let i = 0; i < 3; i++) await hit();
    await redis.command('FLUSHALL');
    instance!.wasAway = true;
    await expect(hit()).resolves.toMatchObject({ totalHits: 4, isBlocked: false });
    await expect(hit()).resolves.toMatchObject({ totalHits: 5, isBlocked: true });
    expect(await redis.elements(`GET keyturn:rate:chat:${key}`)).toEqual(['5']);
  });

  /** Fills Redis, as cached answers do, until it evicts the limits' keys. */
  const crowdOut = async (key: string): Promise<void> => {
    const used = /used_memory:(\d+)/.exec((await redis.elements('INFO memory')).join('\n'))![1]!;
    await redis.command('CONFIG SET maxmemory-policy volatile-lru');
    await redis.command(`CONFIG SET maxmemory ${Number(used) + 4_000_000}`);
    try {
      await until(async () => {
        const answer = `keyturn:answer:${randomUUID()}`;
        await redis.command(`SETRANGE ${answer} 250000 x`);
        await redis.command(`EXPIRE ${answer} 600`);
        return (await redis.command(`EXISTS ${key}`)) === ':0';
      }, 30_000);
    } finally {
      await redis.command('CONFIG SET maxmemory 0');
    }
  };

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['is emptied', () => redis.command('FLUSHALL')],
    ['wants the room for something else', crowdOut],
  ])(
    'keeps what it counted where Redis %s without ever being away',
    async (_, forget) => {
      const own = [await connect(), await connect()];
      const [one, other] = own.map((instance) => new RedisThrottlerStorage(instance, new Metrics()));
      const key = randomUUID();
      const hit = (storage = one!) => storage.increment(key, MINUTE_MS, 6, MINUTE_MS, 'chat');
      for (let i = 0; i < 5; i++) await hit();
      await forget(`keyturn:rate:chat:${key}`);
      // The loss is noticed even if another instance came first.
      await hit(other);
      await expect(hit()).resolves.toMatchObject({ totalHits: 6, isBlocked: false });
      await expect(hit()).resolves.toMatchObject({ totalHits: 7, isBlocked: true });
      await expect(hit(other)).resolves.toMatchObject({ totalHits: 8, isBlocked: true });
      expect(own.map((instance) => instance.hasFailedWithin(MINUTE_MS))).toEqual([false, false]);
    },
    40_000,
  );

  it('goes by the shared count where a window ended there a moment before its own', async () => {
    const storage = new RedisThrottlerStorage(await connect(), new Metrics());
    const key = randomUUID();
    const hit = () => storage.increment(key, MINUTE_MS, 2, MINUTE_MS, 'chat');
    await hit();
    await redis.command(`PEXPIRE keyturn:rate:chat:${key} 900`);
    await hit();
    await redis.command(`DEL keyturn:rate:chat:${key}`);
    await expect(hit()).resolves.toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('goes by the shared count for those that it has no room to count by themselves', async () => {
    const storage = new RedisThrottlerStorage(instances[0]!, new Metrics());
    const hit = (key: string) => storage.increment(key, MINUTE_MS, 4, MINUTE_MS, 'crowded');
    await hit(randomUUID());
    const { own } = storage['counts'].get('crowded')!;
    Object.assign(own, { mostKeys: 1 });
    instances[0]!.isAway = true;
    const alone = [await hit(randomUUID()), await hit(randomUUID()), await hit(randomUUID())];
    instances[0]!.isAway = false;
    expect(alone.map(({ isBlocked }) => isBlocked)).toEqual([false, false, true]);
    await expect(hit(randomUUID())).resolves.toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('takes a hit back, but none from a later window', async () => {
    const [one, other] = instances.map((instance) => new RedisThrottlerStorage(instance, new Metrics()));
    const key = randomUUID();
    const shared = `keyturn:rate:chat:${key}`;
    const hit = (storage = one!) => storage.increment(key, MINUTE_MS, 4, MINUTE_MS, 'chat');
    await hit();
    (await hit()).takeBack();
    await expect(hit()).resolves.toMatchObject({ totalHits: 2 });
    await redis.command(`PEXPIRE ${shared} 50`);
    const last = await hit();
    await until(async () => (await redis.command(`EXISTS ${shared}`)) === ':0');
    const takeBack = async () => {
      last.takeBack();
      await one!['redis'].run((client) => client.ping());
      return redis.elements(`GET ${shared}`);
    };
    expect(await takeBack()).toEqual([]);
    await hit(other);
    expect(await takeBack()).toEqual(['1']);
  });
});

describe('RequestRates', () => {
  const DOORS = { agent: { perMinute: 3, perHour: 0 } };
  const limits = { requestsPerMinute: 6, requestsPerHour: 10, doors: DOORS } as unknown as Settings['limits'];

  /** The rates of two instances. */
  async function connectRates(): Promise<RequestRates[]> {
    const connections = [await connect(), await connect()];
    return connections.map(
      (connection) =>
        new RequestRates(
          new RedisThrottlerStorage(connection, new Metrics()),
          { limits } as Settings,
          new Metrics(),
          new Clock(),
        ),
    );
  }

  it('of two instances have what one window refuses use up no other', async () => {
    const rates = await connectRates();
    const user = { id: randomUUID(), role: 'user' } as const;
    const counted = async (window: string) =>
      (await redis.elements(`GET keyturn:rate:${window}:${user.id}`))[0];
    const ask = (door: 'agent' | 'chat', index: number) => rates[index % 2]!.count(door, user, undefined);
    const insist = () => Promise.all(Array.from({ length: 40 }, (_, index) => ask('agent', index)));
    // Most of the simultaneous requests briefly exceed the hour's limit, too.
    const passed = (await insist()).filter((record) => !record!.isExceeded);
    expect(passed).toHaveLength(3);
    await until(async () => (await counted('chat_hour')) === '3' && (await counted('chat')) === '3');
    for (let index = 0; index < 3; index++)
      await expect(ask('chat', index)).resolves.toMatchObject({ isExceeded: false });
    await expect(ask('chat', 0)).resolves.toMatchObject({ limit: 6, isExceeded: true });
    await until(async () => (await counted('chat_hour')) === '6');

    await redis.command(`DEL keyturn:rate:chat:${user.id} keyturn:rate:door_agent:${user.id}`);
    const later = await connectRates();
    rates.splice(0, 2, ...later);
    await insist();
    await until(async () => (await counted('chat_hour')) === '9');
  });

  it('of two instances never let more than the limit through, whatever comes at once', async () => {
    const rates = await connectRates();
    const request = fc.record({ at: fc.nat(1), door: fc.constantFrom('agent' as const, 'chat' as const) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(request, { maxLength: 20 }), { maxLength: 4 }), async (bursts) => {
        const user = { id: randomUUID(), role: 'user' } as const;
        const passed = { agent: 0, chat: 0 };
        for (const burst of bursts) {
          const count = async ({ at, door }: (typeof burst)[number]) => {
            const record = await rates[at]!.count(door, user, undefined);
            if (!record!.isExceeded) passed[door]++;
          };
          await Promise.all(burst.map(count));
        }
        expect(passed.agent).toBeLessThanOrEqual(3);
        expect(passed.agent + passed.chat).toBeLessThanOrEqual(6);
      }),
      { numRuns: 60 },
    );
  });
});

describe('RedisConnection', () => {
  const PATIENCE_MS = 100;
  const late = () => new Promise<never>(() => undefined);
  let connection: RedisConnection;
  beforeEach(async () => (connection = await connect()));

  it('takes Redis for away when two are late one after the other, not many at once', async () => {
    const lateAnswer = () => connection.run(late).catch(() => undefined);
    await Promise.all([lateAnswer(), lateAnswer(), lateAnswer()]);
    expect([connection.isUp, connection.hasFailedWithin(MINUTE_MS)]).toEqual([true, true]);
    await expect(connection.run((client) => client.ping())).resolves.toBe('PONG');
    await lateAnswer();
    expect(connection.isUp).toBe(true);
    await lateAnswer();
    expect(connection.isUp).toBe(false);
    const startedAt = performance.now();
    await expect(connection.run(late)).rejects.toThrow('away');
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    await until(() => connection.isUp);
  });
});

describe('SlotLeases', () => {
  const key = () => `streams:${randomUUID()}`;
  const slots = (name: string, command = 'ZCARD', rest = '') =>
    redis.command(`${command} keyturn:slots:${name}${rest}`);

  it('of an instance that was killed are free when they run out, 30 s after their last renewal', async () => {
    const [killed, other] = [await connect(), new SlotLeases(await connect())];
    const name = key();
    await new SlotLeases(killed).take(name, 1);
    await killed.onModuleDestroy();
    await expect(other.take(name, 1)).resolves.toBeUndefined();
    const leftMs = Number((await slots(name, 'PTTL'))!.slice(1));
    expect(leftMs).toBeGreaterThan(25_000);
    expect(leftMs).toBeLessThanOrEqual(30_000);
    const [lease] = (await redis.elements(`ZRANGE keyturn:slots:${name} 0 -1`)) as [string];
    await slots(name, 'ZADD', ` XX 1 ${lease}`);
    await expect(other.take(name, 1)).resolves.toBeDefined();
    expect(await slots(name)).toBe(':1');
  });

  it('are renewed while they are held, and not after', async () => {
    const leases = new SlotLeases(await connect());
    const [held, freed] = [key(), key()];
    await leases.take(held, 1);
    const release = (await leases.take(freed, 1))!;
    for (const name of [held, freed]) await slots(name, 'PEXPIRE', ' 5000');
    release();
    leases['renew']();
    await until(async () => Number((await slots(held, 'PTTL'))!.slice(1)) > 25_000);
    expect(await slots(freed, 'EXISTS')).toBe(':0');
  });

  it('are granted where Redis is away, and known to it when it is back', async () => {
    const connection = await connect();
    const leases = new SlotLeases(connection);
    const name = key();
    connection.isAway = true;
    const first = await leases.take(name, 1);
    const second = await leases.take(name, 1);
    expect([first, second]).toEqual([expect.any(Function), expect.any(Function)]);
    second!();
    connection.isAway = false;
    leases['renew']();
    await until(async () => (await slots(name)) === ':1');
    await expect(leases.take(name, 1)).resolves.toBeUndefined();
  });
});

describe('SharedAttempts', () => {
  const RULE: AttemptRule = { mostFailures: 3, windowMs: MINUTE_MS, lockMs: 2 * MINUTE_MS };
  let one: SharedAttempts;
  let other: SharedAttempts;
  let connection: FlakyConnection;
  let key: string;
  beforeAll(async () => {
    connection = await connect();
    one = new SharedAttempts(connection);
    other = new SharedAttempts(await connect());
  });
  beforeEach(() => (key = randomUUID()));

  const fail = async (attempts: SharedAttempts): Promise<number | undefined> => {
    const waitMs = await attempts.begin(key, RULE);
    await attempts.fail(key, RULE);
    return waitMs;
  };
  const name = () => `keyturn:attempts:${key}`;
  const failures = async () => (await redis.elements(`HMGET ${name()} failures`))[0] ?? '0';
  const underWay = async () =>
    (await redis.elements(`HKEYS ${name()}`)).filter((field) => field !== 'failures');

  it('count those under way on any instance, which may all fail', async () => {
    expect([await one.begin(key, RULE), await other.begin(key, RULE), await one.begin(key, RULE)]).toEqual([
      0, 0, 0,
    ]);
    expect(await other.begin(key, RULE)).toBe(1);
    await one.withdraw(key);
    expect(await other.begin(key, RULE)).toBe(0);
  });

  it('lock at the last failure for the whole time of a lock', async () => {
    for (const attempts of [one, other, one]) expect(await fail(attempts)).toBe(0);
    const waitMs = (await other.begin(key, RULE))!;
    expect(waitMs).toBeGreaterThan(RULE.lockMs - 5000);
    expect(waitMs).toBeLessThanOrEqual(RULE.lockMs);
    expect([await failures(), await underWay()]).toEqual(['3', []]);
  });

  it('forget failures at a success, but not who is under way', async () => {
    await fail(one);
    await other.begin(key, RULE);
    await one.begin(key, RULE);
    await one.succeed(key);
    expect([await failures(), await underWay()]).toEqual(['0', [expect.any(String)]]);
    await other.succeed(key);
    expect(await redis.command(`EXISTS keyturn:attempts:${key}`)).toBe(':0');
  });

  it('never come to less than nothing where the window ends meanwhile', async () => {
    await one.begin(key, RULE);
    await other.begin(key, RULE);
    await redis.command(`DEL keyturn:attempts:${key}`);
    await one.withdraw(key);
    await other.fail(key, RULE);
    expect([await failures(), await underWay()]).toEqual(['1', []]);
  });

  it('of which Redis did not hear the beginning count by their end alone', async () => {
    await other.begin(key, RULE);
    connection.isAway = true;
    expect(await one.begin(key, RULE)).toBeUndefined();
    expect(await one.begin(key, RULE)).toBeUndefined();
    connection.isAway = false;
    await one.withdraw(key);
    expect(await underWay()).toHaveLength(1);
    await one.fail(key, RULE);
    expect([await failures(), await underWay()]).toEqual(['1', [expect.any(String)]]);
  });

  it('whose beginning was heard, but not its answer, count no longer than an attempt may take', async () => {
    connection.isDeaf = true;
    for (let i = 0; i < 3; i++) expect(await one.begin(key, RULE)).toBeUndefined();
    connection.isDeaf = false;
    expect(await other.begin(key, RULE)).toBe(1);
    const [unheard, ...rest] = await underWay();
    const [givenUpAtMs] = await redis.elements(`HMGET ${name()} ${unheard}`);
    expect(Number(givenUpAtMs) - Date.now()).toBeLessThanOrEqual(60_000);
    for (const attempt of [unheard, ...rest]) await redis.command(`HSET ${name()} ${attempt} 1`);
    expect(await other.begin(key, RULE)).toBe(0);
    expect(await underWay()).toHaveLength(1);
    // The attempt counts once, however late its end is reported.
    await one.fail(key, RULE);
    await other.withdraw(key);
    expect([await failures(), await underWay()]).toEqual(['1', []]);
  });

  it('find an account locked where Redis has forgotten that', async () => {
    const third = new SharedAttempts(await connect());
    for (const attempts of [one, other, one]) await fail(attempts);
    await third.begin(key, RULE);
    await redis.command('FLUSHALL');
    for (const attempts of [one, third]) {
      const waitMs = (await attempts.begin(key, RULE))!;
      expect(waitMs).toBeGreaterThan(RULE.lockMs - 5000);
      expect(waitMs).toBeLessThanOrEqual(RULE.lockMs);
    }
  });

  it('never let more failures through than the most, however they are told apart', async () => {
    const acts = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 1 }), end: fc.constantFrom('fail', 'withdraw') }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(acts, async (attempts) => {
        key = randomUUID();
        let failures = 0;
        await Promise.all(
          attempts.map(async ({ at, end }) => {
            const instance = [one, other][at]!;
            if ((await instance.begin(key, RULE)) !== 0) return;
            if (end === 'withdraw') return instance.withdraw(key);
            failures++;
            return instance.fail(key, RULE);
          }),
        );
        expect(failures).toBeLessThanOrEqual(RULE.mostFailures);
      }),
      { numRuns: 60 },
    );
  });
});
