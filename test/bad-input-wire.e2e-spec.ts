import { once } from 'node:events';
import { request as openRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { expectUnharmed, prepare, type Setting } from './support/bad-input';
import { until } from './support/clients';
import { expectRefusal, sendBytes } from './support/requests';

const HOST = 'Host: localhost\r\n';
const CLOSE = 'Connection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const MIB = 1024 ** 2;

describe('Bad input on the wire', () => {
  let setting: Setting;
  let bearer: string;
  beforeAll(async () => {
    setting = await prepare();
    bearer = `Authorization: Bearer ${setting.token}\r\n`;
  });
  afterEach(() => expectUnharmed(setting));
  afterAll(() => setting.app.stop());

  const send = (bytes: string | Buffer) => sendBytes(setting.app.url, bytes);
  const head = (line: string, ...headers: string[]): string =>
    `${line} HTTP/1.1\r\n${headers.join('')}${CLOSE}\r\n`;

  // Node's parser answers these before a request exists: a status, no body.
  it.each<[string, number, string | Buffer]>([
    ['no HTTP', 400, 'hello\r\n\r\n'],
    ['a TLS greeting', 400, Buffer.from('16030100c5010000c10303', 'hex')],
    ['the greeting of HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', 400, head('HACK /health', HOST)],
    ['an unknown version', 400, 'GET /health HTTP/9.9\r\n\r\n'],
    ['a NUL in the path', 400, head('GET /health\0', HOST)],
    ['raw bytes in the path', 400, head('GET /api/tasks/ü', HOST)],
    ['a NUL in a header', 400, head('GET /health', HOST, 'X-A: a\0b\r\n')],
    ['a header without a colon', 400, head('GET /health', HOST, 'nonsense\r\n')],
    ['a space before the colon', 400, head('GET /health', HOST, 'X-A : a\r\n')],
    ['a folded header', 400, head('GET /health', HOST, 'X-A: a\r\n b\r\n')],
    ['bare line feeds', 400, 'GET /health HTTP/1.1\nHost: x\n\n'],
    [
      'an invalid Transfer-Encoding',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Transfer-Encoding: nonsense\r\n')}{}`,
    ],
    [
      'chunked, but not last',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Transfer-Encoding: chunked, gzip\r\n')}0\r\n\r\n`,
    ],
    [
      'two ways to tell the length',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n')}2\r\n{}\r\n0\r\n\r\n`,
    ],
    [
      'two lengths',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Content-Length: 2\r\nContent-Length: 3\r\n')}{} `,
    ],
    ['a negative length', 400, `${head('POST /api/chat', HOST, JSON_TYPE, 'Content-Length: -1\r\n')}{}`],
    [
      'a length of 2^64',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Content-Length: 18446744073709551616\r\n')}{}`,
    ],
    ['a length in hex', 400, `${head('POST /api/chat', HOST, JSON_TYPE, 'Content-Length: 0x2\r\n')}{}`],
    [
      'a chunk size that is none',
      400,
      `${head('POST /api/chat', HOST, JSON_TYPE, 'Transfer-Encoding: chunked\r\n')}zz\r\n{}\r\n0\r\n\r\n`,
    ],
    ['a header of 20 KB', 431, head('GET /health', HOST, `X-A: ${'a'.repeat(20_000)}\r\n`)],
    ['a URL of 20 KB', 431, head(`GET /api/tasks?q=${'a'.repeat(20_000)}`, HOST)],
    ['CONNECT', 0, head('CONNECT localhost:443', HOST)],
  ])('refuses %s', async (_, status, bytes) => {
    const answer = await send(bytes);
    expect(answer.status).toBe(status);
    expect(answer.body).toBe('');
  });

  it.each<[string, number, string | undefined, () => string]>([
    [
      'two Authorization headers by the first, good one',
      200,
      undefined,
      () => head('GET /api/auth/me', HOST, bearer, 'Authorization: Bearer x\r\n'),
    ],
    [
      'two Authorization headers by the first, bad one',
      401,
      'unauthorized',
      () => head('GET /api/auth/me', HOST, 'Authorization: Bearer x\r\n', bearer),
    ],
    [
      'two Host headers',
      200,
      undefined,
      () => head('GET /api/auth/me', HOST, 'Host: evil.example\r\n', bearer),
    ],
    ['a Host that is none', 200, undefined, () => head('GET /api/auth/me', 'Host: a b/?#@[\r\n', bearer)],
    [
      'a cookie whose page claims a Host that is none',
      403,
      'origin_not_allowed',
      () => head('GET /api/auth/me', 'Host: [\r\n', 'Origin: http://[\r\n', 'Cookie: keyturn_session=a\r\n'),
    ],
    ['a whole URL', 404, 'not_found', () => head('GET http://evil.example/api/nothing', HOST)],
    ['a path of two hosts', 404, 'not_found', () => head('GET //evil.example/api/tasks', HOST)],
    ['dots that no client folded', 404, 'not_found', () => head('GET /docs/../../package.json', HOST)],
    ['an asterisk', 404, 'not_found', () => head('GET *', HOST)],
    ['TRACE', 405, 'method_not_allowed', () => head('TRACE /api/tasks', HOST, bearer)],
    [
      'an upgrade that there is not',
      404,
      'not_found',
      () => head('GET /nothing', HOST, 'Upgrade: websocket\r\n'),
    ],
    [
      '2,000 headers',
      200,
      undefined,
      () => head('GET /health', HOST, ...Array.from({ length: 2000 }, (_, at) => `a${at}:\r\n`)),
    ],
    [
      'a forged chain of proxies',
      200,
      undefined,
      () =>
        head('GET /health', HOST, `X-Forwarded-For: ${'1,'.repeat(5000)}\r\n`, 'X-Forwarded-Proto: a:b\r\n'),
    ],
    [
      'no body where chunks were said',
      400,
      'validation_failed',
      () => `${head('POST /api/chat', HOST, bearer, JSON_TYPE, 'Transfer-Encoding: chunked\r\n')}0\r\n\r\n`,
    ],
    [
      'a GET with a body of text',
      415,
      'unsupported_media_type',
      () => `${head('GET /api/tasks', HOST, bearer, 'Content-Length: 2\r\n')}hi`,
    ],
  ])('answers %s', async (_, status, code, bytes) => {
    const answer = await send(bytes());
    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.body) as { code?: string }).code).toBe(code);
  });

  it('refuses a request without Host', async () => {
    expect((await send(head('GET /health'))).status).toBe(400);
  });

  it('does not take a refused body for the next request', async () => {
    const smuggled = `DELETE ${setting.owned.task} HTTP/1.1\r\n${HOST}${bearer}\r\n`;
    const refused = `POST /api/chat HTTP/1.1\r\n${HOST}${bearer}Content-Type: text/plain\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`;
    const { body } = await send(refused + head('GET /health/live', HOST));
    expect(body).toContain('unsupported_media_type');
    expect(body).toContain('{"status":"live"}');
    expect((await setting.user.get(setting.owned.task)).status).toBe(200);
  });

  it.each([
    ['half a request line', 'GET /api/ta'],
    ['half a header', `GET /api/tasks HTTP/1.1\r\n${HOST}Author`],
    ['half a body', `POST /api/chat HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 50\r\n\r\n{"mess`],
    [
      'half a chunk',
      `POST /api/chat HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nff\r\n{"mess`,
    ],
  ])('serves others while 50 clients have sent %s, and lets go of who leaves', async (_, half) => {
    const before = await openConnections();
    const clients = Array.from({ length: 50 }, () =>
      connect(Number(new URL(setting.app.url).port), '127.0.0.1'),
    );
    await Promise.all(clients.map(async (client) => once(client, 'connect')));
    for (const client of clients) client.on('error', () => undefined).write(half);
    expect((await setting.user.post('/api/tasks', { title: 'x' })).status).toBe(201);
    for (const client of clients) leave(client);
    await until(async () => (await openConnections()) <= before + 2);
  });

  const openConnections = (): Promise<number> =>
    new Promise((resolve, reject) =>
      setting.app.app
        .getHttpServer()
        .getConnections((error: Error | null, count: number) =>
          error === null ? resolve(count) : reject(error),
        ),
    );
  const leave = (client: Socket): void => void client.resetAndDestroy();

  it.each([
    ['2 MiB in chunks', 2 * MIB],
    ['20 MiB in chunks', 20 * MIB],
  ])('refuses %s', async (_, bytes) => {
    const request = openRequest(`${setting.app.url}/api/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${setting.token}`, 'content-type': 'application/json' },
    });
    for (let sent = 0; sent < bytes; sent += 65_536) {
      if (!request.write(' '.repeat(65_536))) await once(request, 'drain');
    }
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const headers = new Headers(response.headers as Record<string, string>);
    expectRefusal(
      { status: response.statusCode!, headers, body: await json(response) },
      413,
      'body_too_large',
    );
    expect(headers.get('connection')).toBe('close');
  });
});
