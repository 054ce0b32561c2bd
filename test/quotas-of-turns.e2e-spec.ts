import { TurnSweeper } from '../src/agent/turn-sweeper';
import { createTestApp, type TestApp } from './support/app';
import { api, type Block, openStream, readAll, signUp, until } from './support/clients';

const ADD = 'Add a task to buy milk';

interface Reserved {
  step: number;
  attempt: number;
  reserved: number | null;
}

describe('A budget and the turns of who has it', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
  });
  afterAll(() => app.stop());

  async function person(tokensADay: number) {
    const { token, user } = await signUp(app.url);
    const limit = (amount: number) =>
      app.database.query(
        `INSERT INTO quota_limits VALUES ($1, 'tokens_a_day', $2)
         ON CONFLICT (subject, kind) DO UPDATE SET amount = excluded.amount`,
        [user.id, amount],
      );
    await limit(tokensADay);
    return { ...api(app.url, token), token, id: user.id, limit };
  }

  const rowsOf = (table: string, userId: string) =>
    app.database.query(`SELECT * FROM ${table} WHERE user_id = $1`, [userId]);

  const reservedFor = (userId: string): Promise<Reserved[]> =>
    app.database.query<Reserved>(
      `SELECT step, attempt, payer_tokens_reserved::int AS reserved FROM upstream_calls
       WHERE user_id = $1 ORDER BY step, attempt`,
      [userId],
    );

  async function window(userId: string): Promise<{ used: number; reserved: number }> {
    await until(async () => {
      const open = await app.database.query(
        'SELECT FROM upstream_calls WHERE user_id = $1 AND settled_at IS NULL',
        [userId],
      );
      return open.length === 0;
    });
    const [row] = await app.database.query<{ used: number; reserved: number }>(
      `SELECT used::int, reserved::int FROM quota_windows WHERE subject = $1 AND kind = 'tokens_a_day'`,
      [userId],
    );
    return row!;
  }

  /** The reservations of the two calls in a turn that adds a task. */
  async function costOfAdding(): Promise<[number, number]> {
    const rich = await person(1_000_000);
    expect((await rich.post('/api/chat', { message: ADD })).status).toBe(200);
    const [first, second] = await reservedFor(rich.id);
    return [first!.reserved!, second!.reserved!];
  }

  it('counts every call of a turn, and gives back what was reserved for it', async () => {
    const user = await person(1_000_000);
    const { body } = await user.post('/api/chat', { message: ADD });
    expect(await window(user.id)).toEqual({ used: body.usage.total_tokens, reserved: 0 });
    expect((await reservedFor(user.id)).every(({ reserved }) => reserved! > 4096)).toBe(true);
  });

  it('refuses a turn before anything is written', async () => {
    const user = await person(100);
    for (const path of ['/api/chat', '/api/chat/stream']) {
      const answer = await user.post(path, { message: ADD });
      expect(answer).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
      expect(answer.headers.get('content-type')).toMatch(/json/);
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
    for (const table of ['turns', 'conversations', 'upstream_calls', 'tasks']) {
      expect(await rowsOf(table, user.id)).toEqual([]);
    }
  });

  it('that runs out in the middle of a turn takes back what its tools did, and ends it', async () => {
    const [first, second] = await costOfAdding();
    const user = await person(Math.max(first, second));
    const stream = await openStream(app.url, user.token, '/api/chat/stream', { message: ADD });
    const blocks = await readAll(stream);
    const { turn_id, conversation_id } = blocks[0] as Block;
    expect(blocks.at(-1)).toMatchObject({ code: 'quota_exceeded', turn_id, conversation_id });
    expect(await rowsOf('tasks', user.id)).toEqual([]);
    expect((await user.get(`/api/turns/${turn_id}`)).body).toMatchObject({
      state: 'failed',
      error: { code: 'quota_exceeded' },
      changes: [],
    });
    expect((await window(user.id)).reserved).toBe(0);

    await user.limit(1_000_000);
    const next = await user.post('/api/chat', { conversation_id, message: ADD });
    expect(next).toMatchObject({ status: 200, body: { changes: [{ change: 'created' }] } });
  });

  it('has room for a retry, which takes the place of the attempt that failed', async () => {
    const failingOnce = (token: string) => ({ message: `[[fault:error_once#${token}]] Say hello` });
    const rich = await person(1_000_000);
    const probe = await rich.post('/api/chat', failingOnce('probe'));
    expect(probe.status).toBe(200);
    const attempts = await reservedFor(rich.id);
    expect(attempts.length).toBeGreaterThan(1);
    const user = await person(Math.max(...attempts.map(({ reserved }) => reserved!)));
    expect((await user.post('/api/chat', failingOnce('tight'))).status).toBe(200);
    expect(await reservedFor(user.id)).toHaveLength(attempts.length);
    expect((await window(user.id)).reserved).toBe(0);
  });

  async function stalled(user: { token: string }) {
    const stream = await openStream(app.url, user.token, '/api/chat/stream', {
      message: '[[fault:stall]] hello',
    });
    const { turn_id: turnId } = (await stream.blocks.next()).value as Block;
    await stream.blocks.next();
    return { turnId: turnId as string, rest: readAll(stream) };
  }

  it('gets back what a cancelled turn had reserved', async () => {
    const user = await person(1_000_000);
    const { turnId, rest } = await stalled(user);
    expect((await user.post(`/api/turns/${turnId}/cancel`)).status).toBe(202);
    await rest;
    const { used, reserved } = await window(user.id);
    expect(reserved).toBe(0);
    expect(used).toBeGreaterThan(0);
  });

  it('gets back what a turn had reserved whose process died', async () => {
    const user = await person(1_000_000);
    const { turnId, rest } = await stalled(user);
    await app.database.query(`UPDATE turns SET lease_expires_at = now() - interval '1 s' WHERE id = $1`, [
      turnId,
    ]);
    await app.app.get(TurnSweeper).sweep();
    expect((await window(user.id)).reserved).toBe(0);
    // The process is alive after all: its late settlement must change nothing.
    await user.post(`/api/turns/${turnId}/cancel`);
    await app.app.get(TurnSweeper).sweep();
    void rest;
    expect((await window(user.id)).reserved).toBe(0);
    expect(await rowsOf('usage_ledger', user.id)).toHaveLength(1);
  });
});
