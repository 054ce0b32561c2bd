import { createTestApp, type TestApp } from './support/app';
import { api, type Api, type Block, openStream, readAll, signUp, until } from './support/clients';

/** What the contract promises about ending a running turn. */
describe('Cancelling a turn', () => {
  let app: TestApp;
  let token: string;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
    token = (await signUp(app.url)).token;
    user = api(app.url, token);
  });
  afterAll(() => app.stop());

  /** A turn whose model sends some text and then stalls. */
  async function stalledTurn() {
    const stream = await openStream(app.url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const accepted = (await stream.blocks.next()).value as Block;
    const { delta } = (await stream.blocks.next()).value as Block;
    return {
      stream,
      delta: delta as string,
      turnId: accepted.turn_id as string,
      conversationId: accepted.conversation_id as number,
    };
  }

  const upstreamStates = () => app.simulator.requests().map(({ state }) => state);

  it('aborts the provider, keeps the text as partial, tells who waits, and frees the conversation', async () => {
    const { stream, delta, turnId, conversationId } = await stalledTurn();
    const cancelledAt = Date.now();
    const cancelled = await user.post(`/api/turns/${turnId}/cancel`);
    await until(() => !upstreamStates().includes('open'), 1000 - (Date.now() - cancelledAt));
    const blocks = await readAll(stream);
    const next = await user.post('/api/chat', { conversation_id: conversationId, message: 'hello again' });

    expect(cancelled.status).toBe(202);
    expect(cancelled.body).toMatchObject({ state: 'cancelled', turn_id: turnId });
    expect(upstreamStates().filter((state) => state === 'aborted').length).toBeGreaterThan(0);
    expect(blocks).toEqual([
      expect.objectContaining({ code: 'turn_cancelled', turn_id: turnId, conversation_id: conversationId }),
    ]);
    expect(next.status).toBe(200);
    const { body } = await user.get(`/api/conversations/${conversationId}/messages`);
    expect(body.items[1]).toMatchObject({ role: 'assistant', status: 'partial', turn_id: turnId });
    expect(body.items[1].content.startsWith(delta)).toBe(true);
  });

  it('answers 409 turn_cancelled where the JSON door waits', async () => {
    const waiting = user.post('/api/chat', { message: '[[fault:hang]] hello' });
    const [turn] = await until(async () => {
      const rows = await app.database.query<{ id: string }>(`SELECT id FROM turns WHERE state = 'calling'`);
      return rows.length > 0 && rows;
    });
    await user.post(`/api/turns/${turn!.id}/cancel`);
    const answer = await waiting;

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'turn_cancelled', turn_id: turn!.id });
  });

  it('changes nothing the second time, nor when the turn is over', async () => {
    const { turnId } = await stalledTurn();
    const first = await user.post(`/api/turns/${turnId}/cancel`);
    const second = await user.post(`/api/turns/${turnId}/cancel`);
    const over = await user.post('/api/chat', { message: 'hello' });
    const late = await user.post(`/api/turns/${over.body.turn_id}/cancel`);

    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(late.status).toBe(202);
    expect(late.body.state).toBe('completed');
  });

  it.each([
    ['the answer', 'hello', [{ role: 'user' }, { role: 'assistant', status: 'partial' }]],
    ['a tool call', 'Add a task to buy milk', [{ role: 'user' }]],
  ])('wins over %s that arrives when it is already asked for', async (_what, message, kept) => {
    await app.database.query(`
      CREATE FUNCTION ask() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.cancel_requested_at = now(); RETURN NEW; END $$;
      CREATE TRIGGER ask_at_once BEFORE INSERT ON turns FOR EACH ROW EXECUTE FUNCTION ask()`);
    const { status, body } = await user.post('/api/chat', { message });
    await app.database.query('DROP TRIGGER ask_at_once ON turns; DROP FUNCTION ask');

    expect([status, body.code]).toEqual([409, 'turn_cancelled']);
    const page = await user.get(`/api/conversations/${body.conversation_id}/messages`);
    expect(page.body.items).toMatchObject(kept);
    expect(await app.database.query('SELECT 1 FROM tasks')).toEqual([]);
    const ledger = await app.database.query('SELECT 1 FROM usage_ledger WHERE turn_id = $1', [body.turn_id]);
    expect(ledger).toHaveLength(1);
  });

  it('books the aborted call as an estimate, once', async () => {
    const { turnId } = await stalledTurn();
    await user.post(`/api/turns/${turnId}/cancel`);

    const rows = await app.database.query(
      'SELECT outcome, is_estimated, input_tokens::int, output_tokens::int FROM usage_ledger WHERE turn_id = $1',
      [turnId],
    );
    expect(rows).toEqual([
      {
        outcome: 'cancelled',
        is_estimated: true,
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
      },
    ]);
    expect(rows[0]!.input_tokens).toBeGreaterThan(0);
    expect(rows[0]!.output_tokens).toBeGreaterThan(0);
  });

  it('books a refused call as free, also when the turn is cancelled while it waits to try again', async () => {
    const waiting = user.post('/api/chat', { message: '[[fault:rate_limit:9]] hello' });
    const [turn] = await until(async () => {
      const rows = await app.database.query<{ id: string }>(`SELECT id FROM turns WHERE state = 'calling'`);
      const isRefused = app.simulator.requests().at(-1)?.state === 'done';
      return rows.length > 0 && isRefused && rows;
    });
    await user.post(`/api/turns/${turn!.id}/cancel`);

    expect((await waiting).body.code).toBe('turn_cancelled');
    const ledger = await app.database.query(
      'SELECT is_estimated, input_tokens::int AS input, cost_micro_usd::int AS cost FROM usage_ledger WHERE turn_id = $1',
      [turn!.id],
    );
    expect(ledger).toEqual([{ is_estimated: false, input: 0, cost: 0 }]);
  });

  it('reaches a turn that runs on another instance within a second', async () => {
    const other = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' }, { database: app.database });
    try {
      const { turnId } = await stalledTurn();
      const askedAt = Date.now();
      const cancelled = await api(other.url, token).post(`/api/turns/${turnId}/cancel`);
      const tookMs = Date.now() - askedAt;

      expect(cancelled.body.state).toBe('cancelled');
      expect(tookMs).toBeLessThan(1000);
      expect(upstreamStates()).not.toContain('open');
    } finally {
      await other.stop();
    }
  });
});
