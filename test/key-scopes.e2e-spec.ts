import { randomUUID } from 'node:crypto';
import { makeKey } from './support/api-keys';
import type { TestApp } from './support/app';
import { SIGN_IN_REQUIRED } from './support/bad-input';
import { api, type Session, signUp } from './support/clients';
import { ask, type Ask, expectRefusal, get, patch, post, remove } from './support/requests';
import { chat, jsonAnswer, type ScriptedUpstream, startScriptedUpstream } from './support/scripted-upstream';
import { openSocket, refusedSocket, type SocketClient } from './support/socket-client';
import { prompt, reply, startSocketApp } from './support/socket-door';

const SCOPES = ['chat', 'proxy', 'tasks', 'v1', 'mcp'] as const;
type Scope = (typeof SCOPES)[number];

const MESSAGES = [{ role: 'user', content: 'hi' }];
const NOBODYS = randomUUID();

/**
 * Routes, and the scope that a key needs for each. Most name a missing object: any status but 401 and 403 proves that
 * the key was accepted.
 */
const ROUTES: [request: Ask, needed: Scope | 'any' | 'no key'][] = [
  [get('/api/tasks'), 'tasks'],
  [post('/api/tasks', { title: 'x' }), 'tasks'],
  [get('/api/tasks/999'), 'tasks'],
  [patch('/api/tasks/999', { title: 'x' }), 'tasks'],
  [post('/api/tasks/999/complete'), 'tasks'],
  [post('/api/tasks/999/reopen'), 'tasks'],
  [remove('/api/tasks/999'), 'tasks'],
  [post('/api/chat', { message: 'hello', conversation_id: 999 }), 'chat'],
  [post('/api/chat/stream', { message: 'hello', conversation_id: 999 }), 'chat'],
  [post('/api/chat', {}), 'chat'],
  [post('/api/chat', { message: 7 }), 'chat'],
  [post('/api/chat', { messages: [] }), 'proxy'],
  [post('/api/chat', { messages: MESSAGES }), 'proxy'],
  [post('/api/chat/stream', { messages: null }), 'proxy'],
  [post('/api/chat', { message: 'hello', messages: MESSAGES }), 'proxy'],
  [post('/api/chat-openai', {}), 'proxy'],
  [post('/api/chat-gemini', {}), 'proxy'],
  [post('/api/chat-anthropic', {}), 'proxy'],
  [get('/api/conversations'), 'chat'],
  [get('/api/conversations/999'), 'chat'],
  [patch('/api/conversations/999', { title: 'x' }), 'chat'],
  [get('/api/conversations/999/messages'), 'chat'],
  [remove('/api/conversations/999'), 'chat'],
  [get(`/api/turns/${NOBODYS}`), 'chat'],
  [post(`/api/turns/${NOBODYS}/cancel`), 'chat'],
  [get('/v1/models'), 'v1'],
  [get('/v1/models/none'), 'v1'],
  [post('/v1/chat/completions', { model: 'none', messages: MESSAGES }), 'v1'],
  [post('/v1/responses', { model: 'none', input: 'hi' }), 'v1'],
  [post('/v1/embeddings', { model: 'none', input: 'hi' }), 'v1'],
  [get('/v1/files'), 'v1'],
  [get('/v1/files/file-1'), 'v1'],
  [get('/v1/files/file-1/content'), 'v1'],
  [remove('/v1/files/file-1'), 'v1'],
  [post('/v1/files', Buffer.from(''), { 'content-type': 'multipart/form-data; boundary=x' }), 'v1'],
  [get('/v1/responses/resp_1'), 'v1'],
  [get('/v1/responses/resp_1/input_items'), 'v1'],
  [post('/v1/responses/resp_1/cancel'), 'v1'],
  [remove('/v1/responses/resp_1'), 'v1'],
  [get('/api/auth/me'), 'any'],
  [get('/api/usage'), 'any'],
  [get('/api/usage/limits'), 'any'],
  [get('/api/admin/usage'), 'no key'],
  [get(`/api/admin/users/${NOBODYS}/keys`), 'no key'],
  [remove(`/api/admin/keys/${NOBODYS}`), 'no key'],
  [get('/api/keys'), 'no key'],
  [post('/api/keys', { name: 'x' }), 'no key'],
  [remove(`/api/keys/${NOBODYS}`), 'no key'],
];

describe('The scopes of API keys', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let user: Session;
  const keys = new Map<Scope, string>();
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await startSocketApp(upstream, { RATE_LIMIT_PER_MINUTE: '0' });
    await signUp(app.url);
    user = await signUp(app.url);
    for (const scope of SCOPES)
      keys.set(scope, (await makeKey(app.url, user.token, { scopes: [scope] })).key);
  });
  beforeEach(() => upstream.play(chat.path, jsonAnswer(chat.whole('Hm.'))));
  afterEach(() => upstream.reset());
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
  });

  it.each(ROUTES)('let %j in with: %s', async (request, needed) => {
    const isOpenAi = request.path.startsWith('/v1/');
    for (const [scope, key] of keys) {
      const answer = await ask(app.url, request, key);
      if (needed === 'any' || needed === scope) {
        expect([scope, [401, 403].includes(answer.status)]).toEqual([scope, false]);
        continue;
      }
      const text =
        needed === 'no key'
          ? 'API keys may not be used here: sign in.'
          : `This API key may not be used here: it lacks the scope ${needed}.`;
      if (isOpenAi) {
        expect([answer.status, answer.body.error.code, answer.body.error.message]).toEqual([
          403,
          'forbidden',
          text,
        ]);
        expect(answer.body.error.type).toEqual(expect.stringMatching(/_error$/));
      } else {
        expectRefusal(answer, 403, 'forbidden');
        expect(answer.body.message).toBe(text);
      }
    }
  });

  it('are held against the body that is read, not against the address', async () => {
    const key = keys.get('proxy')!;
    const twice = '{"message":"add a task","messages":[],"message":"x"}';
    expectRefusal(await ask(app.url, post('/api/chat', twice), key), 400, 'validation_failed');
    expectRefusal(
      await ask(app.url, post('/api/chat', '{"messages":[],"message":"x"'), key),
      400,
      'invalid_json',
    );
    const conversations = await api(app.url, user.token).get('/api/conversations');
    expect(conversations.body.items).toEqual([]);
  });

  it('open no path that is another’s in disguise', async () => {
    const key = keys.get('proxy')!;
    for (const path of [
      '/api/TASKS',
      '/api/tasks/',
      '/api//tasks',
      '/api/chat-openai/../tasks',
      '/API/tasks',
    ]) {
      const { status } = await ask(app.url, get(path), key);
      expect([path, [403, 404].includes(status)]).toEqual([path, true]);
    }
  });

  it('add up', async () => {
    const { key } = await makeKey(app.url, user.token, { scopes: ['tasks', 'v1'] });
    const statuses = [get('/api/tasks'), get('/v1/models'), get('/api/conversations')].map(
      async (request) => (await ask(app.url, request, key)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403]);
  });

  it('are not what a session has: it may do all that is not an admin’s', async () => {
    const own = ROUTES.filter(([{ method, path }]) => method === 'GET' && !path.startsWith('/api/admin/'));
    for (const [request] of own) {
      expect((await ask(app.url, request, user.token)).status).not.toBe(403);
    }
  });

  describe('of a socket', () => {
    const clients: SocketClient[] = [];
    const open = async (options: Parameters<typeof openSocket>[1]): Promise<SocketClient> => {
      const client = await openSocket(app.url, options);
      clients.push(client);
      return client;
    };
    beforeEach(() => upstream.play(chat.path, reply('Hm.')));
    afterEach(() => clients.splice(0).forEach(({ webSocket }) => webSocket.terminate()));

    it('are the stateless doors’', async () => {
      for (const [scope, token] of keys) {
        if (scope === 'proxy') continue;
        const refusal = await refusedSocket(app.url, { token });
        expect(refusal).toMatchObject({ status: 403, body: { code: 'forbidden' } });
        expect(refusal.body.message).toContain('scope proxy');
      }
      const token = keys.get('proxy')!;
      for (const options of [{ token }, { protocols: ['bearer', token] }]) {
        const client = await open(options);
        client.send(prompt('full'));
        expect(await client.next()).toBe('Hm.');
      }
    });

    it('end with the key, while the socket is open', async () => {
      const { id, key } = await makeKey(app.url, user.token, { scopes: ['proxy'] });
      const client = await open({ token: key });
      client.send(prompt('full'));
      expect(await client.next()).toBe('Hm.');
      await api(app.url, user.token).delete(`/api/keys/${id}`);
      client.send(prompt('full'));
      expect(JSON.parse(await client.next())).toMatchObject({
        code: 'unauthorized',
        message: 'Sign in required.',
      });
      expect((await client.closed).code).toBe(1008);
      expect((await refusedSocket(app.url, { token: key })).status).toBe(401);
    });

    it('let nobody in whose key is none, where callers without one are let in', async () => {
      const opened = await startSocketApp(upstream, { ANONYMOUS_ACCESS: 'proxy' });
      try {
        for (const token of [`kt_${'A'.repeat(43)}`, 'kt_']) {
          expect((await refusedSocket(opened.url, { token })).status).toBe(401);
          expectRefusal(
            await ask(opened.url, post('/api/chat', { messages: MESSAGES }), token),
            ...SIGN_IN_REQUIRED,
          );
        }
      } finally {
        await opened.stop();
      }
    });
  });
});
