import { randomUUID } from 'node:crypto';
import { createTestApp, type TestApp } from './support/app';
import { type Answer, api, openStream, signUp, until } from './support/clients';
import { TestRedis } from './support/redis';
import { openSocket, refusedSocket } from './support/socket-client';

/** Refused by validation: counts as a request, and costs no model call. */
const EMPTY = {};
const PASSWORD = 'a long enough passphrase';

const countOf = (answers: Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

describe('Two instances with one Redis', () => {
  let redis: TestRedis;
  let one: TestApp;
  let other: TestApp;
  beforeAll(async () => {
    redis = await TestRedis.start();
    const environment = {
      REDIS_URL: redis.url,
      AUTH_ATTEMPTS_PER_MINUTE: '10000',
      RATE_LIMIT_PER_MINUTE: '20',
      RATE_LIMIT_DOORS: 'agent=5/9,provider=0/4,v1=50',
      MAX_STREAMS_PER_USER: '2',
    };
    one = await createTestApp(environment);
    other = await createTestApp(environment, { database: one.database });
    await signUp(one.url);
  });
  afterAll(async () => {
    await other?.stop();
    await one?.stop();
    await redis?.stop();
  });

  /** Sends simultaneous requests, alternating between the two instances. */
  const atOnce = (count: number, send: (url: string) => Promise<Answer>): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => send((index % 2 ? one : other).url)));

  it('let exactly the limit pass between them', async () => {
    const { token } = await signUp(one.url);
    const answers = await atOnce(60, (url) => api(url, token).post('/api/chat', { messages: [] }));
    expect([countOf(answers, 400), countOf(answers, 429)]).toEqual([20, 40]);
    const remaining = answers.map(({ headers }) => Number(headers.get('ratelimit-remaining')));
    expect(remaining.filter((left) => left > 0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 19 }, (_, index) => index + 1),
    );
    const metrics = await (await fetch(`${one.url}/metrics`)).text();
    expect(metrics).toContain('keyturn_redis_up 1');
    expect(metrics).not.toContain('keyturn_limits_insured_total{');
  });

  it('hold each door to its own limit besides, and tell of the tightest window', async () => {
    const { token, user } = await signUp(one.url);
    const turns = await atOnce(8, (url) => api(url, token).post('/api/chat', EMPTY));
    expect([countOf(turns, 400), countOf(turns, 429)]).toEqual([5, 3]);
    for (const { headers } of turns) expect(headers.get('ratelimit-limit')).toBe('5');
    const refused = turns.find(({ status }) => status === 429)!;
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);

    const completions = await atOnce(2, (url) => api(url, token).post('/api/chat/stream', { messages: [] }));
    expect(completions.map(({ status }) => status)).toEqual([400, 400]);
    expect(completions.map(({ headers }) => headers.get('ratelimit-limit'))).toEqual(['20', '20']);

    const relayed = await atOnce(6, (url) => api(url, token).post('/api/chat-openai', EMPTY));
    expect([countOf(relayed, 400), countOf(relayed, 429)]).toEqual([4, 2]);
    const exhausted = relayed.find(({ status }) => status === 429)!;
    expect(Number(exhausted.headers.get('retry-after'))).toBeGreaterThan(60);

    // 5 + 2 + 4 of 20 are used up over all doors: a request refused by a door's own window does not count.
    const counted = async () => (await redis.elements(`GET keyturn:rate:chat:${user.id}`))[0];
    await until(async () => (await counted()) === '11');
    const stored = await atOnce(12, (url) => api(url, token).get('/v1/responses/none'));
    expect([countOf(stored, 404), countOf(stored, 429)]).toEqual([9, 3]);

    const texts = [one, other].map(async ({ url }) => (await fetch(`${url}/metrics`)).text());
    const metrics = (await Promise.all(texts)).join('');
    expect(metrics).toMatch(/keyturn_refusals_total\{limit="door_provider_hour"\} \d/);
    expect(metrics).toContain(`keyturn_refusals_top{limit="door_agent",key="${user.id}"}`);
  });

  it('lock an account together, and no more attempts than ten are under way', async () => {
    const { user } = await signUp(one.url);
    const signIn = (url: string, password: string) =>
      api(url).post('/api/auth/signin', { email: user.email, password });
    const attempts = await atOnce(30, (url) => signIn(url, 'wrong wrong wrong'));
    expect([countOf(attempts, 401), countOf(attempts, 429)]).toEqual([10, 20]);
    for (const locked of await atOnce(2, (url) => signIn(url, PASSWORD))) {
      expect(locked).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
      const seconds = Number(locked.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(800);
      expect(seconds).toBeLessThanOrEqual(900);
    }
    const others = await api(one.url).post('/api/auth/signin', {
      email: `${randomUUID()}@example.com`,
      password: PASSWORD,
    });
    expect(others.status).toBe(401);
  });

  it('forget an account’s failures together', async () => {
    const { user } = await signUp(one.url);
    const signIn = (url: string, password: string) =>
      api(url).post('/api/auth/signin', { email: user.email, password });
    for (const app of [one, other, one]) {
      const attempts = await atOnce(9, (url) => signIn(url, 'wrong wrong wrong'));
      expect(countOf(attempts, 401)).toBe(9);
      await expect(signIn(app.url, PASSWORD)).resolves.toMatchObject({ status: 200 });
    }
  });

  it('share the streams that a user may have open', async () => {
    const { token } = await signUp(one.url);
    const open = ({ url }: TestApp) =>
      openStream(url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const streams = [await open(one), await open(other)];
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    expect([(await open(one)).status, (await open(other)).status]).toEqual([429, 429]);
    streams[0]!.leave();
    const key = (await redis.keys('keyturn:slots:streams:*'))[0]!;
    await until(async () => (await redis.command(`ZCARD ${key}`)) === ':1');
    const next = await open(other);
    expect(next.status).toBe(200);
    next.leave();
    streams[1]!.leave();
    await until(async () => (await redis.command(`EXISTS ${key}`)) === ':0');
  });

  it('share the sockets that a user may have open, apart from streams', async () => {
    const { token } = await signUp(one.url);
    const first = await openSocket(one.url, { token });
    const second = await openSocket(other.url, { token });
    await expect(refusedSocket(one.url, { token })).resolves.toMatchObject({ status: 429 });
    await expect(refusedSocket(other.url, { token })).resolves.toMatchObject({
      body: { code: 'too_many_streams' },
    });
    first.webSocket.close();
    const third = await until(() => openSocket(other.url, { token }).catch(() => undefined));
    second.webSocket.close();
    third.webSocket.close();
  });
});
