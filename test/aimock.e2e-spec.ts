import { LLMock } from '@copilotkit/aimock';
import { createTestApp, type TestApp } from './support/app';
import { api, type Api, openStream, readAll, signUp } from './support/clients';

interface SentMessage {
  role: string;
  content: string | null;
  tool_calls?: { id: string }[];
  tool_call_id?: string;
}

/** Runs the agent against an upstream that is not Keyturn's own. */
describe('The agent against an independent upstream', () => {
  let mock: LLMock;
  let app: TestApp;
  let token: string;
  let user: Api;

  beforeAll(async () => {
    mock = new LLMock({ port: 0 });
    await mock.start();
    app = await createTestApp({
      OPENAI_BASE_URL: `${mock.url}/v1`,
      AGENT_MAX_STEPS: '5',
      RATE_LIMIT_PER_MINUTE: '0',
    });
    token = (await signUp(app.url)).token;
    user = api(app.url, token);
  });
  beforeEach(() => void mock.reset());
  afterAll(async () => {
    await app.stop();
    await mock.stop();
  });

  const call = (name: string, args: object | string) => ({
    name,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
  });

  /** Plays these replies, one a request; the last one repeats. */
  function script(...replies: object[]): void {
    let turn = 0;
    mock.on({ predicate: () => true }, () => replies[Math.min(turn++, replies.length - 1)] as never);
  }

  const sent = () =>
    mock
      .getRequests()
      .map(({ body }) => body as unknown as { messages: SentMessage[]; tools?: unknown[]; model: string });

  it('runs parallel calls in one step and tells the model all results', async () => {
    script(
      {
        toolCalls: [call('add_task', { title: 'One' }), call('add_task', { title: 'Two', priority: 'high' })],
      },
      { content: 'Both added.' },
    );
    const { body } = await user.post('/api/chat', { message: 'add one and two' });

    expect(body.response).toBe('Both added.');
    expect(body.changes.map((change: { title: string }) => change.title)).toEqual(['One', 'Two']);
    const [, second] = sent();
    const [asked, ...results] = second!.messages.slice(-3);
    expect(results.map((message) => message.tool_call_id)).toEqual(asked!.tool_calls!.map(({ id }) => id));
  });

  it.each([
    ['arguments that are no JSON', 'add_task', '{"title": "Buy', 'invalid_arguments'],
    ['arguments that are no object', 'add_task', '["Buy milk"]', 'invalid_arguments'],
    ['a field the tool does not have', 'add_task', '{"title":"x","user_id":"someone"}', 'invalid_arguments'],
    ['a value off the list', 'add_task', '{"title":"x","priority":"extreme"}', 'invalid_arguments'],
    ['a tool that is not there', 'drop_tables', '{}', 'unknown_tool'],
    ['a task that is another user’s', 'complete_task', '{"task_id":1}', 'not_found'],
  ])('gives the model %s back as a result and goes on', async (_name, tool, args, error) => {
    const stranger = api(app.url, (await signUp(app.url)).token);
    script({ toolCalls: [call(tool, args)] }, { content: 'I could not do that.' });
    const { status, body } = await stranger.post('/api/chat', { message: 'do it' });

    expect(status).toBe(200);
    expect(body.response).toBe('I could not do that.');
    expect(body.changes).toEqual([]);
    const result = sent()[1]!.messages.at(-1)!;
    expect(JSON.parse(result.content!)).toMatchObject({ error });
    expect(body.tool_calls).toHaveLength(1);
  });

  it('shows a call whose arguments are no JSON object as {} with the error', async () => {
    script({ toolCalls: [call('add_task', 'not json')] }, { content: 'Sorry.' });
    const { body } = await user.post('/api/chat', { message: 'x' });
    expect(body.tool_calls).toEqual([{ tool: 'add_task', arguments: {}, error: 'invalid_arguments' }]);
  });

  it('ends in words on the last step, with tools off', async () => {
    let n = 0;
    mock.on({ predicate: (request) => (request.tools?.length ?? 0) > 0 }, () => ({
      toolCalls: [call('list_tasks', { query: `try ${n++}` })],
    }));
    mock.on(
      { predicate: (request) => (request.tools?.length ?? 0) === 0 },
      { content: 'That is all I found.' },
    );
    const { status, body } = await user.post('/api/chat', { message: 'look everywhere' });

    expect(status).toBe(200);
    expect(body.response).toBe('That is all I found.');
    expect(sent()).toHaveLength(5);
    expect(sent().map(({ tools }) => (tools ?? []).length > 0)).toEqual([true, true, true, true, false]);
  });

  it('ends the loop of a model that makes the same call three times in a row', async () => {
    mock.on(
      { predicate: (request) => (request.tools?.length ?? 0) > 0 },
      { toolCalls: [call('list_tasks', { status: 'all' })] },
    );
    mock.on(
      { predicate: (request) => (request.tools?.length ?? 0) === 0 },
      { content: 'I keep looking at the same list.' },
    );
    const { body } = await user.post('/api/chat', { message: 'loop' });

    expect(body.tool_calls).toHaveLength(3);
    expect(sent()).toHaveLength(4);
    expect(body.response).toBe('I keep looking at the same list.');
  });

  it('says something when the model ends without words', async () => {
    script({ content: '' });
    const { status, body } = await user.post('/api/chat', { message: 'say nothing' });
    expect(status).toBe(200);
    expect(body.response).not.toBe('');
  });

  it('streams words before a call and after it, and both are the response', async () => {
    script(
      { content: 'Let me add that.', toolCalls: [call('add_task', { title: 'Sing' })] },
      { content: 'Added.' },
    );
    const blocks = await readAll(
      await openStream(app.url, token, '/api/chat/stream', { message: 'add sing' }),
    );
    const deltas = blocks.flatMap((block) =>
      typeof block === 'object' && 'delta' in block ? [block.delta] : [],
    );
    const done = blocks.find((block) => typeof block === 'object' && block.done === true);

    expect(deltas.join('')).toBe('Let me add that.\n\nAdded.');
    expect(done).toMatchObject({ response: 'Let me add that.\n\nAdded.' });
  });

  it('keeps the beginning of the prompt the same from turn to turn, and the clock out of it', async () => {
    script({ content: 'Hello.' });
    const first = await user.post('/api/chat', { message: 'one' });
    await user.post('/api/chat', { conversation_id: first.body.conversation_id, message: 'two' });
    const [one, two] = sent();

    expect(two!.messages.slice(0, 1)).toEqual(one!.messages.slice(0, 1));
    expect(one!.messages[0]!.content).not.toMatch(/20\d\d/);
    expect(one!.messages.at(-1)!.content).toMatch(
      /^one\n\n<context>Current time: .*20\d\d.*Time zone: UTC\.<\/context>$/,
    );
    expect(two!.messages[1]!.content).toBe('one');
    expect(two!.tools).toEqual(one!.tools);
  });

  it.each([
    ['a name with a NUL', { model: 'gpt\u0000x' }],
    [
      'usage beyond every bound',
      { usage: { prompt_tokens: 9e15, completion_tokens: 9e15, total_tokens: 1.8e16 } },
    ],
    ['negative usage', { usage: { prompt_tokens: -5, completion_tokens: -5, total_tokens: -10 } }],
  ])('completes a turn whose provider reports %s', async (_name, lie) => {
    script({ content: 'Hello.', ...lie });
    const { status, body } = await user.post('/api/chat', { message: 'x' });
    const next = await user.post('/api/chat', { conversation_id: body.conversation_id, message: 'y' });
    expect([status, next.status]).toEqual([200, 200]);
  });

  it('stores what a model writes that Postgres cannot: NUL and half a surrogate pair', async () => {
    script({ content: 'nul \u0000 and half \ud800 done' });
    const { status, body } = await user.post('/api/chat', { message: 'x' });
    const { body: page } = await user.get(`/api/conversations/${body.conversation_id}/messages`);
    expect(status).toBe(200);
    expect(page.items[1].content).toBe('nul \ufffd and half \ufffd done');
  });
});
