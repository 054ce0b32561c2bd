import { randomUUID } from 'node:crypto';
import { createTestApp, type TestApp } from './support/app';
import { type Answer, api, openStream, type Session, signUp, until } from './support/clients';

/** Refused by validation: counts as a request, and costs no model call. */
const EMPTY = {};

const headersOf = ({ headers }: Answer) => ({
  limit: headers.get('ratelimit-limit'),
  remaining: headers.get('ratelimit-remaining'),
});
const noHeaders = { limit: null, remaining: null };

function expectRefusal(answer: Answer, code: string): void {
  expect(answer).toMatchObject({ status: 429, body: { code } });
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(59);
}

describe('sign-ins and sign-ups of an address', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '3', TRUST_PROXY: '1' });
  });
  afterAll(() => app.stop());

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const attempt = (address: string, path = 'signin') =>
    api(app.url).post(`/api/auth/${path}`, { email: `${randomUUID()}@example.com` }, from(address));

  it('are counted together, whatever comes of them', async () => {
    const answers = [
      await attempt('192.0.2.1', 'signup'),
      await attempt('192.0.2.1', 'signin'),
      await attempt('192.0.2.1', 'signup'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(answers.map(headersOf)).toEqual([
      { limit: '3', remaining: '2' },
      { limit: '3', remaining: '1' },
      { limit: '3', remaining: '0' },
    ]);
    const refused = await attempt('192.0.2.1', 'signin');
    expectRefusal(refused, 'rate_limited');
    expect(headersOf(refused)).toEqual({ limit: '3', remaining: '0' });
    const [reset, retryAfter] = ['ratelimit-reset', 'retry-after'].map((name) =>
      Number(refused.headers.get(name)),
    );
    expect(Math.min(reset!, 59)).toBe(retryAfter);
    await expect(attempt('192.0.2.2')).resolves.toMatchObject({ status: 400 });
  });

  it('of one IPv6 network count as one address', async () => {
    for (const host of ['1', '2', '3']) await attempt(`2001:db8:0:1::${host}`);
    expectRefusal(await attempt('2001:db8:0:1::4'), 'rate_limited');
    await expect(attempt('2001:db8:0:2::4')).resolves.toMatchObject({ status: 400 });
  });

  it('can’t hide behind a header that no trusted proxy set', async () => {
    const direct = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '1' });
    try {
      const attempts = ['192.0.2.1', '192.0.2.2'].map(
        (address) => () => api(direct.url).post('/api/auth/signin', EMPTY, from(address)),
      );
      expect((await attempts[0]!()).status).toBe(400);
      expectRefusal(await attempts[1]!(), 'rate_limited');
    } finally {
      await direct.stop();
    }
  });

  it('are all that is counted: other routes have neither limit nor headers', async () => {
    for (let i = 0; i < 5; i++) {
      const refresh = await api(app.url).post('/api/auth/refresh', EMPTY, from('192.0.2.3'));
      expect(refresh.status).toBe(401);
      expect(headersOf(refresh)).toEqual(noHeaders);
      expect(headersOf(await api(app.url).get('/health', from('192.0.2.3')))).toEqual(noHeaders);
    }
  });
});

describe('a user’s chat requests', () => {
  let app: TestApp;
  let admin: Session;
  beforeAll(async () => {
    app = await createTestApp({
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      RATE_LIMIT_PER_MINUTE: '3',
      MAX_STREAMS_PER_USER: '2',
    });
    admin = await signUp(app.url);
  });
  afterAll(() => app.stop());

  const chat = (token?: string, path = '/api/chat') => api(app.url, token).post(path, EMPTY);

  it('are counted over all of a user’s tokens and both chat routes', async () => {
    const { token, user } = await signUp(app.url);
    const { body } = await api(app.url).post('/api/auth/signin', {
      email: user.email,
      password: 'a long enough passphrase',
    });
    const answers = [await chat(token), await chat(body.token), await chat(token, '/api/chat/stream')];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(answers.map(headersOf).map(({ remaining }) => remaining)).toEqual(['2', '1', '0']);
    expectRefusal(await chat(body.token), 'rate_limited');
    expectRefusal(await chat(token, '/api/chat/stream'), 'rate_limited');

    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain('keyturn_refusals_total{limit="chat"} 2');
  });

  it('leave other users and other routes alone', async () => {
    const [busy, other] = [await signUp(app.url), await signUp(app.url)];
    for (let i = 0; i < 4; i++) await chat(busy.token);
    await expect(chat(other.token)).resolves.toMatchObject({ status: 400 });
    const tasks = await api(app.url, busy.token).get('/api/tasks');
    expect(tasks.status).toBe(200);
    expect(headersOf(tasks)).toEqual(noHeaders);
  });

  it('let exactly the limit pass when they come at once', async () => {
    const { token } = await signUp(app.url);
    const answers = await Promise.all(Array.from({ length: 12 }, () => chat(token)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 400))
      expectRefusal(answer, 'rate_limited');
  });

  it('are not limited for an admin', async () => {
    for (let i = 0; i < 6; i++) {
      const answer = await chat(admin.token);
      expect(answer.status).toBe(400);
      expect(headersOf(answer)).toEqual(noHeaders);
    }
  });

  it('without a token are refused before they are counted', async () => {
    const answer = await chat();
    expect(answer.status).toBe(401);
    expect(headersOf(answer)).toEqual(noHeaders);
  });

  it('may hold so many streams open at once; who closes one may open another', async () => {
    const { token } = await signUp(app.url);
    const open = () => openStream(app.url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const first = await open();
    const second = await open();
    expect([first.status, second.status]).toEqual([200, 200]);
    const refused = await api(app.url, token).post('/api/chat/stream', { message: 'hello' });
    expectRefusal(refused, 'too_many_streams');
    expect(refused.headers.get('retry-after')).toBe('5');
    first.leave();
    second.leave();
  });
});

describe('without limits', () => {
  it('nothing is counted', async () => {
    const app = await createTestApp({
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      RATE_LIMIT_PER_MINUTE: '0',
      MAX_STREAMS_PER_USER: '1',
    });
    try {
      await signUp(app.url);
      const { token } = await signUp(app.url);
      for (let i = 0; i < 70; i++) {
        const answer = await api(app.url, token).post('/api/chat', EMPTY);
        expect(answer.status).toBe(400);
        expect(headersOf(answer)).toEqual(noHeaders);
      }
      const open = () => openStream(app.url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
      const stream = await open();
      expect((await open()).status).toBe(429);
      stream.leave();
      await until(async () => {
        const next = await open();
        next.leave();
        return next.status === 200;
      });
    } finally {
      await app.stop();
    }
  });
});
