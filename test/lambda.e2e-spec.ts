import type { TestApp } from './support/app';
import { api, type Session, signUp, until } from './support/clients';
import {
  chat,
  gate,
  hangInTheMiddle,
  heldStream,
  PLANTED,
  type ScriptedUpstream,
  serverErrorWithBody,
  startScriptedUpstream,
} from './support/scripted-upstream';
import { type RunningOffline, startServerlessOffline } from './support/serverless-offline';
import {
  HandshakeRefusal,
  openSocket,
  refusedSocket,
  type SocketClient,
  type SocketOptions,
} from './support/socket-client';
import { prompt, reply, startSocketApp, stream, TEMPLATE } from './support/socket-door';

const KEY = 'sk-planted-key-0123456789abcdef';
/** A Lambda started by a message must first boot the app. */
const COLD_START_MS = 20_000;

jest.setTimeout(3 * COLD_START_MS);

describe('The socket behind an API Gateway', () => {
  let upstream: ScriptedUpstream;
  /** Runs beside the Lambdas on the same database; users sign up here. */
  let app: TestApp;
  let user: Session;
  let offline: RunningOffline;
  const clients: SocketClient[] = [];

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await startSocketApp(upstream);
    await signUp(app.url);
    user = await signUp(app.url);
    offline = await startServerlessOffline({
      DATABASE_URL: app.database.url,
      JWT_SECRET: app.settings.auth.jwtSecret!,
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: upstream.baseUrl,
      PROMPT_TEMPLATES: 'COG_TURN_COMMENT',
      COG_TURN_COMMENT: TEMPLATE,
      RATE_LIMIT_PER_MINUTE: '0',
    });
  });
  afterEach(() => {
    clients.splice(0).forEach(({ webSocket }) => webSocket.terminate());
    upstream.reset();
  });
  afterAll(async () => {
    await offline?.stop();
    await app?.stop();
    await upstream?.stop();
  });

  const open = async (options: SocketOptions = { token: user.token }): Promise<SocketClient> => {
    const client = await openSocket(offline.url, { path: '/', ...options });
    clients.push(client);
    return client;
  };

  it('answers all four ways, one after the other', async () => {
    upstream.play(chat.path, reply('[[7]]'), reply('[[seven]]'), reply('“Seven.”'), stream('“Se', 'ven.”'));
    const client = await open();
    const ask = async (type: string): Promise<string> => {
      client.send(prompt(type));
      return client.next(COLD_START_MS);
    };
    expect([await ask('int'), await ask('string'), await ask('full')]).toEqual(['7', 'seven', '“Seven.”']);
    expect([await ask('stream'), await client.next(), await client.next()]).toEqual([
      '"Se',
      'ven."',
      '<END>',
    ]);
    const sent = JSON.parse(upstream.requests[0]!.body.toString());
    expect(sent.messages[0]).toEqual({ role: 'system', content: TEMPLATE });
    expect(upstream.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    const rows = await until(async () => {
      const found = await app.database.query('SELECT user_id, outcome FROM usage_ledger');
      return found.length === 4 && found;
    });
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ user_id: user.user.id, outcome: 'completed' })]),
    );
  });

  it('answers requests that come at once one after the other, though each has a Lambda of its own', async () => {
    const { opened, open: openGate } = gate();
    upstream.play(chat.path, heldStream(chat, opened), stream('second'));
    const client = await open();
    client.send(prompt('stream'));
    expect(await client.next(COLD_START_MS)).toBe('Hello');
    client.send(prompt('stream'));
    // The second request waits and has sent nothing.
    await until(
      async () =>
        (await app.database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
          .length,
      COLD_START_MS,
    );
    expect(upstream.requests).toHaveLength(1);
    openGate();
    expect(await client.until('<END>')).toEqual([' world', '<END>']);
    expect(await client.until('<END>')).toEqual(['second', '<END>']);
  });

  it.each([
    [
      'unknown templates',
      { ...prompt('full'), prompt_template: 'OPENAI_API_KEY' },
      'unknown_prompt_template',
    ],
    ['JSON that is none', '{', 'invalid_json'],
    ['bytes', Buffer.from('{}'), 'unsupported_media_type'],
    ['a reply without a match', prompt('int'), 'no_match'],
  ])('tells of %s and closes', async (_, message, code) => {
    upstream.play(chat.path, reply('None.'));
    const client = await open();
    client.send(message);
    expect(JSON.parse(await client.next(COLD_START_MS))).toMatchObject({
      code,
      request_id: expect.stringMatching(/./),
    });
    await client.closed;
    expect(client.frames).toHaveLength(1);
  });

  it('tells of a provider that failed, and nothing it said', async () => {
    upstream.play(chat.path, serverErrorWithBody);
    const client = await open();
    client.send(prompt('stream'));
    expect(JSON.parse(await client.next(COLD_START_MS))).toMatchObject({ code: 'upstream_error' });
    await client.closed;
    expect(client.frames.join() + offline.output()).not.toContain(PLANTED);
    expect(offline.output()).not.toContain(KEY);
    expect(offline.output()).not.toContain(user.token);
  });

  it('lets in by the subprotocol pair, and by the cookie of a trusted page', async () => {
    upstream.play(chat.path, reply('Hm.'));
    const headers = { cookie: `keyturn_session=${user.token}` };
    for (const options of [
      { protocols: ['bearer', user.token] },
      { headers, origin: 'http://localhost:5173' },
    ]) {
      const client = await open(options);
      client.send(prompt('full'));
      expect(await client.next(COLD_START_MS)).toBe('Hm.');
    }
  });

  it.each([
    ['no token', () => ({}), 401],
    ['a bad token', () => ({ token: 'x' }), 401],
    ['a token in the URL', () => ({ path: `/?token=${user.token}` }), 401],
    [
      'the cookie of a foreign page',
      () => ({ headers: { cookie: `keyturn_session=${user.token}` }, origin: 'https://evil.example' }),
      403,
    ],
  ])('refuses %s', async (_, options, status) => {
    const refusal = await refusedSocket(offline.url, { path: '/', ...options() });
    expect(refusal).toBeInstanceOf(HandshakeRefusal);
    expect(refusal.status).toBe(status);
  });

  it('knows of each message whether its session is still there', async () => {
    const session = await signUp(app.url);
    const client = await open({ token: session.token });
    await api(app.url, session.token).post('/api/auth/signout');
    client.send(prompt('full'));
    expect(JSON.parse(await client.next(COLD_START_MS))).toMatchObject({ code: 'unauthorized' });
    await client.closed;
    expect(upstream.requests).toHaveLength(0);
  });

  it('stops the provider when a frame finds the client gone', async () => {
    const { opened, open: openGate } = gate();
    const [head, first, , ...rest] = heldStream(chat, opened);
    upstream.play(chat.path, [
      head!,
      first!,
      { wait: opened },
      ...rest.slice(0, 1),
      ...hangInTheMiddle(chat).slice(-1),
    ]);
    const client = await open();
    client.send(prompt('stream'));
    await client.next(COLD_START_MS);
    client.webSocket.close();
    await client.closed;
    openGate();
    const request = await upstream.nextRequest();
    await request.over;
    expect(request.state).toBe('aborted');
  });
});
