import { makeKey } from './support/api-keys';
import { createTestApp, type TestApp } from './support/app';
import { bookCall, openCall, settleCall } from './support/booking';
import { type Api, api, openStream, type Session, signUp, until } from './support/clients';
import { TestRedis } from './support/redis';

jest.setTimeout(60_000);

const CHAT = { messages: [{ role: 'user', content: 'hi' }] };

describe('Limits', () => {
  let app: TestApp;
  let admin: Api;
  let session: Session;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({
      RATE_LIMIT_PER_MINUTE: '50',
      RATE_LIMIT_PER_HOUR: '500',
      MAX_STREAMS_PER_USER: '3',
      DAILY_TOKEN_LIMIT: '100000',
      AUTH_ATTEMPTS_PER_MINUTE: '0',
    });
    admin = api(app.url, (await signUp(app.url)).token);
  });
  beforeEach(async () => {
    session = await signUp(app.url);
    user = api(app.url, session.token);
  });
  afterAll(() => app.stop());

  const windows = async (caller = user) => (await caller.get('/api/usage/limits')).body.windows;
  const windowOf = async (name: string, caller = user) =>
    (await windows(caller)).find((window: { name: string }) => window.name === name);
  const limitsOf = (id: string) => `/api/admin/users/${id}/limits`;

  it('are told with all that there is to know of each', async () => {
    expect(await windows()).toEqual([
      { name: 'requests_per_minute', limit: 50, used: 0, reserved: 0, remaining: 50, resets_at: null },
      { name: 'requests_per_hour', limit: 500, used: 0, reserved: 0, remaining: 500, resets_at: null },
      { name: 'streams', limit: 3, used: 0, reserved: 0, remaining: 3, resets_at: null },
      {
        name: 'tokens_a_day',
        limit: 100_000,
        used: 0,
        reserved: 0,
        remaining: 100_000,
        resets_at: expect.stringMatching(/T00:00:00.000Z$/),
      },
      {
        name: 'cost_a_month',
        limit: null,
        used: 0,
        reserved: 0,
        remaining: null,
        resets_at: expect.stringMatching(/-01T00:00:00.000Z$/),
      },
    ]);
  });

  it('count requests and open streams, and not who looks', async () => {
    expect((await user.post('/api/chat', CHAT)).status).toBe(200);
    const stream = await openStream(app.url, session.token, '/api/chat/stream', {
      messages: [{ role: 'user', content: '[[fault:stall]] hi' }],
    });
    await stream.blocks.next();
    for (let times = 0; times < 3; times++) await windows();
    const minute = await windowOf('requests_per_minute');
    expect(minute).toMatchObject({ limit: 50, used: 2, remaining: 48 });
    const resetsInMs = Date.parse(minute.resets_at as string) - Date.now();
    expect(resetsInMs).toBeGreaterThan(30_000);
    expect(resetsInMs).toBeLessThan(61_000);
    expect(await windowOf('streams')).toMatchObject({ used: 1, remaining: 2, resets_at: null });
    stream.leave();
    await until(async () => (await windowOf('streams')).used === 0);
  });

  it('have no rates for an admin, whose calls count all the same', async () => {
    await admin.post('/api/chat', CHAT);
    expect(await windowOf('requests_per_minute', admin)).toMatchObject({
      limit: null,
      used: 0,
      remaining: null,
    });
    expect(await windowOf('streams', admin)).toMatchObject({ limit: null, used: 0, remaining: null });
    await until(async () => (await windowOf('tokens_a_day', admin)).used > 0);
  });

  it('tell what is reserved while a call is open, and never less than nothing left', async () => {
    const call = await openCall(app, { userId: session.user.id });
    expect(await windowOf('tokens_a_day')).toMatchObject({ used: 0, reserved: 100, remaining: 99_900 });
    const tokens = { input: 150_000, cached: 0, output: 0, reasoning: 0 };
    await settleCall(app, call, { tokens });
    expect(await windowOf('tokens_a_day')).toMatchObject({ used: 150_000, reserved: 0, remaining: 0 });
  });

  describe('set by an admin', () => {
    it('are in force with the next call, and can be taken back', async () => {
      const set = await admin.put(limitsOf(session.user.id), {
        daily_token_limit: 50,
        monthly_cost_limit_usd: 0.0015,
      });
      expect(set.status).toBe(200);
      expect(set.body).toMatchObject({ daily_token_limit: 50, monthly_cost_limit_usd: 0.0015 });
      expect(set.body.windows).toEqual(await windows());
      expect(await windowOf('tokens_a_day')).toMatchObject({ limit: 50, remaining: 50 });
      expect(await windowOf('cost_a_month')).toMatchObject({ limit: 1500, remaining: 1500 });
      expect((await user.post('/api/chat', CHAT)).body.code).toBe('quota_exceeded');
      const back = { daily_token_limit: null, monthly_cost_limit_usd: null };
      expect((await admin.put(limitsOf(session.user.id), back)).body).toMatchObject(back);
      expect((await user.post('/api/chat', CHAT)).status).toBe(200);
      expect(await windowOf('tokens_a_day')).toMatchObject({ limit: 100_000 });
    });

    it('stay where they are absent; 0 is none, null the default', async () => {
      const set = (body: object) => admin.put(limitsOf(session.user.id), body);
      await set({ daily_token_limit: 5000, monthly_cost_limit_usd: 12.5 });
      expect((await set({ daily_token_limit: 0 })).body).toMatchObject({
        daily_token_limit: 0,
        monthly_cost_limit_usd: 12.5,
      });
      expect(await windowOf('tokens_a_day')).toMatchObject({ limit: null, remaining: null });
      expect((await set({ monthly_cost_limit_usd: null })).body).toMatchObject({
        daily_token_limit: 0,
        monthly_cost_limit_usd: null,
      });
      expect((await set({})).body).toEqual((await admin.get(limitsOf(session.user.id))).body);
    });

    it.each([
      [0, 0],
      [1e15, 1e9],
      [1, 0.000001],
      [123_456_789, 999_999_999.999999],
      [7, 0.1],
      [7, 1.005],
    ])('keep %d tokens and %d USD to the last digit', async (tokens, usd) => {
      const body = { daily_token_limit: tokens, monthly_cost_limit_usd: usd };
      expect((await admin.put(limitsOf(session.user.id), body)).body).toMatchObject(body);
      const rows = await app.database.query<{ amount: string }>(
        'SELECT amount FROM quota_limits WHERE subject = $1 ORDER BY kind DESC',
        [session.user.id],
      );
      expect(rows.map(({ amount }) => Number(amount))).toEqual([tokens, Math.round(usd * 1e6)]);
    });

    it('are told with what was used', async () => {
      await bookCall(app, { userId: session.user.id });
      const { body } = await admin.get(limitsOf(session.user.id));
      expect(Object.keys(body)).toEqual(['daily_token_limit', 'monthly_cost_limit_usd', 'windows']);
      expect(body.windows).toEqual(await windows());
      expect(JSON.stringify(body)).not.toContain('@');
    });

    it('can be of a key alone, within its user’s', async () => {
      const { id, key } = await makeKey(app.url, session.token);
      const caller = api(app.url, key);
      const own = (await windows()).map(({ name }: { name: string }) => name);
      const names = async () => (await windows(caller)).map(({ name }: { name: string }) => name);
      expect(await names()).toEqual(own);
      const set = await admin.put(`/api/admin/keys/${id}/limits`, {
        daily_token_limit: 40_000,
        monthly_cost_limit_usd: 3,
      });
      expect(set.body.windows.map(({ name }: { name: string }) => name)).toEqual([
        'key_tokens_a_day',
        'key_cost_a_month',
      ]);
      expect(await names()).toEqual([...own, 'key_tokens_a_day', 'key_cost_a_month']);
      await bookCall(app, { userId: session.user.id, keyId: id });
      expect(await windowOf('key_tokens_a_day', caller)).toMatchObject({ limit: 40_000, used: 15 });
      expect(await windowOf('key_cost_a_month', caller)).toMatchObject({ limit: 3_000_000, used: 7 });
      expect(await names()).toHaveLength(7);
      expect(await windows()).toHaveLength(5);
    });

    it('are of nobody who is not there', async () => {
      const nobody = '00000000-0000-4000-8000-000000000000';
      const { id } = await makeKey(app.url, session.token);
      await user.delete(`/api/keys/${id}`);
      const paths = [limitsOf(nobody), `/api/admin/keys/${nobody}/limits`, `/api/admin/keys/${id}/limits`];
      for (const path of [...paths, limitsOf(id), `/api/admin/keys/${session.user.id}/limits`]) {
        expect((await admin.get(path)).body.code).toBe('not_found');
        expect((await admin.put(path, { daily_token_limit: 5 })).body.code).toBe('not_found');
      }
      const rows = await app.database.query(`SELECT 1 FROM quota_limits WHERE subject IN ($1, $2)`, [
        nobody,
        id,
      ]);
      expect(rows).toEqual([]);
    });

    it('are set by no key, and by nobody else', async () => {
      const { key } = await makeKey(app.url, session.token);
      for (const caller of [user, api(app.url, key)])
        expect((await caller.put(limitsOf(session.user.id), { daily_token_limit: 0 })).body.code).toBe(
          'forbidden',
        );
    });
  });
});

describe('Limits that instances share through Redis', () => {
  it('are told alike by each, and by what it knows itself where Redis is away', async () => {
    const redis = await TestRedis.start();
    const environment = { REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE: '50', MAX_STREAMS_PER_USER: '3' };
    const one = await createTestApp(environment);
    const other = await createTestApp(environment, { database: one.database });
    try {
      await signUp(one.url);
      const { token } = await signUp(one.url);
      const used = async ({ url }: TestApp) => {
        const { windows } = (await api(url, token).get('/api/usage/limits')).body;
        return [windows[0].used, windows[1].name, windows[1].used, windows[0].resets_at !== null];
      };
      expect(await used(other)).toEqual([0, 'streams', 0, false]);
      const stream = await openStream(one.url, token, '/api/chat/stream', {
        messages: [{ role: 'user', content: '[[fault:stall]] hi' }],
      });
      await stream.blocks.next();
      await api(other.url, token).post('/api/chat', CHAT);
      for (const app of [one, other]) expect(await used(app)).toEqual([2, 'streams', 1, true]);
      await redis.kill();
      expect(await used(one)).toEqual([1, 'streams', 1, true]);
      expect(await used(other)).toEqual([1, 'streams', 0, true]);
      stream.leave();
    } finally {
      await other.stop();
      await one.stop();
      await redis.stop();
    }
  });
});
