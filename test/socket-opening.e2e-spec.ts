import { shutDown } from '../src/app.shutdown';
import type { TestApp } from './support/app';
import { api, type Session, signUp, until } from './support/clients';
import { sendBytes } from './support/requests';
import {
  chat,
  gate,
  hangInTheMiddle,
  heldStream,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';
import { openSocket, refusedSocket, type SocketClient, type SocketOptions } from './support/socket-client';
import { MESSAGES, prompt, reply, startSocketApp } from './support/socket-door';

describe('The socket', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let user: Session;
  const clients: SocketClient[] = [];
  const apps: TestApp[] = [];

  /** An app for the test alone, and a user who is not its first. */
  const start = async (environment?: Record<string, string>) => {
    const started = await startSocketApp(upstream, environment);
    apps.push(started);
    const admin = await signUp(started.url);
    return { ...started, admin, user: await signUp(started.url) };
  };

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    ({ user, ...app } = await start());
    apps.length = 0;
  });
  afterEach(async () => {
    clients.splice(0).forEach(({ webSocket }) => webSocket.terminate());
    upstream.reset();
    for (const started of apps.splice(0)) await started.stop();
  });
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
  });

  const open = async (options: SocketOptions = { token: user.token }, url = app.url) => {
    const client = await openSocket(url, options);
    clients.push(client);
    return client;
  };

  describe('lets in', () => {
    const answersTo = async (options: SocketOptions, url = app.url): Promise<SocketClient> => {
      upstream.play(chat.path, reply('Hm.'));
      const client = await open(options, url);
      client.send(prompt('full'));
      expect(await client.next()).toBe('Hm.');
      return client;
    };
    const cookie = () => `keyturn_session=${user.token}`;

    it('by the subprotocol pair, of which it answers the first', async () => {
      const { webSocket } = await answersTo({ protocols: ['bearer', user.token] });
      expect(webSocket.protocol).toBe('bearer');
    });

    it.each([
      ['no page', () => undefined],
      ['a page of its own', () => app.url],
      ['a page of CORS_ORIGINS', () => 'http://localhost:5173'],
    ])('by the cookie, for %s', async (_, origin) => {
      await answersTo({ headers: { cookie: cookie() }, origin: origin() });
    });

    it.each<[string, string | undefined]>([
      ['a slash at its end', '/ws/'],
      ['a slash and a query', '/ws/?a=b'],
    ])('at an address with %s', async (_, path) => {
      await answersTo({ token: user.token, path });
    });

    it.each<[scheme: string, origin: string, trusted: string, isIn: boolean]>([
      ['wss', 'https://chat.home.example', '1', true],
      ['https', 'https://chat.home.example', '1', true],
      ['WSS', 'https://chat.home.example', '1', true],
      ['ws', 'http://chat.home.example', '1', true],
      ['ws', 'https://chat.home.example', '1', false],
      ['wss', 'http://chat.home.example', '1', false],
      ['wss', 'https://evil.example', '1', false],
      ['wss', 'https://chat.home.example', '0', false],
    ])(
      'by the cookie behind a proxy that says %s, for %s with TRUST_PROXY=%s: %s',
      async (scheme, origin, hops, isIn) => {
        const behind = await start({ TRUST_PROXY: hops });
        const headers = {
          cookie: `keyturn_session=${behind.user.token}`,
          host: 'chat.home.example',
          'x-forwarded-proto': scheme,
        };
        if (isIn) await answersTo({ headers, origin }, behind.url);
        else {
          expect(await refusedSocket(behind.url, { headers, origin })).toMatchObject({
            status: 403,
            body: { code: 'origin_not_allowed' },
          });
        }
      },
    );

    it('by a token that a foreign page holds itself, whatever its cookie', async () => {
      const headers = { cookie: cookie() };
      await answersTo({ protocols: ['bearer', user.token], origin: 'https://evil.example', headers });
    });

    it('the rest to the app: other upgrades are ignored, bodies and all', async () => {
      const email = 'upgrade@example.com';
      const body = JSON.stringify({ email, password: 'a long enough passphrase' });
      const answer = await sendBytes(
        app.url,
        `POST /api/auth/signup HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n` +
          `HTTP2-Settings: AAEAAEAA\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect([answer.status, JSON.parse(answer.body).user.email]).toEqual([201, email]);
    });

    it('a session for as long as it lasts', async () => {
      const session = await signUp(app.url);
      const client = await answersTo({ token: session.token });
      await api(app.url, session.token).post('/api/auth/signout');
      client.send(prompt('full'));
      expect(JSON.parse(await client.next())).toMatchObject({
        code: 'unauthorized',
        message: 'Sign in required.',
      });
      expect((await client.closed).code).toBe(1008);
      expect(upstream.requests).toHaveLength(1);
      expect((await refusedSocket(app.url, { token: session.token })).status).toBe(401);
    });

    it('callers without a token, where they are, but no foreign page’s', async () => {
      const opened = await start({ ANONYMOUS_ACCESS: 'proxy', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1' });
      const refusal = await refusedSocket(opened.url, { origin: 'https://evil.example' });
      expect(refusal).toMatchObject({ status: 403, body: { code: 'origin_not_allowed' } });
      const client = await answersTo({ origin: 'http://localhost:5173' }, opened.url);
      client.send(prompt('full'));
      expect(JSON.parse(await client.next())).toMatchObject({ code: 'rate_limited' });
      expect((await client.closed).code).toBe(1013);
      const rows = await until(async () => {
        const found = await opened.database.query('SELECT user_id FROM usage_ledger');
        return found.length > 0 && found;
      });
      expect(rows).toEqual([{ user_id: null }]);
    });
  });

  describe('limits', () => {
    it('requests in one sum with those of the other doors, and no admin’s', async () => {
      const limited = await start({ RATE_LIMIT_PER_MINUTE: '2' });
      const { admin, user: other } = limited;
      upstream.play(chat.path, reply('Hm.'));
      await api(limited.url, other.token).post('/api/chat', { messages: MESSAGES });
      const client = await open({ token: other.token }, limited.url);
      client.send(prompt('full'));
      expect(await client.next()).toBe('Hm.');
      client.send(prompt('full'));
      expect(JSON.parse(await client.next())).toMatchObject({ code: 'rate_limited' });
      const { code, reason } = await client.closed;
      expect([code, reason]).toEqual([1013, expect.stringMatching(/^rate_limited, retry after \d+ s$/)]);
      const free = await open({ token: admin.token }, limited.url);
      for (let sent = 0; sent < 3; sent++) free.send(prompt('full'));
      for (let sent = 0; sent < 3; sent++) expect(await free.next()).toBe('Hm.');
    });

    it('how many sockets a user has open', async () => {
      const limited = await start({ MAX_STREAMS_PER_USER: '1' });
      const [one, other] = [limited.user, await signUp(limited.url)];
      const first = await open({ token: one.token }, limited.url);
      const refusal = await refusedSocket(limited.url, { token: one.token });
      expect(refusal).toMatchObject({
        status: 429,
        headers: { 'retry-after': '5' },
        body: { code: 'too_many_streams' },
      });
      await open({ token: other.token }, limited.url);
      first.webSocket.close();
      await until(() => open({ token: one.token }, limited.url).catch(() => undefined));
    });
  });

  describe('when the server goes down', () => {
    it('is closed at once where it is idle', async () => {
      const leaving = await start();
      const client = await open({ token: leaving.user.token }, leaving.url);
      await shutDown(leaving.app, 5000);
      expect((await client.closed).code).toBe(1001);
    });

    it('has its answer within the grace, and no other', async () => {
      const leaving = await start();
      const { opened, open: openGate } = gate();
      upstream.play(chat.path, heldStream(chat, opened));
      const [client, last] = [
        await open({ token: leaving.user.token }, leaving.url),
        await open({ token: leaving.user.token }, leaving.url),
      ];
      client.send(prompt('stream'));
      client.send(prompt('full'));
      last.send(prompt('stream'));
      expect([await client.next(), await last.next()]).toEqual(['Hello', 'Hello']);
      const down = shutDown(leaving.app, 5000);
      expect(await refusedSocket(leaving.url, { token: leaving.user.token })).toMatchObject({
        status: 503,
        body: { code: 'shutting_down' },
      });
      openGate();
      expect(await client.until('<END>')).toEqual([' world', '<END>']);
      expect(JSON.parse(await client.next())).toMatchObject({ code: 'shutting_down' });
      expect((await client.closed).code).toBe(1011);
      expect(await last.until('<END>')).toEqual([' world', '<END>']);
      expect((await last.closed).code).toBe(1001);
      await down;
    });

    it('is told of what the grace did not suffice for', async () => {
      const leaving = await start();
      upstream.play(chat.path, hangInTheMiddle(chat));
      const client = await open({ token: leaving.user.token }, leaving.url);
      client.send(prompt('stream'));
      await client.next();
      await shutDown(leaving.app, 100);
      expect(JSON.parse(await client.next())).toMatchObject({ code: 'shutting_down' });
      expect((await client.closed).code).toBe(1011);
      expect(client.frames).not.toContain('<END>');
      const outcomes = await leaving.database.query('SELECT outcome FROM usage_ledger');
      expect(outcomes).toEqual([{ outcome: 'interrupted' }]);
    });
  });
});
