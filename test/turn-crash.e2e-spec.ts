import { RunningTurns } from '../src/agent/running-turns';
import { TurnSweeper } from '../src/agent/turn-sweeper';
import { createTestApp, type TestApp } from './support/app';
import { api, type Api, type Block, openStream, readAll, signUp, until } from './support/clients';
import { withClient } from './support/postgres';

/** What remains after a process dies or the database goes away. */
describe('A turn whose process or database dies', () => {
  let app: TestApp;
  let token: string;
  let user: Api;

  beforeEach(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
    token = (await signUp(app.url)).token;
    user = api(app.url, token);
  });
  afterEach(() => app.stop());

  async function stalledTurn(): Promise<{
    turnId: string;
    conversationId: number;
    rest: Promise<(Block | string)[]>;
  }> {
    const stream = await openStream(app.url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const accepted = (await stream.blocks.next()).value as Block;
    await stream.blocks.next();
    return { turnId: accepted.turn_id, conversationId: accepted.conversation_id, rest: readAll(stream) };
  }

  it('is closed once its lease has run out: estimated, resumable, its conversation free', async () => {
    const { turnId, conversationId } = await stalledTurn();
    await app.database.query(
      `UPDATE turns SET lease_expires_at = now() - interval '1 second' WHERE id = $1`,
      [turnId],
    );
    await app.app.get(TurnSweeper).sweep();

    const turn = await user.get(`/api/turns/${turnId}`);
    const next = await user.post('/api/chat', { conversation_id: conversationId, message: 'hello again' });
    expect(turn.body).toMatchObject({ state: 'failed', error: { code: 'turn_interrupted' } });
    expect(next.status).toBe(200);
    const ledger = await app.database.query(
      'SELECT outcome, is_estimated FROM usage_ledger WHERE turn_id = $1',
      [turnId],
    );
    expect(ledger).toEqual([{ outcome: 'interrupted', is_estimated: true }]);
  });

  it('renews its lease while it runs, so that nobody takes it over', async () => {
    const { turnId } = await stalledTurn();
    await app.database.query(
      `UPDATE turns SET lease_expires_at = now() + interval '12 seconds' WHERE id = $1`,
      [turnId],
    );
    const [turn] = await until(async () => {
      const rows = await app.database.query<{ state: string }>(
        `SELECT state FROM turns WHERE id = $1 AND lease_expires_at > now() + interval '20 seconds'`,
        [turnId],
      );
      return rows.length > 0 && rows;
    }, 12_000);
    expect(turn!.state).toBe('calling');
  }, 15_000);

  it('stays silent when it comes back after another took it over: nothing is written twice', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', {
      message: '[[fault:slow:400]] Add a task to sleep',
    });
    const accepted = (await stream.blocks.next()).value as Block;
    await app.database.query(
      `UPDATE turns SET lease_expires_at = now() - interval '1 second' WHERE id = $1`,
      [accepted.turn_id],
    );
    await app.app.get(TurnSweeper).sweep();
    const rest = await readAll(stream);

    expect(rest.at(-1)).toMatchObject({ code: 'turn_interrupted' });
    expect(rest).not.toContain('[DONE]');
    expect(await app.database.query('SELECT 1 FROM tasks')).toEqual([]);
    const messages = await app.database.query('SELECT role FROM messages WHERE turn_id = $1', [
      accepted.turn_id,
    ]);
    expect(messages).toEqual([{ role: 'user' }]);
    const ledger = await app.database.query('SELECT call_id FROM usage_ledger WHERE turn_id = $1', [
      accepted.turn_id,
    ]);
    expect(ledger).toHaveLength(1);
  });

  it('does not end a second time what the sweep has ended', async () => {
    const { turnId } = await stalledTurn();
    await app.database.query(
      `UPDATE turns SET lease_expires_at = now() - interval '1 second' WHERE id = $1`,
      [turnId],
    );
    await app.app.get(TurnSweeper).sweep();
    await app.app.get(RunningTurns).stop(turnId, 'cancelled');

    expect((await user.get(`/api/turns/${turnId}`)).body.state).toBe('failed');
    const messages = await app.database.query('SELECT role FROM messages WHERE turn_id = $1', [turnId]);
    expect(messages).toEqual([{ role: 'user' }]);
  });

  it('sends nothing more when it was taken over while it waited to try again', async () => {
    const waiting = user.post('/api/chat', { message: '[[fault:rate_limit:2]] hello' });
    const [turn] = await until(async () => {
      const isRefused = app.simulator.requests().some(({ state }) => state === 'done');
      return isRefused && app.database.query<{ id: string }>('SELECT id FROM turns');
    });
    await app.database.query(`UPDATE turns SET lease_expires_at = now() - interval '1 second'`);
    await app.app.get(TurnSweeper).sweep();
    const answer = await waiting;

    expect(answer.body.code).toBe('turn_interrupted');
    expect(app.simulator.requests()).toHaveLength(1);
    const calls = await app.database.query(
      'SELECT attempt, call_id IS NOT NULL AS booked FROM upstream_calls LEFT JOIN usage_ledger ON call_id = id WHERE upstream_calls.turn_id = $1',
      [turn!.id],
    );
    expect(calls).toEqual([{ attempt: 1, booked: true }]);
  });

  it('leaves no call without its row in the ledger: what an ended turn left open, the sweep books', async () => {
    const { body } = await user.post('/api/chat', { message: 'hello' });
    await app.database.query(
      `INSERT INTO upstream_calls (id, user_id, turn_id, step, attempt, door, provider, model, input_tokens_estimate)
       SELECT gen_random_uuid(), user_id, turn_id, 1, 2, door, provider, model, 77 FROM upstream_calls WHERE turn_id = $1`,
      [body.turn_id],
    );
    await app.app.get(TurnSweeper).sweep();
    await app.app.get(TurnSweeper).sweep();

    const ledger = await app.database.query(
      `SELECT input_tokens::int AS input FROM usage_ledger WHERE turn_id = $1 AND outcome = 'interrupted'`,
      [body.turn_id],
    );
    expect(ledger).toEqual([{ input: 77 }]);
  });

  it('keeps what its tools did in the turn that the sweep closes', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', {
      message: '[[fault:slow:100]] Add a task to buy milk',
    });
    const { turn_id: turnId } = (await stream.blocks.next()).value as Block;
    await stream.blocks.next();
    const { tool_result: told } = (await stream.blocks.next()).value as Block;
    const running = await user.get(`/api/turns/${turnId}`);
    await app.database.query(`UPDATE turns SET lease_expires_at = now() - interval '1 second'`);
    await app.app.get(TurnSweeper).sweep();
    const swept = await user.get(`/api/turns/${turnId}`);
    stream.leave();

    expect(running.body).toMatchObject({ state: 'running', changes: told.changes });
    expect(swept.body).toMatchObject({
      state: 'failed',
      changes: told.changes,
      tool_calls: [{ tool: 'add_task' }],
    });
  });

  it('is swept by one of two replicas that sweep at once', async () => {
    const other = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' }, { database: app.database });
    try {
      const { turnId } = await stalledTurn();
      await app.database.query(
        `UPDATE turns SET lease_expires_at = now() - interval '1 second' WHERE id = $1`,
        [turnId],
      );
      await Promise.all([app.app.get(TurnSweeper).sweep(), other.app.get(TurnSweeper).sweep()]);
      expect(
        await app.database.query('SELECT call_id FROM usage_ledger WHERE turn_id = $1', [turnId]),
      ).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  it('takes back all of a step when the database breaks in the middle of its tools', async () => {
    await app.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER break_effects BEFORE INSERT ON tool_effects FOR EACH ROW EXECUTE FUNCTION fail()`);
    const answer = await user.post('/api/chat', { message: 'Add a task to buy milk' });

    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'database_unavailable', turn_id: expect.any(String) });
    expect(await app.database.query('SELECT 1 FROM tasks')).toEqual([]);
    expect(await app.database.query(`SELECT 1 FROM messages WHERE role <> 'user'`)).toEqual([]);
    await app.database.query('DROP TRIGGER break_effects ON tool_effects');
    const again = await user.post('/api/chat', {
      conversation_id: answer.body.conversation_id,
      message: 'Add a task to buy milk',
    });
    expect(again.status).toBe(200);
    expect(await app.database.query('SELECT title FROM tasks')).toHaveLength(1);
  });

  /** Deferred triggers run inside COMMIT: the connection dies while the commit is under way. */
  it.each([
    ['accepting', 'turns', 'INSERT'],
    ['publishing the tools of', 'tool_effects', 'INSERT'],
  ])('answers 503, never 409 or 500, when the commit of %s a turn is lost', async (_move, table, event) => {
    await app.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER break_commit AFTER ${event} ON ${table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail()`);
    const answer = await user.post('/api/chat', { message: 'Add a task to buy milk' });

    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('database_unavailable');
    expect(await app.database.query('SELECT 1 FROM tasks')).toEqual([]);
  });

  it('answers 503 when the commit of a task’s change is lost', async () => {
    const task = await user.post('/api/tasks', { title: 'Buy milk' });
    await app.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER break_commit AFTER UPDATE ON tasks DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail()`);
    const answer = await user.patch(`/api/tasks/${task.body.id}`, { title: 'Buy oat milk' });
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('database_unavailable');
  });

  it('answers 503 while the database is gone and works again after', async () => {
    const name = new URL(app.database.url).pathname.slice(1);
    const server = new URL(app.database.url);
    server.pathname = '/postgres';
    const setConnections = (isAllowed: boolean) =>
      withClient(server.href, async (client) => {
        await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${isAllowed}`);
        if (!isAllowed)
          await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
            name,
          ]);
      });
    await setConnections(false);
    const during = await user.post('/api/chat', { message: 'hello' });
    const health = await user.get('/health');
    await setConnections(true);
    const after = await until(async () => {
      const answer = await user.post('/api/chat', { message: 'hello' });
      return answer.status === 200 && answer;
    });

    expect(during.status).toBe(503);
    expect(during.body.code).toBe('database_unavailable');
    expect(health.status).toBe(503);
    expect(health.body).toMatchObject({ status: 'unhealthy', database: 'disconnected' });
    expect(after.body.response).toMatch(/./);
  });
});
