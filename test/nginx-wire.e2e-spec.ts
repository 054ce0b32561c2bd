import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { bodyTooLarge } from '../src/common/body-limit';
import { toErrorBody } from '../src/common/error-body';
import { toOpenAiErrorBody } from '../src/common/openai-error-body';
import { VARIABLES } from '../src/config/environment';
import { freePort } from './support/free-port';
import { NGINX_CONF, type RunningNginx, startNginx } from './support/nginx';
import { requestBytes, withSecondHost } from './support/raw-client';
import { ask, get, post, sendBytes } from './support/requests';
import { jsonAnswer, type ScriptedUpstream, startScriptedUpstream } from './support/scripted-upstream';

/** What the configuration in deploy/ does to requests and answers, seen from both sides; the app is scripted. */
describe('nginx', () => {
  let app: ScriptedUpstream;
  let nginx: RunningNginx;

  beforeAll(async () => {
    app = await startScriptedUpstream();
    nginx = await startNginx(app.baseUrl);
  });
  afterEach(() => app.reset());
  afterAll(async () => {
    await nginx.stop();
    await app.stop();
  });

  describe('tells the app', () => {
    const headersFor = async (bytes: Buffer | string) => {
      app.play(() => true, jsonAnswer({}));
      await sendBytes(nginx.url, bytes);
      return (await app.nextRequest()).headers;
    };
    const asked = (headers: Record<string, string>) =>
      requestBytes(
        { method: 'GET', path: '/api/tasks', headers: { connection: 'close', ...headers } },
        'token',
      );

    it('the client’s address and scheme as it sees them, and nothing that the client says of them', async () => {
      const headers = await headersFor(
        asked({
          'x-forwarded-for': '203.0.113.7, 198.51.100.1',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'evil.example',
          forwarded: 'for=203.0.113.7;host=evil.example',
        }),
      );
      expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
      expect(headers).not.toHaveProperty('x-forwarded-host');
      expect(headers).not.toHaveProperty('forwarded');
    });

    it('the Host with its port, which the origin rule compares, and the token', async () => {
      const headers = await headersFor(asked({ host: 'chat.example.com:8443' }));
      expect(headers).toMatchObject({ host: 'chat.example.com:8443', authorization: 'Bearer token' });
    });

    it.each([
      ['the client’s own request id', 'an-id.of_9', /^an-id\.of_9$/],
      ['an id of nginx for one that the app would not take', 'not an id', /^[0-9a-f]{32}$/],
    ])('%s, and logs it', async (_, given, expected) => {
      const { 'x-request-id': id } = await headersFor(asked({ 'x-request-id': given }));
      expect(id).toMatch(expected);
      expect(nginx.accessLog()).toContain(` ${id as string}\n`);
    });

    it('of no upgrade but to WebSocket on /ws', async () => {
      for (const [path, upgrade] of [
        ['/api/tasks', 'websocket'],
        ['/ws', 'h2c'],
        ['/ws/other', 'websocket'],
      ]) {
        const headers = { connection: 'upgrade, close', upgrade: upgrade! };
        const seen = await headersFor(requestBytes({ method: 'GET', path: path!, headers }));
        expect(seen).not.toHaveProperty('upgrade');
        expect(seen.connection).toBeUndefined();
      }
    });
  });

  it('refuses two Host headers', async () => {
    const bytes = requestBytes(get('/api/tasks', { connection: 'close' }));
    expect((await sendBytes(nginx.url, withSecondHost(bytes))).status).toBe(400);
    expect(app.requests).toEqual([]);
  });

  it('writes no query into its log', async () => {
    app.play('/api/tasks', jsonAnswer({}));
    await ask(nginx.url, get('/api/tasks?q=what-a-user-wrote'));
    expect(nginx.accessLog()).toContain('"GET /api/tasks"');
    expect(nginx.accessLog()).not.toContain('what-a-user-wrote');
  });

  it('answers what is too large in the form of the app', async () => {
    const { BODY_LIMIT, V1_BODY_LIMIT } = VARIABLES;
    const tooLarge = (maxBytes: number, variable: string) => bodyTooLarge({ maxBytes, variable });
    const own = await ask(
      nginx.url,
      post('/api/chat', Buffer.alloc(BODY_LIMIT.fallback + 1, 'a'), { 'x-request-id': 'mine' }),
    );
    expect([own.status, own.headers.get('x-request-id')]).toEqual([413, 'mine']);
    expect(own.body).toEqual(toErrorBody(tooLarge(BODY_LIMIT.fallback, 'BODY_LIMIT'), 'mine'));
    const openai = await ask(
      nginx.url,
      post('/v1/chat/completions', Buffer.alloc(V1_BODY_LIMIT.fallback + 1, 'a')),
    );
    expect(openai.status).toBe(413);
    expect(openai.body).toEqual(toOpenAiErrorBody(tooLarge(V1_BODY_LIMIT.fallback, 'V1_BODY_LIMIT')));
    expect(app.requests).toEqual([]);
  });

  it('lets a body of V1_BODY_LIMIT pass under /v1, and to nothing else', async () => {
    app.play(() => true, jsonAnswer({}));
    const body = Buffer.alloc(VARIABLES.V1_BODY_LIMIT.fallback, 'a');
    expect((await ask(nginx.url, post('/v1/chat/completions', body))).status).toBe(200);
    expect((await ask(nginx.url, post('/V1/Responses', body))).status).toBe(200);
    expect((await ask(nginx.url, post('/api/v1/chat', body))).status).toBe(413);
    expect(nginx.errorLog()).not.toContain('buffered to a temporary file');
  });

  it('answers for an app that is down in its form, and says when to come again', async () => {
    const lonely = await startNginx(`http://127.0.0.1:${await freePort()}`);
    try {
      const own = await ask(lonely.url, post('/api/chat', {}));
      const openai = await ask(lonely.url, post('/v1/chat/completions', {}));
      expect([own.status, own.body.code, own.headers.get('retry-after')]).toEqual([
        503,
        'shutting_down',
        '5',
      ]);
      expect([openai.status, openai.body.error.type]).toEqual([503, 'server_error']);
    } finally {
      await lonely.stop();
    }
  });

  it('leaves the app’s own errors as they are', async () => {
    for (const status of [404, 413, 502, 504]) {
      app.play('/api/chat', jsonAnswer({ code: 'of_the_app' }, status));
      const answer = await ask(nginx.url, post('/api/chat', {}));
      expect([answer.status, answer.body]).toEqual([status, { code: 'of_the_app' }]);
    }
  });

  describe('with another server behind it', () => {
    it('carries WebSockets', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/ws' });
      server.on('connection', (socket, request) =>
        socket.send(
          `${request.headers['sec-websocket-protocol']} from ${request.headers['x-forwarded-for'] as string}`,
        ),
      );
      await once(server, 'listening');
      const front = await startNginx(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      try {
        const client = new WebSocket(`${front.url.replace('http', 'ws')}/ws`, ['bearer', 'a-token']);
        const [text] = (await once(client, 'message')) as [Buffer];
        expect(text.toString()).toBe('bearer,a-token from 127.0.0.1');
        const closed = once([...server.clients][0]!, 'close');
        client.terminate();
        await closed;
      } finally {
        await front.stop();
        server.close();
      }
    });

    it('keeps one connection for requests one after the other', async () => {
      let connections = 0;
      const server = createServer((_, res) => res.end('{}')).on('connection', () => (connections += 1));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const front = await startNginx(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      try {
        for (let sent = 0; sent < 3; sent++) await ask(front.url, get('/health'));
        expect(connections).toBe(1);
      } finally {
        await front.stop();
        server.close();
      }
    });
  });

  describe('waits', () => {
    const seconds = (directive: string): number =>
      Number(new RegExp(`^\\s*${directive} (\\d+)s;`, 'm').exec(NGINX_CONF)?.[1]);

    it('longer than the app, which tells more of a time-out', () => {
      const { TURN_TIMEOUT, UPSTREAM_TIMEOUT, UPSTREAM_IDLE_TIMEOUT } = VARIABLES;
      for (const { fallback } of [TURN_TIMEOUT, UPSTREAM_TIMEOUT, UPSTREAM_IDLE_TIMEOUT]) {
        expect(seconds('proxy_read_timeout') * 1000).toBeGreaterThan(fallback);
      }
    });

    it('less than the app before it closes an idle connection between them', () => {
      expect(seconds('keepalive_timeout') * 1000).toBeLessThan(VARIABLES.KEEP_ALIVE_TIMEOUT.fallback);
    });
  });
});
