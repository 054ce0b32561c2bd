import { createTestApp, type TestApp } from './support/app';
import { api, type Block, openStream, readAll, until } from './support/clients';
import { StatelessSetting } from './support/stateless';
import { chat, gate, responses, STREAM_HEAD } from './support/scripted-upstream';

const MESSAGES = [{ role: 'user', content: 'hi' }];

describe('An API key that is revoked while it is in use', () => {
  let setting: StatelessSetting;
  let other: TestApp;
  beforeAll(async () => {
    setting = await StatelessSetting.start();
    other = await createTestApp({}, { database: setting.app.database });
  });
  afterEach(() => setting.forget());
  afterAll(async () => {
    await other.stop();
    await setting.stop();
  });

  /** Makes a key of the user, with a function that revokes it on one of the instances. */
  async function makeKey(instance = setting.url) {
    const { body } = await api(setting.url, setting.token).post('/api/keys', { name: 'a script' });
    return {
      key: body.key as string,
      id: body.id as string,
      revoke: () => api(instance, setting.token).delete(`/api/keys/${body.id}`),
    };
  }

  const hanging = (path: string, frames: string[]) =>
    setting.upstream.play(path, [STREAM_HEAD, { bytes: frames.join('') }, { hang: true }]);

  async function expectBooked(keyId: string): Promise<void> {
    const [call, ...others] = await setting.booked();
    expect(call).toMatchObject({ outcome: 'cancelled', is_estimated: true });
    expect(others).toEqual([]);
    const rows = await setting.app.database.query('SELECT key_id FROM usage_ledger');
    expect(rows).toEqual([{ key_id: keyId }]);
  }

  it('ends a completion with 401, and the provider’s work', async () => {
    setting.upstream.play(chat.path, [{ hang: true }]);
    const { key, id, revoke } = await makeKey();
    const answer = api(setting.url, key).post('/api/chat', { messages: MESSAGES });
    const request = await setting.upstream.nextRequest();
    expect((await revoke()).status).toBe(204);
    expect(await answer).toMatchObject({
      status: 401,
      body: { code: 'unauthorized', error: 'Sign in required.' },
    });
    await until(() => request.abortedAt !== undefined, 1000);
    await expectBooked(id);
  });

  it.each(['this instance', 'another instance'])(
    'ends a stream with an error block, revoked on %s',
    async (where) => {
      hanging(chat.path, chat.frames(['Hello', ' world']).slice(0, 2));
      const { key, id, revoke } = await makeKey(where === 'this instance' ? setting.url : other.url);
      const stream = await openStream(setting.url, key, '/api/chat/stream', { messages: MESSAGES });
      expect(await stream.blocks.next()).toMatchObject({ value: { delta: 'Hello' } });
      await revoke();
      const rest = await readAll(stream);
      expect(rest.at(-1)).toMatchObject({ code: 'unauthorized' });
      expect(rest).not.toContain('[DONE]');
      await expectBooked(id);
    },
  );

  it.each([
    ['/api/chat-openai', responses, { messages: MESSAGES }],
    ['/v1/chat/completions', chat, { model: 'gpt-4o-mini', messages: MESSAGES, stream: true }],
  ])('resets what %s relays', async (path, dialect, body) => {
    const frames = dialect.frames(['Hello', ' world']);
    hanging(dialect.path, frames.slice(0, -2));
    const { key, id, revoke } = await makeKey();
    const response = await fetch(setting.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const reader = response.body!.getReader();
    await reader.read();
    await revoke();
    const untilTheEnd = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(untilTheEnd()).rejects.toThrow();
    await expectBooked(id);
  });

  it('sends nothing for a request that was on its way', async () => {
    const { key, revoke } = await makeKey();
    setting.upstream.play(chat.path, [{ hang: true }]);
    let answer: ReturnType<ReturnType<typeof api>['post']> | undefined;
    await setting.withLockedCalls(async (untilWaiting) => {
      answer = api(setting.url, key).post('/api/chat', { messages: MESSAGES });
      await untilWaiting();
      await revoke();
    });
    expect(await answer!).toMatchObject({ status: 401 });
    expect(setting.upstream.requests).toEqual([]);
    expect(await setting.booked()).toMatchObject([{ is_estimated: false, input: 0, output: 0 }]);
  });

  it('ends a turn, and leaves its conversation usable', async () => {
    const all = gate();
    const { key, id, revoke } = await makeKey();
    const turns = await createTestApp({}, { database: setting.app.database });
    try {
      const stream = await openStream(turns.url, key, '/api/chat/stream', {
        message: '[[fault:stall]] hello',
      });
      const { turn_id, conversation_id } = (await stream.blocks.next()).value as Block;
      await stream.blocks.next();
      await revoke();
      expect((await readAll(stream)).at(-1)).toMatchObject({ code: 'unauthorized', turn_id });
      const user = api(turns.url, setting.token);
      expect((await user.get(`/api/turns/${turn_id}`)).body).toMatchObject({
        state: 'failed',
        error: { code: 'unauthorized' },
      });
      expect((await user.post('/api/chat', { conversation_id, message: 'hello' })).status).toBe(200);
      const rows = await setting.app.database.query('SELECT key_id FROM usage_ledger WHERE turn_id = $1', [
        turn_id,
      ]);
      expect(rows).toEqual([{ key_id: id }]);
    } finally {
      all.open();
      await turns.stop();
    }
  });

  it('has a budget of its own within its user’s', async () => {
    setting.upstream.play(chat.path, [{ hang: true }]);
    const owner = api(setting.url, setting.token);
    const body = { messages: MESSAGES, max_tokens: 100 };
    const { body: made } = await owner.post('/api/keys', { name: 'small', daily_token_limit: 300 });
    const first = new AbortController();
    const running = fetch(`${setting.url}/api/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: first.signal,
    }).catch(() => undefined);
    await setting.upstream.nextRequest();
    const refused = await api(setting.url, made.key).post('/api/chat', body);
    expect(refused).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
    expect(refused.body.error).toMatch(/this API key’s daily token limit of 300 tokens/);
    first.abort();
    await running;
    const windows = await until(async () => {
      const rows = await setting.app.database.query<{ subject: string; reserved: number; used: number }>(
        `SELECT subject, used::int, reserved::int FROM quota_windows WHERE subject = $1 AND kind = 'tokens_a_day'`,
        [made.id],
      );
      return rows[0]?.reserved === 0 && rows;
    });
    expect(windows[0]!.used).toBeGreaterThan(0);
  });
});
