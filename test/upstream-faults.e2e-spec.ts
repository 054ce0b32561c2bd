import { createTestApp, type TestApp } from './support/app';
import { api, type Api, openStream, readAll, signUp } from './support/clients';

const KEY = 'sk-test-key-that-must-never-be-seen';

/** The provider's failures, as the task agent's two doors report them. */
describe('When the provider fails', () => {
  let app: TestApp;
  let token: string;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({
      UPSTREAM_TIMEOUT: '1s',
      UPSTREAM_IDLE_TIMEOUT: '1s',
      RATE_LIMIT_PER_MINUTE: '0',
    });
    token = (await signUp(app.url)).token;
    user = api(app.url, token);
  });
  afterAll(() => app.stop());

  const callsOf = (turnId: string) =>
    app.database.query<{ attempt: number; outcome: string; is_estimated: boolean; input: number }>(
      `SELECT attempt, outcome, is_estimated, input_tokens::int AS input
       FROM upstream_calls JOIN usage_ledger ON call_id = id WHERE upstream_calls.turn_id = $1 ORDER BY attempt`,
      [turnId],
    );

  it.each([
    // fault, status, code, calls sent
    ['rate_limit:30', 429, 'rate_limited', 1],
    ['insufficient_quota', 503, 'insufficient_quota', 1],
    ['unauthorized', 502, 'upstream_auth_failed', 1],
    ['server_error', 502, 'upstream_error', 3],
    ['bad_request', 400, 'context_length_exceeded', 1],
    ['hang', 504, 'upstream_timeout', 1],
    ['stall', 504, 'upstream_timeout', 1],
    ['cut', 502, 'upstream_error', 1],
    ['error_in_stream', 502, 'upstream_error', 1],
  ])('%s answers %i %s, on both doors', async (fault, status, code, calls) => {
    const message = `[[fault:${fault}]] hello`;
    const answer = await user.post('/api/chat', { message });
    const blocks = await readAll(await openStream(app.url, token, '/api/chat/stream', { message }));

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      code,
      turn_id: expect.any(String),
      conversation_id: expect.any(Number),
    });
    expect(answer.body.error).toBe(answer.body.message);
    expect(blocks.at(-1)).toMatchObject({ code });
    expect(blocks).not.toContain('[DONE]');
    const turn = await user.get(`/api/turns/${answer.body.turn_id}`);
    expect(turn.body).toMatchObject({ state: 'failed', error: { code } });
    const booked = await callsOf(answer.body.turn_id);
    expect(booked.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: calls }, (_, index) => index + 1),
    );
    const next = await user.post('/api/chat', {
      conversation_id: answer.body.conversation_id,
      message: 'hello',
    });
    expect(next.status).toBe(200);
  });

  it('passes the provider’s Retry-After on', async () => {
    const answer = await user.post('/api/chat', { message: '[[fault:rate_limit:30]] hello' });
    expect(answer.headers.get('retry-after')).toBe('30');
  });

  it.each(['error_once', 'rate_limit_once'])(
    'tries again after %s, each try a call of its own',
    async (fault) => {
      const { status, body } = await user.post('/api/chat', { message: `[[fault:${fault}#retry]] hello` });

      expect(status).toBe(200);
      const calls = await callsOf(body.turn_id);
      expect(calls).toEqual([
        { attempt: 1, outcome: 'failed', is_estimated: false, input: 0 },
        { attempt: 2, outcome: 'completed', is_estimated: false, input: body.usage.prompt_tokens },
      ]);
      const ids = app.simulator.requests().map(({ clientRequestId }) => clientRequestId);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  it.each([
    // fault, estimated
    ['error_in_stream', true],
    ['cut', true],
    ['stall', true],
    ['server_error', false],
    ['insufficient_quota', false],
  ])('books %s as an estimate: %s; what the provider refused cost nothing', async (fault, isEstimated) => {
    const { body } = await user.post('/api/chat', { message: `[[fault:${fault}]] hello` });
    const last = (await callsOf(body.turn_id)).at(-1)!;
    expect(last.is_estimated).toBe(isEstimated);
    expect(last.input > 0).toBe(isEstimated);
  });

  it('estimates the input about as the provider counts it, tools included', async () => {
    const whole = await user.post('/api/chat', { message: 'hello' });
    const cut = await user.post('/api/chat', { message: '[[fault:cut]] hello' });
    const [booked] = await callsOf(cut.body.turn_id);
    const ratio = booked!.input / whole.body.usage.prompt_tokens;
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });

  it('keeps the text that came before a cut as partial', async () => {
    const { body } = await user.post('/api/chat', { message: '[[fault:cut]] hello' });
    const page = await user.get(`/api/conversations/${body.conversation_id}/messages`);
    expect(page.body.items).toMatchObject([{ role: 'user' }, { role: 'assistant', status: 'partial' }]);
  });

  it.each(['malformed_arguments', 'unknown_tool', 'foreign_user', 'endless_tools', 'endless_tools_varied'])(
    'ends in words when the model makes %s',
    async (fault) => {
      const { status, body } = await user.post('/api/chat', { message: `[[fault:${fault}]] hello` });
      expect(status).toBe(200);
      expect(body.response).not.toBe('');
      expect(body.changes).toEqual([]);
      expect(body.tool_calls.length).toBeGreaterThan(0);
    },
  );

  it('is answered as unavailable when nobody listens there', async () => {
    const lonely = await createTestApp({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    try {
      const client = api(lonely.url, (await signUp(lonely.url)).token);
      const { status, body } = await client.post('/api/chat', { message: 'hello' });
      expect(status).toBe(503);
      expect(body.code).toBe('upstream_unavailable');
    } finally {
      await lonely.stop();
    }
  });

  it('is answered as not configured where there is neither key nor simulator', async () => {
    const bare = await createTestApp({ OPENAI_API_KEY: '', SIMULATOR: 'off' });
    try {
      const client = api(bare.url, (await signUp(bare.url)).token);
      const { status, body } = await client.post('/api/chat', { message: 'hello' });
      expect(status).toBe(500);
      expect(body).toMatchObject({
        code: 'upstream_not_configured',
        error: 'OPENAI_API_KEY is not configured on the server',
      });
      expect((await client.get('/health')).body.upstream).toBe('not_configured');
    } finally {
      await bare.stop();
    }
  });

  it('writes neither the key nor a prompt nor a token into the log', async () => {
    const prompt = 'the-secret-of-this-user';
    for (const fault of ['unauthorized', 'server_error', 'bad_request', 'malformed_arguments']) {
      await user.post('/api/chat', { message: `[[fault:${fault}]] ${prompt}` });
    }
    await user.post('/api/chat', { message: prompt });

    expect(app.log()).toContain('turn_completed');
    for (const secret of [KEY, prompt, token, 'authorization']) expect(app.log()).not.toContain(secret);
  });
});
