import { once } from 'node:events';
import { request as openRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { createTestApp } from './support/app';
import { api, signUp, until } from './support/clients';
import { ask, type Ask, expectRefusal, get, post, sendBytes } from './support/requests';
import {
  chat,
  chatCompletion,
  gate,
  hangBeforeHeaders,
  heldStream,
  jsonAnswer,
} from './support/scripted-upstream';
import { StatelessSetting } from './support/stateless';

const MIB = 1024 ** 2;
const MESSAGES = [{ role: 'user', content: 'hi' }];
const JSON_TYPE = { 'content-type': 'application/json' };

const ofLength = (bytes: number): string => {
  const body = { model: 'gpt-4o-mini', messages: MESSAGES, user: '' };
  return JSON.stringify({ ...body, user: 'u'.repeat(bytes - JSON.stringify(body).length) });
};

describe('Request bodies', () => {
  let setting: StatelessSetting;
  const begun: ClientRequest[] = [];

  beforeAll(async () => {
    setting = await StatelessSetting.start({
      BODY_LIMIT: '64kb',
      V1_BODY_LIMIT: '4mb',
      BODIES_IN_MEMORY: '6mb',
    });
  });
  afterEach(async () => {
    for (const request of begun.splice(0)) request.destroy();
    await setting.forget();
  });
  afterAll(() => setting.stop());

  const bearer = () => ({ authorization: `Bearer ${setting.token}` });
  const isBooked = (rows: number) => until(async () => (await setting.booked()).length === rows);

  describe('over the limit', () => {
    const OWN = 'The request body is larger than 64 KiB (BODY_LIMIT).';
    const UNDER_V1 = 'The request body is larger than 4 MiB (V1_BODY_LIMIT).';

    it.each<[string, string, string]>([
      ['/api/chat', 'message', OWN],
      ['/api/tasks', 'message', OWN],
      ['/api/chat/stream', 'message', OWN],
      ['/v1/chat/completions', 'error', UNDER_V1],
      ['/v1/responses', 'error', UNDER_V1],
      ['/v1/embeddings', 'error', UNDER_V1],
    ])('are refused by %s with the limit and its variable', async (path, field, message) => {
      const { status, body } = await ask(setting.url, post(path, ofLength(5 * MIB)), setting.token);
      expect([status, field === 'error' ? body.error.message : body.message]).toEqual([413, message]);
    });

    it('name the bound of an upload', async () => {
      const request = begin(
        post('/v1/files', undefined, {
          'content-type': 'multipart/form-data; boundary=a',
          'content-length': String(600 * MIB),
        }),
      );
      expect(await answerOf(request)).toMatchObject({
        status: 413,
        body: { error: { message: 'The upload is larger than 513 MiB.', code: 'body_too_large' } },
      });
    });

    it.each([
      ['/api/chat', 5 * MIB],
      ['/v1/chat/completions', 60 * MIB],
    ])('are refused by %s before they are sent', async (path, bytes) => {
      const request = begin(post(path, undefined, { ...JSON_TYPE, 'content-length': String(bytes) }));
      const { status, headers } = await answerOf(request);
      expect([status, headers.connection]).toEqual([413, 'close']);
    });

    it.each([
      ['fetch', 60 * MIB, viaFetch],
      ['a client that reads only after it has sent everything', 30 * MIB, sendingFirst],
    ])('reach %s as an answer every time, never as a broken connection', async (_, bytes, via) => {
      const body = Buffer.alloc(bytes, 'a');
      for (let time = 0; time < 8; time++) {
        expect(await via(body)).toBe(413);
      }
    });

    it('leave the connections of others alone', async () => {
      begin(post('/api/chat', undefined, { ...JSON_TYPE, 'content-length': String(MIB) }));
      expect((await ask(setting.url, get('/health'))).status).toBe(200);
    });

    async function viaFetch(body: Buffer): Promise<number> {
      return (await ask(setting.url, post('/v1/chat/completions', body), setting.token)).status;
    }

    async function sendingFirst(body: Buffer): Promise<number> {
      const socket = await dial();
      const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.pause();
      socket.write(head);
      await new Promise<void>((resolve, reject) =>
        socket.write(body, (error) => (error == null ? resolve() : reject(error))),
      );
      socket.resume();
      const [first] = (await once(socket, 'data')) as [Buffer];
      return Number(/^HTTP\/1\.1 (\d+)/.exec(first.toString('latin1'))?.[1]);
    }
  });

  describe('that wait for 100 Continue', () => {
    const expecting = (path: string, over: Record<string, string> = {}): ClientRequest =>
      begin(post(path, undefined, { ...JSON_TYPE, expect: '100-continue', ...over }));

    it('are asked for, and answered', async () => {
      setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
      const body = ofLength(MIB);
      const request = expecting(chat.path, { 'content-length': String(body.length) });
      await once(request, 'continue');
      request.end(body);
      expect((await answerOf(request)).status).toBe(200);
    });

    it.each<[string, string, Record<string, string>, number]>([
      ['a body over the limit', '/api/chat', { 'content-length': String(MIB) }, 413],
      ['one over the limit of /v1', chat.path, { 'content-length': String(5 * MIB) }, 413],
      [
        'an upload over its limit',
        '/v1/files',
        { 'content-length': String(600 * MIB), 'content-type': 'multipart/form-data; boundary=a' },
        413,
      ],
      ['a body of another type', chat.path, { 'content-length': '5', 'content-type': 'text/plain' }, 415],
      ['a body to nowhere', '/v1/nothing', { 'content-length': '5' }, 404],
      ['one to nowhere below /api', '/api/nothing', { 'content-length': '5' }, 404],
    ])('are refused in its place: %s', async (_, path, headers, status) => {
      const request = expecting(path, headers);
      let isAskedFor = false;
      request.once('continue', () => (isAskedFor = true));
      const answer = await answerOf(request);
      expect([answer.status, answer.headers.connection, isAskedFor]).toEqual([status, 'close', false]);
    });

    it('are asked for one after the other on one connection', async () => {
      const socket = await dial();
      let received = '';
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      for (const time of [1, 2]) {
        socket.write(
          `POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${setting.token}\r\nContent-Type: application/json\r\n` +
            'Expect: 100-continue\r\nContent-Length: 13\r\n\r\n',
        );
        await until(() => received.split('100 Continue').length === time + 1);
        socket.write('{"title":"x"}');
        await until(() => received.split('201 Created').length === time + 1);
      }
      socket.destroy();
    });
  });

  it.each([
    ['/api/chat', (body: string) => expect(JSON.parse(body)).toMatchObject({ code: 'expectation_failed' })],
    ['/v1/models', (body: string) => expect(JSON.parse(body).error.code).toBe('expectation_failed')],
  ])('refuses an expectation that it does not know at %s', async (path, check) => {
    const bytes = `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    const { status, headers, body } = await sendBytes(setting.url, bytes);
    expect(status).toBe(417);
    expect(headers).toMatch(/x-request-id: /i);
    check(body);
  });

  describe('all together', () => {
    const large = () => post(chat.path, ofLength(3.5 * MIB), bearer());

    it('are refused beyond BODIES_IN_MEMORY, with the time to come again, until one is done', async () => {
      setting.upstream.play(chat.path, hangBeforeHeaders);
      const first = begin(large());
      await setting.upstream.nextRequest();
      const refused = await ask(setting.url, large());
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(refused.body.error).toMatchObject({ type: 'server_error', code: 'server_busy' });
      // Small bodies still fit.
      expect((await ask(setting.url, post('/api/tasks', { title: 'x' }), setting.token)).status).toBe(201);
      first.destroy();
      await isBooked(1);
      setting.upstream.reset();
      setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
      await until(async () => (await ask(setting.url, large())).status === 200);
    });

    it('are counted no more once their answers have begun', async () => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, heldStream(chat, opened));
      const body = ofLength(3.5 * MIB).replace('{', '{"stream":true,');
      const answers = [];
      for (let count = 0; count < 3; count++) {
        answers.push(
          await fetch(setting.url + chat.path, {
            method: 'POST',
            headers: { ...JSON_TYPE, ...bearer() },
            body,
          }),
        );
      }
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      open();
      for (const answer of answers) expect(await answer.text()).toContain('[DONE]');
    });

    it('are refused in the form of every other door', async () => {
      const small = await createTestApp({ BODY_LIMIT: '8kb', V1_BODY_LIMIT: '8kb', BODIES_IN_MEMORY: '8kb' });
      try {
        const { token } = await signUp(small.url);
        const held = begin(
          post('/api/tasks', undefined, { ...JSON_TYPE, 'content-length': '8000' }),
          small.url,
        );
        held.write(' '.repeat(7000));
        await until(async () => {
          const answer = await ask(small.url, post('/api/tasks', ' '.repeat(2000)), token);
          if (answer.status !== 503) return false;
          expectRefusal(answer, 503, 'server_busy');
          return true;
        });
        held.destroy();
        await until(
          async () => (await api(small.url, token).post('/api/tasks', { title: 'x' })).status === 201,
        );
      } finally {
        await small.stop();
      }
    });
  });

  /** Sends the head, and the body if there is one. */
  function begin({ method, path, headers, body }: Ask, url = setting.url): ClientRequest {
    const length = body === undefined ? {} : { 'content-length': String((body as string).length) };
    const all = { ...bearer(), ...JSON_TYPE, ...headers, ...length };
    const request = openRequest(url + path, { method, headers: all, agent: false });
    request.on('error', () => undefined);
    begun.push(request);
    if (body === undefined) request.flushHeaders();
    else request.end(body);
    return request;
  }

  async function answerOf(request: ClientRequest) {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = (await json(response)) as Record<string, unknown>;
    return { status: response.statusCode, headers: response.headers, body };
  }

  async function dial(): Promise<Socket> {
    const socket = connect(Number(new URL(setting.url).port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }
});
