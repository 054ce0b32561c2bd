import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createTestApp, type TestApp } from './support/app';
import { api, openStream, signUp, until } from './support/clients';
import { freePort } from './support/free-port';
import { TestRedis } from './support/redis';
import { SlowProxy } from './support/slow-proxy';

const LIMIT = 40;
const LONGEST_WAIT_MS = 300;
/** The duration of one late answer. */
const A_WAIT_MS = 100;

// Instances look for Redis once a second, and clients reconnect within two seconds.
jest.setTimeout(30_000);

/** Refused by validation: counts as a request, and costs no model call. */
const ask = (url: string, token: string) => api(url, token).post('/api/chat', {});

const metricsOf = async ({ url }: TestApp): Promise<string> => (await fetch(`${url}/metrics`)).text();

async function untilRedisIs(state: 0 | 1, apps: TestApp[]): Promise<void> {
  for (const app of apps) {
    await until(async () => (await metricsOf(app)).includes(`\nkeyturn_redis_up ${state}\n`));
  }
}

/** Users who send requests to both instances without a pause. */
class Load {
  /** The number of requests that each instance let through. */
  readonly passed = [0, 0];
  sent = 0;
  private readonly timesMs: number[] = [];
  private isOver = false;
  private readonly delays = monitorEventLoopDelay({ resolution: 5 });
  private readonly work: Promise<unknown>;

  constructor(apps: TestApp[], token: string) {
    this.delays.enable();
    this.work = Promise.all([0, 1, 2, 3, 4, 5].map((index) => this.askOn(apps, index % 2, token)));
  }

  /** Waits for this many more answers. */
  async goesOn(count: number): Promise<void> {
    const end = this.sent + count;
    await until(() => this.sent >= end);
  }

  /** @returns answer times: the longest, minus the machine's own delay, and the usual one */
  async end(): Promise<{ longestMs: number; usualMs: number }> {
    this.isOver = true;
    await this.work;
    this.delays.disable();
    const timesMs = this.timesMs.sort((a, b) => a - b);
    const usualMs = timesMs[Math.floor(timesMs.length / 2)]!;
    return { longestMs: timesMs.at(-1)! - this.delays.max / 1e6, usualMs };
  }

  private async askOn(apps: TestApp[], instance: number, token: string): Promise<void> {
    while (!this.isOver) {
      const startedAt = performance.now();
      const { status } = await ask(apps[instance]!.url, token);
      this.timesMs.push(performance.now() - startedAt);
      this.sent++;
      if (status !== 429) this.passed[instance]!++;
    }
  }
}

/** The usual answer time on this machine while Redis is up, under the same load as later. */
async function usualWith(apps: TestApp[]): Promise<number> {
  const { token } = await signUp(apps[0]!.url);
  const loads = [new Load(apps, token), new Load(apps, token)];
  for (const load of loads) await load.goesOn(50);
  return Math.max(...(await Promise.all(loads.map((load) => load.end()))).map(({ usualMs }) => usualMs));
}

describe('Limits in a Redis that goes away', () => {
  let redis: TestRedis;
  let proxy: SlowProxy;
  let apps: TestApp[];
  const startApps = async (redisPort: number): Promise<void> => {
    const environment = {
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      RATE_LIMIT_PER_MINUTE: String(LIMIT),
      MAX_STREAMS_PER_USER: '2',
    };
    const one = await createTestApp(environment);
    apps = [one, await createTestApp(environment, { database: one.database })];
    await signUp(one.url);
  };
  beforeEach(async () => {
    redis = await TestRedis.start();
    proxy = await SlowProxy.start(redis.port);
  });
  afterEach(async () => {
    for (const app of apps.toReversed()) await app.stop();
    await proxy.stop();
    await redis.stop();
  });

  const away: [string, () => unknown, () => unknown, () => number][] = [
    ['is stopped', () => redis.shutDown(), () => redis.resume(), () => redis.port],
    ['is killed', () => redis.kill(), () => redis.resume(), () => redis.port],
    ['hangs', () => redis.freeze(), () => redis.thaw(), () => redis.port],
    // Longer than any request may wait, and shorter than most timeouts.
    ['is slow', () => (proxy.delayMs = 200), () => (proxy.delayMs = 0), () => proxy.port],
  ];

  describe.each(away)('for it %s', (_, goAway, comeBack, portOf) => {
    beforeEach(() => startApps(portOf()));

    it('cost no request a wait, and still bound each instance', async () => {
      const [early, late] = [await signUp(apps[0]!.url), await signUp(apps[0]!.url)];
      // Signs the user in on both instances, so that no database look-up is measured.
      for (const { url } of apps) await ask(url, late.token);
      const usualMs = await usualWith(apps);
      const load = new Load(apps, early.token);
      await load.goesOn(12);
      await goAway();
      await load.goesOn(100);
      await untilRedisIs(0, apps);
      const lateLoad = new Load(apps, late.token);
      await lateLoad.goesOn(200);
      // Once Redis is known to be down, no request waits for it.
      expect((await lateLoad.end()).usualMs).toBeLessThan(usualMs + A_WAIT_MS);
      await comeBack();
      await untilRedisIs(1, apps);
      await load.goesOn(100);
      expect((await load.end()).longestMs).toBeLessThanOrEqual(LONGEST_WAIT_MS);

      // One request on each instance had passed before.
      expect(lateLoad.passed).toEqual([LIMIT / 2 - 1, LIMIT / 2 - 1]);
      for (const passed of load.passed) expect(passed).toBeLessThanOrEqual(LIMIT);
      for (const app of apps) {
        expect(await metricsOf(app)).toMatch(/keyturn_limits_insured_total\{limit="chat"\} \d+/);
      }
      // Of the apps in one process, the last one holds the log of all of them.
      expect(apps[1]!.log().match(/"redis_away"/g)).toHaveLength(2);
      expect(apps[1]!.log().match(/"redis_back"/g)).toHaveLength(2);

      const { token } = await signUp(apps[0]!.url);
      const answers = await Promise.all(
        Array.from({ length: 2 * LIMIT }, (_, index) => ask(apps[index % 2]!.url, token)),
      );
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(LIMIT);
    });
  });

  it('know the streams that were open all along when it comes back empty', async () => {
    await startApps(redis.port);
    const { token } = await signUp(apps[0]!.url);
    const open = ({ url }: TestApp) =>
      openStream(url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const streams = [await open(apps[0]!), await open(apps[1]!)];
    await redis.kill();
    await untilRedisIs(0, apps);
    // An instance that is cut off counts only its own streams.
    const third = await open(apps[0]!);
    expect([third.status, (await open(apps[0]!)).status]).toEqual([200, 429]);
    third.leave();
    await redis.resume();
    await untilRedisIs(1, apps);
    const [key] = await until(async () => {
      const keys = await redis.keys('keyturn:slots:streams:*');
      return keys.length === 1 && keys;
    });
    await until(async () => (await redis.command(`ZCARD ${key}`)) === ':2');
    expect((await open(apps[1]!)).status).toBe(429);
    for (const stream of streams) stream.leave();
  });
});

describe('An app that finds no Redis', () => {
  it('starts, counts by itself, and goes over to Redis once that is there', async () => {
    const port = await freePort();
    const environment = {
      REDIS_URL: `redis://keyturn:hunter2@127.0.0.1:${port}`,
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      RATE_LIMIT_PER_MINUTE: '4',
    };
    const app = await createTestApp(environment);
    let redis: TestRedis | undefined;
    try {
      await signUp(app.url);
      const [one, other] = [await signUp(app.url), await signUp(app.url)];
      const answers = await Promise.all([1, 2, 3, 4].map(() => ask(app.url, one.token)));
      expect(answers.map(({ status }) => status).sort()).toEqual([400, 400, 429, 429]);
      expect(answers[0]!.headers.get('ratelimit-limit')).toBe('2');
      redis = await TestRedis.start(port, ['--user', 'keyturn', 'on', '>hunter2', '~*', '+@all']);
      await untilRedisIs(1, [app]);
      const later = await Promise.all([1, 2, 3, 4, 5].map(() => ask(app.url, other.token)));
      expect(later.filter(({ status }) => status === 400)).toHaveLength(4);
      expect(app.log()).toContain('"reason":"ECONNREFUSED"');
      expect(app.log()).not.toContain('hunter2');
    } finally {
      await app.stop();
      await redis?.stop();
    }
  });

  it.each([
    ['the password is wrong', 'WRONGPASS', ['--requirepass', 'another']],
    ['it hangs', 'RedisAwayError', []],
  ])('starts where %s', async (_, reason, options) => {
    const redis = await TestRedis.start(undefined, options);
    if (options.length === 0) redis.freeze();
    try {
      const startedAt = performance.now();
      const app = await createTestApp({ REDIS_URL: redis.url.replace('//', '//:hunter2@') });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await signUp(app.url);
      expect(app.log().match(/"redis_away".*/g)).toEqual([expect.stringContaining(`"reason":"${reason}"`)]);
      expect(app.log()).not.toContain('hunter2');
      await app.stop();
    } finally {
      await redis.stop();
    }
  });
});
