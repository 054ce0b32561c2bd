import { createTestApp, type TestApp } from './support/app';
import { api, type Block, openStream, readAll, signUp, until } from './support/clients';
import { type RunningNginx, startNginx } from './support/nginx';
import { requestBytes } from './support/raw-client';
import { sendBytes } from './support/requests';
import {
  chat,
  gate,
  hangBeforeHeaders,
  hangInTheMiddle,
  heldStream,
  multibyteOneByteAtATime,
  responses,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';

/** The app behind a real nginx with the configuration that deploy/ ships. */
describe('The app behind nginx', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let nginx: RunningNginx;
  let token: string;

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await createTestApp({
      OPENAI_BASE_URL: upstream.baseUrl,
      TRUST_PROXY: '1',
      RATE_LIMIT_PER_MINUTE: '0',
      AUTH_ATTEMPTS_PER_MINUTE: '5',
      METRICS_TOKEN: 'a-token-for-metrics',
    });
    nginx = await startNginx(app.url);
    token = (await signUp(app.url)).token;
  });
  afterEach(() => upstream.reset());
  afterAll(async () => {
    await nginx.stop();
    await app.stop();
    await upstream.stop();
  });

  const MESSAGES = { messages: [{ role: 'user', content: 'hi' }] };

  it('tells a turn while the model still speaks', async () => {
    const { opened, open } = gate();
    upstream.play(chat.path, heldStream(chat, opened, ['Hello', ' world']));
    const stream = await openStream(nginx.url, token, '/api/chat/stream', { message: 'hi' });
    expect((await stream.blocks.next()).value).toMatchObject({ turn_id: expect.any(String) });
    expect((await stream.blocks.next()).value).toEqual({ delta: 'Hello' });
    expect(upstream.requests[0]!.state).toBe('open');
    open();
    const rest = await readAll(stream);
    expect(rest[0]).toEqual({ delta: ' world' });
    expect(rest.at(-1)).toBe('[DONE]');
  });

  it('tells a completion while the model still speaks', async () => {
    const { opened, open } = gate();
    upstream.play(chat.path, heldStream(chat, opened, ['Hello', ' world']));
    const stream = await openStream(nginx.url, token, '/api/chat/stream', MESSAGES);
    expect((await stream.blocks.next()).value).toEqual({ delta: 'Hello' });
    expect(upstream.requests[0]!.state).toBe('open');
    open();
    const rest = await readAll(stream);
    expect(rest).toEqual([{ delta: ' world' }, expect.objectContaining({ finish_reason: 'stop' }), '[DONE]']);
  });

  it('relays a provider’s own stream byte for byte', async () => {
    const { bytes, script } = multibyteOneByteAtATime(responses);
    upstream.play(responses.path, script);
    const response = await fetch(`${nginx.url}/api/chat-openai`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(MESSAGES),
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it.each([
    ['a stream before its first byte', '/api/chat/stream', hangBeforeHeaders],
    ['a stream in its middle', '/api/chat/stream', hangInTheMiddle(chat)],
    ['a provider’s own stream', '/api/chat-openai', hangInTheMiddle(responses)],
    ['a JSON answer', '/api/chat', hangBeforeHeaders],
  ])('stops the provider within a second when a client leaves %s', async (_, path, script) => {
    upstream.play(() => true, script);
    const abort = new AbortController();
    const left = fetch(nginx.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(MESSAGES),
      signal: abort.signal,
    }).then((response) => response.text());
    const request = await upstream.nextRequest();
    await until(() => request.body.length > 0 && request.bytesSent > 0 === (script !== hangBeforeHeaders));
    abort.abort();
    const leftAt = Date.now();
    await expect(left).rejects.toThrow();
    await request.over;
    expect(request.state).toBe('aborted');
    expect(request.abortedAt! - leftAt).toBeLessThan(1000);
  });

  it('notices a reader who leaves a turn, which goes on', async () => {
    const { opened, open } = gate();
    upstream.play(chat.path, heldStream(chat, opened));
    const stream = await openStream(nginx.url, token, '/api/chat/stream', { message: 'hi' });
    const { turn_id: turnId } = (await stream.blocks.next()).value as Block;
    const logRead = app.log().length;
    stream.leave();
    await until(() => /"path":"\/api\/chat\/stream".*"isComplete":false/.test(app.log().slice(logRead)));
    open();
    const turn = await until(async () => {
      const { body } = await api(nginx.url, token).get(`/api/turns/${turnId}`);
      return body.state !== 'running' && body;
    });
    expect(turn).toMatchObject({ state: 'completed', response: 'Hello world' });
  });

  it('counts a client by its own address, whatever that says of itself', async () => {
    const attempt = async (forwarded: string): Promise<number> => {
      const body = { email: 'nobody@example.com', password: 'a long enough passphrase' };
      const headers = { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` };
      return (await api(nginx.url).post('/api/auth/signin', body, headers)).status;
    };
    const statuses = [];
    for (let last = 1; last <= 6; last++) statuses.push(await attempt(`203.0.113.${last}`));
    expect(statuses).toContain(429);
  });

  it.each([
    '/metrics',
    '/metrics/',
    '/METRICS',
    '//metrics',
    '/%6detrics',
    '/metrics?a=b',
    '/api/..//metrics',
    '/api/%2e%2e/metrics',
    '/./metrics',
  ])('does not open %s, not even to who knows the token', async (path) => {
    const bytes = requestBytes(
      { method: 'GET', path, headers: { connection: 'close' } },
      'a-token-for-metrics',
    );
    const { status, body } = await sendBytes(nginx.url, bytes);
    expect([status, body]).toEqual([404, expect.not.stringContaining('keyturn')]);
  });
});
