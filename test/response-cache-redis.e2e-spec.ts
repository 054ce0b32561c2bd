import { createTestApp, type TestApp } from './support/app';
import {
  answerAnew,
  type CachedDoor,
  CHAT_DOOR,
  OPENAI_STREAM_DOOR,
  through,
  V1_CHAT_STREAM_DOOR,
} from './support/cached-doors';
import { signUp, until } from './support/clients';
import { type ScriptedUpstream, startScriptedUpstream } from './support/scripted-upstream';
import { TestRedis } from './support/redis';
import { askRaw, type RawAnswer } from './support/stateless';

const TTL_MS = 600_000;
/** Far less than the time of requests that wait for Redis. */
const USUAL_TIME_MS = 150;

describe('The response cache of two instances', () => {
  let redis: TestRedis;
  let upstream: ScriptedUpstream;
  let one: TestApp;
  let other: TestApp;
  let token: string;

  beforeEach(async () => {
    redis = await TestRedis.start();
    upstream = await startScriptedUpstream();
    const environment = {
      REDIS_URL: redis.url,
      CACHE_TTL: `${TTL_MS}ms`,
      OPENAI_BASE_URL: upstream.baseUrl,
      RATE_LIMIT_PER_MINUTE: '0',
      MAX_STREAMS_PER_USER: '0',
    };
    one = await createTestApp(environment);
    other = await createTestApp(environment, { database: one.database });
    ({ token } = await signUp(one.url));
  });
  afterEach(async () => {
    await other.stop();
    await one.stop();
    await redis.stop();
    await upstream.stop();
  });

  const send = ({ url }: TestApp, door: CachedDoor, as = token): Promise<RawAnswer> =>
    askRaw(url, through(door), as);
  const find = async (app: TestApp, door: CachedDoor): Promise<string | null> =>
    (await send(app, door)).headers.get('x-cache');
  const keys = (): Promise<string[]> => redis.keys('keyturn:answer:*');
  const untilKept = (): Promise<string> =>
    until(async () => {
      const [key] = await keys();
      return key;
    });
  const untilRedisIs = async (state: 0 | 1): Promise<void> => {
    for (const { url } of [one, other]) {
      const isSo = async () =>
        (await (await fetch(`${url}/metrics`)).text()).includes(`\nkeyturn_redis_up ${state}\n`);
      await until(isSo);
    }
  };

  it.each([CHAT_DOOR, OPENAI_STREAM_DOOR, V1_CHAT_STREAM_DOOR])(
    'answers on one what the other was answered ($name)',
    async (door) => {
      answerAnew(upstream, door);
      const first = await send(one, door);
      const key = await untilKept();
      const again = await send(other, door);
      expect([first, again].map(({ headers }) => headers.get('x-cache'))).toEqual(['miss', 'hit']);
      expect(again.bytes.equals(first.bytes)).toBe(true);
      expect(await find(one, door)).toBe('hit');
      expect(upstream.requests).toHaveLength(1);

      const leftMs = Number((await redis.command(`PTTL ${key}`))!.slice(1));
      expect(leftMs).toBeGreaterThan(TTL_MS - 60_000);
      expect(leftMs).toBeLessThanOrEqual(TTL_MS);
      expect((await keys()).join()).not.toMatch(/[0-9a-f]{8}-|hi/);
    },
  );

  it('keeps users apart', async () => {
    answerAnew(upstream, CHAT_DOOR);
    await send(one, CHAT_DOOR);
    await untilKept();
    const stranger = await signUp(one.url);
    const answer = await send(other, CHAT_DOOR, stranger.token);
    expect([answer.headers.get('x-cache'), answer.bytes.includes('answer 2')]).toEqual(['miss', true]);
  });

  it.each<[string, (key: string) => string]>([
    ['is changed in one byte', (key) => `SETRANGE ${key} 100 !`],
    ['is cut', (key) => `SET ${key} x`],
    ['is longer', (key) => `APPEND ${key} x`],
    ['is another’s altogether', (key) => `SET ${key} {body:x}`],
    ['is huge', (key) => `SETRANGE ${key} 5000000 x`],
    ['is gone', (key) => `DEL ${key}`],
  ])('asks again where what was kept %s', async (_, spoil) => {
    answerAnew(upstream, CHAT_DOOR);
    await send(one, CHAT_DOOR);
    const key = await untilKept();
    await redis.command(spoil(key));
    const again = await send(one, CHAT_DOOR);
    expect([again.status, again.headers.get('x-cache')]).toEqual([200, 'miss']);
    expect(again.bytes.toString()).toContain('answer 2');
    await until(async () => (await find(other, CHAT_DOOR)) === 'hit');
  });

  it('asks again where something else lies in its place', async () => {
    answerAnew(upstream, CHAT_DOOR);
    await send(one, CHAT_DOOR);
    const key = await untilKept();
    await redis.command(`DEL ${key}`);
    await redis.command(`LPUSH ${key} x`);
    expect(await find(one, CHAT_DOOR)).toBe('miss');
  });

  it.each<[string, () => unknown, () => unknown]>([
    ['is stopped', () => redis.shutDown(), () => redis.resume()],
    ['is killed', () => redis.kill(), () => redis.resume()],
    ['hangs', () => redis.freeze(), () => redis.thaw()],
  ])('goes without where Redis %s, and goes on when it is back', async (_, goAway, comeBack) => {
    answerAnew(upstream, CHAT_DOOR);
    for (const app of [one, other]) await send(app, CHAT_DOOR);
    await goAway();
    const timesMs: number[] = [];
    for (let asked = 0; asked < 10; asked++) {
      for (const app of [one, other]) {
        const startedAt = performance.now();
        const answer = await send(app, CHAT_DOOR);
        timesMs.push(performance.now() - startedAt);
        expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'miss']);
      }
    }
    expect(timesMs.sort((a, b) => a - b)[10]).toBeLessThan(USUAL_TIME_MS);
    await untilRedisIs(0);
    await comeBack();
    await untilRedisIs(1);
    for (const app of [one, other]) await until(async () => (await find(app, CHAT_DOOR)) === 'hit');
    expect(other.log()).not.toContain('answer 1');
  });
});
