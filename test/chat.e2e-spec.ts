import { createTestApp, type TestApp } from './support/app';
import { api, type Api, type Block, openStream, readAll, signUp, until } from './support/clients';

describe('A turn with the task agent', () => {
  let app: TestApp;
  let token: string;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
    await signUp(app.url);
  });
  beforeEach(async () => {
    token = (await signUp(app.url, { timezone: 'Europe/Berlin' })).token;
    user = api(app.url, token);
  });
  afterAll(() => app.stop());

  it('adds a task that is then found in Postgres, and answers as the contract says', async () => {
    const { status, body } = await user.post('/api/chat', { message: 'Add a task to buy milk tomorrow' });

    expect(status).toBe(200);
    expect(body).toEqual({
      conversation_id: expect.any(Number),
      response: expect.stringContaining('milk'),
      tool_calls: [{ tool: 'add_task', arguments: expect.objectContaining({ due: 'tomorrow' }) }],
      turn_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model: 'simulator-1',
      changes: [
        {
          tool: 'add_task',
          task_id: expect.any(Number),
          change: 'created',
          title: expect.stringMatching(/milk/i),
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: body.usage.prompt_tokens + body.usage.completion_tokens,
      },
    });
    const [task] = await app.database.query('SELECT title, due_on::text, status FROM tasks WHERE id = $1', [
      body.changes[0].task_id,
    ]);
    const tomorrow = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' }).format(
      Date.now() + 86_400_000,
    );
    expect(task).toEqual({ title: expect.stringMatching(/milk/i), due_on: tomorrow, status: 'pending' });
  });

  it('goes on with a conversation and sees what was said and done before', async () => {
    const first = await user.post('/api/chat', { message: 'Add a task to call the dentist' });
    const second = await user.post('/api/chat', {
      conversation_id: first.body.conversation_id,
      message: 'complete the dentist task',
    });

    expect(second.body.conversation_id).toBe(first.body.conversation_id);
    expect(second.body.changes).toEqual([
      expect.objectContaining({ change: 'completed', task_id: first.body.changes[0].task_id }),
    ]);
    const { body } = await user.get(`/api/conversations/${first.body.conversation_id}/messages`);
    const roles = body.items.map((message: { role: string }) => message.role);
    expect(roles.slice(0, 4)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(roles.at(-1)).toBe('assistant');
  });

  it('books every call once, and sums the turn’s usage from the ledger', async () => {
    const { body } = await user.post('/api/chat', { message: 'Add a task to water the plants' });

    const calls = await app.database.query(
      'SELECT id, step, attempt FROM upstream_calls WHERE turn_id = $1 ORDER BY step',
      [body.turn_id],
    );
    const ledger = await app.database.query<{ call_id: string; input_tokens: string; output_tokens: string }>(
      'SELECT * FROM usage_ledger WHERE turn_id = $1',
      [body.turn_id],
    );
    expect(calls).toMatchObject([
      { step: 1, attempt: 1 },
      { step: 2, attempt: 1 },
    ]);
    expect(ledger.map((row) => row.call_id).sort()).toEqual(calls.map((call) => call.id).sort());
    expect(ledger.every((row) => (row as never as { is_estimated: boolean }).is_estimated === false)).toBe(
      true,
    );
    expect(ledger.reduce((sum, row) => sum + Number(row.input_tokens), 0)).toBe(body.usage.prompt_tokens);
    expect(ledger.reduce((sum, row) => sum + Number(row.output_tokens), 0)).toBe(
      body.usage.completion_tokens,
    );
    const sent = app.simulator.requests().map((request) => request.clientRequestId);
    expect(sent).toEqual(expect.arrayContaining(calls.map((call) => call.id)));
  });

  it('streams the turn as blocks whose deltas make up the response', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', {
      message: 'Add a task to buy bread',
    });
    const blocks = await readAll(stream);

    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    const [accepted, ...rest] = blocks as Block[];
    expect(accepted).toEqual({ turn_id: expect.any(String), conversation_id: expect.any(Number) });
    expect(rest[0]).toEqual({
      tool_call: { id: expect.any(String), tool: 'add_task', arguments: expect.any(Object) },
    });
    expect(rest[1]).toEqual({
      tool_result: {
        id: rest[0]!.tool_call.id,
        tool: 'add_task',
        ok: true,
        result: { task: expect.objectContaining({ title: expect.stringMatching(/bread/i) }) },
        changes: [expect.objectContaining({ change: 'created' })],
      },
    });
    const deltas = rest
      .filter((block) => typeof block === 'object' && 'delta' in block)
      .map((block) => block.delta);
    const done = rest.at(-2)!;
    expect(done).toMatchObject({ done: true, turn_id: accepted!.turn_id, changes: [{ change: 'created' }] });
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.join('')).toBe(done.response);
    expect(rest.at(-1)).toBe('[DONE]');
  });

  it('shows a turn while it runs and after', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', {
      message: '[[fault:slow:20]] hello',
    });
    const accepted = (await stream.blocks.next()).value as Block;
    const running = await user.get(`/api/turns/${accepted.turn_id}`);
    await readAll(stream);
    const over = await user.get(`/api/turns/${accepted.turn_id}`);

    expect(running.body).toMatchObject({
      state: 'running',
      finished_at: null,
      conversation_id: accepted.conversation_id,
    });
    expect(over.body).toMatchObject({
      state: 'completed',
      finished_at: expect.any(String),
      response: expect.stringMatching(/./),
    });
  });

  it('goes on when the client leaves', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', {
      message: '[[fault:slow:20]] Add a task to feed the cat',
    });
    const accepted = (await stream.blocks.next()).value as Block;
    stream.leave();

    const turn = await until(async () => {
      const { body } = await user.get(`/api/turns/${accepted.turn_id}`);
      return body.state === 'completed' && body;
    });
    expect(turn.changes).toEqual([expect.objectContaining({ change: 'created' })]);
  });

  it('refuses a second turn in the same conversation while one runs', async () => {
    const stream = await openStream(app.url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const accepted = (await stream.blocks.next()).value as Block;
    const second = await user.post('/api/chat', {
      conversation_id: accepted.conversation_id,
      message: 'hello?',
    });
    await user.post(`/api/turns/${accepted.turn_id}/cancel`);

    expect(second.status).toBe(409);
    expect(second.body.code).toBe('conversation_busy');
    const { body } = await user.get(`/api/conversations/${accepted.conversation_id}/messages`);
    expect(body.items.filter((message: { role: string }) => message.role === 'user')).toHaveLength(1);
  });

  it('lets exactly one of many first turns at once into a conversation', async () => {
    const first = await user.post('/api/chat', { message: 'hello' });
    const all = await Promise.all(
      Array.from({ length: 8 }, () =>
        user.post('/api/chat', {
          conversation_id: first.body.conversation_id,
          message: '[[fault:slow:20]] hello',
        }),
      ),
    );

    expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  it.each([
    ['a conversation that is missing', { conversation_id: 987_654_321, message: 'hi' }, 404, 'not_found'],
    ['a model off the list', { message: 'hi', model: 'gpt-imaginary' }, 400, 'model_not_allowed'],
  ])('refuses %s before anything is written', async (_name, body, status, code) => {
    const [before] = await app.database.query('SELECT count(*)::int FROM turns');
    const answer = await user.post('/api/chat', body);
    const onStream = await openStream(app.url, token, '/api/chat/stream', body);

    expect(answer.status).toBe(status);
    expect(answer.body.code).toBe(code);
    expect(onStream.status).toBe(status);
    expect(onStream.headers.get('content-type')).toContain('application/json');
    expect(await app.database.query('SELECT count(*)::int FROM turns')).toEqual([before]);
  });

  it('keeps users apart: a foreign conversation or turn is answered like a missing one', async () => {
    const mine = await user.post('/api/chat', { message: 'hello' });
    const other = api(app.url, (await signUp(app.url)).token);
    const { conversation_id: id, turn_id: turnId } = mine.body;
    const missing = '00000000-0000-4000-8000-000000000000';
    const pairs = [
      [
        await other.post('/api/chat', { conversation_id: id, message: 'x' }),
        await other.post('/api/chat', { conversation_id: 999_999, message: 'x' }),
      ],
      [await other.get(`/api/conversations/${id}`), await other.get('/api/conversations/999999')],
      [
        await other.get(`/api/conversations/${id}/messages`),
        await other.get('/api/conversations/999999/messages'),
      ],
      [
        await other.patch(`/api/conversations/${id}`, { title: 'x' }),
        await other.patch('/api/conversations/999999', { title: 'x' }),
      ],
      [await other.delete(`/api/conversations/${id}`), await other.delete('/api/conversations/999999')],
      [await other.get(`/api/turns/${turnId}`), await other.get(`/api/turns/${missing}`)],
      [await other.post(`/api/turns/${turnId}/cancel`), await other.post(`/api/turns/${missing}/cancel`)],
    ];

    for (const [foreign, absent] of pairs) {
      const { request_id: _a, ...foreignBody } = foreign!.body;
      const { request_id: _b, ...absentBody } = absent!.body;
      expect(foreign!.status).toBe(404);
      expect(foreignBody).toEqual(absentBody);
    }
    expect((await user.get(`/api/conversations/${id}`)).status).toBe(200);
  });

  it('lists, renames, archives and deletes conversations', async () => {
    const ids: number[] = [];
    for (const message of ['first thing', 'second thing', 'third thing']) {
      ids.push((await user.post('/api/chat', { message })).body.conversation_id);
    }
    const page = await user.get('/api/conversations?limit=2');
    const rest = await user.get(`/api/conversations?limit=2&cursor=${page.body.next_cursor}`);
    expect([...page.body.items, ...rest.body.items].map(({ id }: { id: number }) => id)).toEqual(
      ids.reverse(),
    );
    expect(rest.body.next_cursor).toBeNull();
    expect(page.body.items[0]).toMatchObject({ title: 'third thing', archived: false });

    const renamed = await user.patch(`/api/conversations/${ids[0]}`, { title: 'Renamed', archived: true });
    expect(renamed.body).toMatchObject({ title: 'Renamed', archived: true });
    const archive = await user.get('/api/conversations?archived=true');
    expect(archive.body.items.map(({ id }: { id: number }) => id)).toEqual([ids[0]]);
    expect((await user.delete(`/api/conversations/${ids[0]}`)).status).toBe(204);
    expect((await user.get(`/api/conversations/${ids[0]}`)).status).toBe(404);
  });
});
