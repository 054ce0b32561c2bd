import { createTestApp, type TestApp } from './support/app';
import { makeKey } from './support/api-keys';
import { bookCall } from './support/booking';
import { type Api, api, type Session, signUp, until } from './support/clients';
import type { TestDatabase } from './support/postgres';
import { createDatabaseOn, endPretending } from './support/time';

jest.setTimeout(60_000);

const TODAY = '2026-11-21';
const ALL = 'from=2026-01-01&to=2026-12-31';
const NOTHING = {
  calls: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_micro_usd: 0,
  estimated_calls: 0,
};

describe('The usage report', () => {
  let database: TestDatabase;
  let app: TestApp;
  let admin: Api;
  let alice: Session;
  let bob: Session;

  beforeAll(async () => {
    database = await createDatabaseOn(TODAY);
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' }, { database });
    admin = api(app.url, (await signUp(app.url)).token);
  });
  beforeEach(async () => {
    await app.database.query('DELETE FROM usage_days; DELETE FROM usage_tool_days');
    [alice, bob] = await Promise.all([signUp(app.url), signUp(app.url)]);
  });
  afterAll(async () => {
    endPretending();
    await app.stop();
    await database.drop();
  });

  const report = async (session: Session, query = '') =>
    (await api(app.url, session.token).get(`/api/usage?${query}`)).body;
  /** Moves every call of the test to that day, whenever the test runs. */
  const redate = (day: string) =>
    app.database.query(`UPDATE usage_days SET day = '${day}'; UPDATE usage_tool_days SET day = '${day}'`);

  it('is exactly what the contract says, this month’s where nothing is asked for', async () => {
    const tokens = { input: 100, cached: 40, output: 30, reasoning: 20 };
    await bookCall(app, {
      userId: alice.user.id,
      settlement: { tokens, costMicroUsd: 55, isEstimated: true },
    });
    await bookCall(app, { userId: alice.user.id });
    const sums = {
      calls: 2,
      input_tokens: 110,
      cached_tokens: 40,
      output_tokens: 35,
      reasoning_tokens: 20,
      cost_micro_usd: 62,
      estimated_calls: 1,
    };
    const body = await report(alice);
    expect(body).toEqual({
      from: '2026-11-01',
      to: TODAY,
      group_by: 'day',
      rows: [{ key: TODAY, ...sums }],
      total: sums,
    });
    expect(Object.keys(body.rows[0])).toEqual(['key', ...Object.keys(NOTHING)]);
  });

  it('is empty for who has used nothing', async () => {
    expect(await report(alice, `${ALL}&group_by=model`)).toMatchObject({ rows: [], total: NOTHING });
  });

  it('has days in their order, and anything else by what it cost, then by tokens, then by name', async () => {
    const book = (model: string, costMicroUsd: number | null, input: number) =>
      bookCall(app, {
        userId: alice.user.id,
        settlement: { model, costMicroUsd, tokens: { input, cached: 0, output: 0, reasoning: 0 } },
      });
    await book('b', 5, 1);
    await book('a', 5, 1);
    await book('cheap', 1, 1000);
    await book('unpriced', null, 900);
    await book('dear', 9, 1);
    await book('larger', 5, 2);
    const byModel = await report(alice, 'group_by=model');
    expect(byModel.rows.map(({ key }: { key: string }) => key)).toEqual([
      'dear',
      'larger',
      'a',
      'b',
      'cheap',
      'unpriced',
    ]);
    await redate('2026-03-02');
    await bookCall(app, { userId: alice.user.id });
    await app.database.query(`UPDATE usage_days SET day = '2026-03-01' WHERE day <> '2026-03-02'`);
    const byDay = await report(alice, `${ALL}&group_by=day`);
    expect(byDay.rows.map(({ key }: { key: string }) => key)).toEqual(['2026-03-01', '2026-03-02']);
  });

  it('says null where no price is known, and the sum of those that are', async () => {
    const book = (model: string, costMicroUsd: number | null) =>
      bookCall(app, { userId: alice.user.id, settlement: { model, costMicroUsd, priceDate: null } });
    await book('unknown', null);
    expect((await report(alice)).total.cost_micro_usd).toBeNull();
    await book('unknown', null);
    await book('known', 3);
    const { rows, total } = await report(alice, 'group_by=model');
    expect(rows).toMatchObject([
      { key: 'known', calls: 1, cost_micro_usd: 3 },
      { key: 'unknown', calls: 2, cost_micro_usd: null },
    ]);
    expect(total).toMatchObject({ calls: 3, cost_micro_usd: 3 });
  });

  it('takes its first and its last day in, and no other', async () => {
    for (const day of ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']) {
      await bookCall(app, { userId: alice.user.id });
      await app.database.query(`UPDATE usage_days SET day = $1 WHERE day > '2026-03-02'`, [day]);
    }
    const { rows } = await report(alice, 'from=2026-02-28&to=2026-03-01');
    expect(rows.map(({ key }: { key: string }) => key)).toEqual(['2026-02-28', '2026-03-01']);
    expect((await report(alice, 'to=2026-02-28')).from).toBe('2026-02-01');
  });

  describe('of true traffic', () => {
    it('has conversations and tools, each call once in the total', async () => {
      const user = api(app.url, alice.token);
      const turn = (await user.post('/api/chat', { message: 'Add a task to buy milk' })).body;
      const messages = [{ role: 'user', content: 'hi' }];
      expect((await user.post('/api/chat', { messages })).status).toBe(200);
      const byConversation = await waitFor(() => report(alice, 'group_by=conversation'), 3);
      expect(byConversation.rows.map(({ key, calls }: Row) => [key, calls]).sort()).toEqual(
        [
          [turn.conversation_id, 2],
          [null, 1],
        ].sort(),
      );
      const byTool = await report(alice, 'group_by=tool');
      expect(byTool.rows).toMatchObject([{ key: 'add_task', calls: 1 }]);
      expect(byTool.total).toEqual(byConversation.total);
    });

    it('shows nobody what another did', async () => {
      const hers = (await api(app.url, alice.token).post('/api/chat', { message: 'Add a task: hush' })).body;
      const his = (await api(app.url, bob.token).post('/api/chat', { message: 'hello' })).body;
      for (const group of ['day', 'model', 'tool', 'conversation']) {
        const { rows, total } = await report(bob, `group_by=${group}`);
        expect(total.calls).toBe(1);
        for (const { key, calls } of rows as Row[]) {
          expect(calls).toBe(1);
          expect(key).not.toBe(hers.conversation_id);
        }
      }
      const { rows } = await report(bob, 'group_by=conversation');
      expect(rows).toMatchObject([{ key: his.conversation_id }]);
      expect((await report(bob, 'group_by=tool')).rows).toEqual([]);
      const mine = `user_id=${alice.user.id}`;
      expect((await api(app.url, bob.token).get(`/api/usage?${mine}`)).status).toBe(400);
      expect((await api(app.url, bob.token).get(`/api/admin/usage?${mine}`)).status).toBe(403);
    });
  });

  it('stops at the thousand rows that cost most, and counts the others in the total', async () => {
    await app.database.query(
      `INSERT INTO usage_days (payer_id, user_id, day, model, conversation_id, calls, priced_calls, cost_micro_usd)
       SELECT $1, $1, '2026-03-01', 'm', place, 1, 1, place FROM generate_series(1, 1005) AS place`,
      [alice.user.id],
    );
    const { rows, total } = await report(alice, `${ALL}&group_by=conversation`);
    expect(rows).toHaveLength(1000);
    expect([rows[0].key, rows[999].key]).toEqual([1005, 6]);
    expect(total).toMatchObject({ calls: 1005, cost_micro_usd: (1005 * 1006) / 2 });
  });

  describe('of an admin', () => {
    it('has a row for each user, and one for all callers without a token', async () => {
      await bookCall(app, { userId: alice.user.id });
      for (let times = 0; times < 2; times++) await bookCall(app, { userId: bob.user.id });
      await bookCall(app, { userId: null });
      const stranger = '00000000-0000-8000-8000-000000000001';
      await bookCall(app, {
        userId: null,
        intent: { payer: { id: stranger, userId: null, keyId: null, timezone: 'UTC' } },
      });
      const { body } = await admin.get('/api/admin/usage');
      expect(body.group_by).toBe('user');
      expect(body.rows.map(({ key, calls }: Row) => [key, calls])).toEqual([
        [bob.user.id, 2],
        [null, 2],
        [alice.user.id, 1],
      ]);
      expect(body.total.calls).toBe(5);
    });

    it('can be of one user alone, by anything', async () => {
      await bookCall(app, { userId: alice.user.id, conversationId: 41 });
      await bookCall(app, { userId: bob.user.id, conversationId: 42 });
      const { body } = await admin.get(
        `/api/admin/usage?group_by=conversation&user_id=${alice.user.id.toUpperCase()}`,
      );
      expect(body.rows).toMatchObject([{ key: 41, calls: 1 }]);
      expect(body.total.calls).toBe(1);
    });

    it('never has what anybody said, or who they are', async () => {
      await api(app.url, alice.token).post('/api/chat', { message: 'Add a task: my secret plan' });
      for (const group of ['user', 'day', 'model', 'tool', 'conversation']) {
        const { body } = await admin.get(`/api/admin/usage?group_by=${group}`);
        expect(body.rows.length).toBeGreaterThan(0);
        for (const row of body.rows as object[])
          expect(Object.keys(row)).toEqual(['key', ...Object.keys(NOTHING)]);
        expect(JSON.stringify(body)).not.toMatch(/@|secret/);
      }
      const { body } = await admin.get('/api/admin/analytics');
      expect(JSON.stringify(body)).not.toMatch(/@|secret/);
    });

    it.each(['/api/admin/usage', '/api/admin/analytics', '/api/admin/users/ID/limits'])(
      'is nobody else’s: %s',
      async (path) => {
        const address = path.replace('ID', alice.user.id);
        expect((await api(app.url).get(address)).body.code).toBe('unauthorized');
        expect((await api(app.url, alice.token).get(address)).body.code).toBe('forbidden');
        const { key } = await makeKey(app.url, alice.token);
        expect((await api(app.url, key).get(address)).body.code).toBe('forbidden');
      },
    );
  });

  it('can be read with any API key of the user, whatever its scopes', async () => {
    await bookCall(app, { userId: alice.user.id });
    const { key } = await makeKey(app.url, alice.token, { scopes: ['mcp'] });
    const caller = api(app.url, key);
    expect((await caller.get('/api/usage')).body.total.calls).toBe(1);
    expect((await caller.get('/api/usage/limits')).status).toBe(200);
    expect((await caller.get('/api/usage/analytics')).status).toBe(200);
  });

  it('is nothing without a token', async () => {
    for (const path of ['', '/limits', '/analytics'])
      expect((await api(app.url).get(`/api/usage${path}`)).status).toBe(401);
  });
});

interface Row {
  key: string | number | null;
  calls: number;
}

/** Stateless calls are booked a moment after their answer. */
async function waitFor(read: () => Promise<{ rows: Row[]; total: { calls: number } }>, calls: number) {
  return until(async () => {
    const body = await read();
    return body.total.calls >= calls && body;
  });
}
