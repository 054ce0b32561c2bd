import { once } from 'node:events';
import { request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { api, type Api, signUp, until } from './support/clients';
import { neverReading, requestBytes } from './support/raw-client';
import { ask, type Ask, get, post } from './support/requests';
import { gate, hangBeforeHeaders, jsonAnswer, MIB, type Script } from './support/scripted-upstream';
import { askRaw, StatelessSetting } from './support/stateless';

const PATH = '/v1/files';
const BOUNDARY = 'a-boundary-of-the-client';

/** A form as a client writes it; the file name is inserted unchanged. */
function form(content: Buffer | string, name: Buffer | string = 'list.txt'): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n`),
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="`),
    Buffer.from(name as string),
    Buffer.from('"\r\nContent-Type: text/plain\r\n\r\n'),
    Buffer.from(content as string),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

const upload = (body: Buffer, headers: Record<string, string> = {}): Ask =>
  post(PATH, body, { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers });

const fileNamed = (id: string, over: object = {}) => ({
  id,
  object: 'file',
  bytes: 3,
  created_at: 1_795_000_000,
  filename: 'list.txt',
  purpose: 'user_data',
  status: 'processed',
  ...over,
});

describe('Files under /v1', () => {
  let setting: StatelessSetting;
  let user: Api;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
    user = api(setting.url, setting.token);
  });
  afterEach(async () => {
    await setting.forget();
    await setting.app.database.query('TRUNCATE upstream_objects');
  });
  afterAll(() => setting.stop());

  const play = (...scripts: [Script, ...Script[]]) => setting.upstream.play(PATH, ...scripts);
  const send = (asked: Ask) => ask(setting.url, asked, setting.token);
  const dial = (): Socket => {
    const { hostname, port } = new URL(setting.url);
    return connect({ host: hostname, port: Number(port) });
  };
  /** Gives the user a file. */
  async function have(id: string): Promise<void> {
    play(jsonAnswer(fileNamed(id)));
    expect((await send(upload(form('abc')))).status).toBe(200);
  }

  describe('go up', () => {
    it('as the client sent them, and are answered as the provider does', async () => {
      const body = form(Buffer.from([0, 1, 255, 13, 10, 0x2d, 0x2d]));
      play(jsonAnswer(fileNamed('file-1', { own: 1 }), 201));
      const answer = await askRaw(setting.url, upload(body), setting.token);
      const [received] = setting.upstream.requests;
      expect([answer.status, JSON.parse(answer.bytes.toString())]).toEqual([
        201,
        fileNamed('file-1', { own: 1 }),
      ]);
      expect(received!.body.equals(body)).toBe(true);
      expect(received!.headers).toEqual({
        host: expect.any(String),
        connection: 'keep-alive',
        authorization: 'Bearer sk-test-key-that-must-never-be-seen',
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': String(body.length),
        'accept-encoding': 'identity',
        'x-client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(await setting.booked()).toMatchObject([
        {
          door: 'v1',
          model: 'none',
          outcome: 'completed',
          is_estimated: false,
          input: 0,
          output: 0,
          cost: 0,
        },
      ]);
    });

    it('also in pieces of no length told', async () => {
      const body = form('abc');
      play(jsonAnswer(fileNamed('file-1')));
      const { headers } = upload(body);
      const request = openRequest(setting.url + PATH, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${setting.token}` },
      });
      request.write(body.subarray(0, 50));
      const received = await setting.upstream.nextRequest();
      request.end(body.subarray(50));
      const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
      response.resume();
      expect(response.statusCode).toBe(200);
      expect(received.body.equals(body)).toBe(true);
      expect(received.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    });

    it('no faster than the provider takes them', async () => {
      const { opened, open } = gate();
      const body = form(Buffer.alloc(64 * MIB, 'x'));
      play([{ wait: opened }, { readBody: true }, ...jsonAnswer(fileNamed('file-1'))]);
      const socket = dial();
      const answered = once(socket, 'data');
      socket.write(requestBytes(upload(body), setting.token));
      const taken = () => socket.bytesWritten - socket.writableLength;
      let last = -1;
      let still = 0;
      await until(() => {
        still = taken() === last ? still + 1 : 0;
        last = taken();
        return setting.upstream.requests.length > 0 && still === 10;
      });
      expect(last).toBeLessThan(32 * MIB);
      open();
      await answered;
      expect(setting.upstream.requests[0]!.body.equals(body)).toBe(true);
      socket.destroy();
    });

    it.each<[string, Buffer | string]>([
      ['that climbs', '../../../../etc/passwd'],
      ['of another system', 'C:\\windows\\system32\\a.dll'],
      ['that ends its line', 'a\r\nX-Injected: yes'],
      ['that closes its quotes', 'a"; filename="b'],
      ['with a NUL', 'a\0.txt'],
      ['that is no UTF-8', Buffer.from([0xff, 0xfe, 0x2e])],
      ['of right-to-left letters', '\u202etxt.exe'],
      ['of nothing', ''],
      ['that is long', 'x'.repeat(100_000)],
      ['that means something to a shell', '$(reboot) `id` %n %s ${jndi:ldap://x}'],
      ['that means something to JavaScript', '__proto__'],
    ])('with a name %s as bytes, of which no log tells', async (_, name) => {
      const body = form('abc', name);
      play(jsonAnswer(fileNamed('file-1', { filename: Buffer.from(name as string).toString('latin1') })));
      const logged = setting.app.log().length;
      expect((await send(upload(body))).status).toBe(200);
      expect(setting.upstream.requests[0]!.body.equals(body)).toBe(true);
      expect((await user.get(PATH)).body.data).toMatchObject([{ id: 'file-1' }]);
      const log = setting.app.log().slice(logged);
      expect(log).not.toContain('request_failed');
      for (const secret of ['passwd', 'a.dll', 'X-Injected', 'txt.exe', 'xxxx', 'reboot', '__proto__']) {
        expect(log).not.toContain(secret);
      }
    });

    it('until the client leaves, of which the provider hears within a second', async () => {
      play([{ readBody: true }]);
      const bytes = requestBytes(upload(form(Buffer.alloc(MIB))), setting.token);
      const socket = dial();
      socket.write(bytes.subarray(0, bytes.length / 2));
      const request = await setting.upstream.nextRequest();
      await until(() => request.state === 'open' && request.body.length > 0);
      socket.destroy();
      const leftAt = Date.now();
      await request.over;
      expect(request.state).toBe('aborted');
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
      expect(await setting.booked()).toMatchObject([{ outcome: 'cancelled', model: 'none' }]);
      expect(await setting.app.database.query('SELECT FROM upstream_objects')).toEqual([]);
    });

    it('and are refused before they are up, with the rest thrown away', async () => {
      // The provider answers without reading the body.
      const refusal = jsonAnswer(
        { error: { message: 'No.', type: 'x', code: 'bad_purpose', param: 'purpose' } },
        400,
      );
      setting.upstream.play(PATH, [{ wait: Promise.resolve() }, ...refusal, { readBody: true }]);
      const socket = dial();
      const answered = once(socket, 'data') as Promise<[Buffer]>;
      // Such a client reads the answer only after it has sent everything.
      const bytes = requestBytes(upload(form(Buffer.alloc(16 * MIB))), setting.token);
      await new Promise((resolve) => socket.write(bytes, resolve));
      const [head, body] = String((await answered)[0]).split('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 /);
      expect(JSON.parse(body!).error).toEqual({
        message: 'No.',
        type: 'invalid_request_error',
        code: 'bad_purpose',
        param: 'purpose',
      });
      const next = once(socket, 'data') as Promise<[Buffer]>;
      socket.write(requestBytes(get('/v1/models'), setting.token));
      expect(String((await next)[0])).toMatch(/^HTTP\/1\.1 200 /);
      socket.destroy();
    });

    it('not beyond OpenAI’s own bound', async () => {
      play(jsonAnswer(fileNamed('file-1')));
      const total = 514 * MIB;
      const piece = Buffer.alloc(4 * MIB);
      const request = openRequest(setting.url + PATH, {
        method: 'POST',
        headers: {
          ...upload(piece).headers,
          authorization: `Bearer ${setting.token}`,
          'content-length': total,
        },
      });
      request.on('error', () => undefined);
      const answered = once(request, 'response') as Promise<[{ statusCode: number }]>;
      // The declared length suffices for a refusal: the rest need not be sent.
      request.write(piece);
      const [response] = await answered;
      request.destroy();
      expect(response.statusCode).toBe(413);
      expect(setting.upstream.requests).toEqual([]);
    });

    it.each<[string, Record<string, string>]>([
      ['JSON', { 'content-type': 'application/json' }],
      ['no type', { 'content-type': '' }],
      ['a form of another kind', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['a form without a boundary', { 'content-type': 'multipart/form-data' }],
      ['several parts of another kind', { 'content-type': `multipart/mixed; boundary=${BOUNDARY}` }],
      ['what is compressed', { 'content-encoding': 'gzip' }],
    ])('not as %s', async (_, headers) => {
      const answer = await send(upload(form('abc'), headers));
      expect([answer.status, answer.body.error?.code]).toEqual([415, 'unsupported_media_type']);
      expect(setting.upstream.requests).toEqual([]);
    });
  });

  describe('come down', () => {
    const CONTENT = '/v1/files/file-1/content';

    it('byte for byte, as what is to be kept and never shown', async () => {
      await have('file-1');
      const bytes = Buffer.from('<script>alert(1)</script>\0\xff', 'latin1');
      setting.upstream.play(CONTENT, [
        {
          status: 200,
          headers: { 'content-type': 'text/html', 'content-disposition': 'inline; filename="a.html"' },
        },
        { bytes },
        { end: true },
      ]);
      const response = await fetch(setting.url + CONTENT, {
        headers: { authorization: `Bearer ${setting.token}` },
      });
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/html',
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
    });

    it.each<[string, Record<string, string>, string, string]>([
      [
        'an attachment',
        { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="a.csv"' },
        'text/csv',
        'attachment; filename="a.csv"',
      ],
      ['nothing', {}, 'application/octet-stream', 'attachment'],
      [
        'a name in letters that no header has',
        { 'content-disposition': Buffer.from('attachment; filename="ж.csv"').toString('latin1') },
        'application/octet-stream',
        'attachment',
      ],
    ])('with %s for headers', async (_, headers, type, disposition) => {
      await have('file-1');
      setting.upstream.play(CONTENT, [{ status: 200, headers }, { bytes: 'abc' }, { end: true }]);
      const response = await fetch(setting.url + CONTENT, {
        headers: { authorization: `Bearer ${setting.token}` },
      });
      expect(await response.text()).toBe('abc');
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('content-disposition')).toBe(disposition);
    });

    it('empty where they are', async () => {
      await have('file-1');
      setting.upstream.play(CONTENT, [{ status: 200, headers: { 'content-length': '0' } }, { end: true }]);
      const answer = await send(get(CONTENT));
      expect([answer.status, answer.body]).toEqual([200, '']);
    });

    it('no faster than they are read, and not at all once nobody does', async () => {
      await have('file-1');
      const total = 64;
      setting.upstream.play(CONTENT, [
        { status: 200, headers: { 'content-length': String(total * MIB) } },
        ...Array.from({ length: total }, () => ({ bytes: Buffer.alloc(MIB) })),
        { end: true },
      ]);
      await setting.upstream.nextRequest();
      const reader = await neverReading(setting.url, requestBytes(get(CONTENT), setting.token));
      const request = await setting.upstream.nextRequest();
      let last = 0;
      let still = 0;
      await until(() => {
        still = request.bytesSent > 0 && request.bytesSent === last ? still + 1 : 0;
        last = request.bytesSent;
        return still === 10;
      });
      expect(last).toBeLessThan((total / 2) * MIB);
      reader.destroy();
      await request.over;
      expect(request.state).toBe('aborted');
    });

    it('cut where the provider breaks off', async () => {
      await have('file-1');
      setting.upstream.play(CONTENT, [{ status: 200 }, { bytes: 'abc' }, { cut: true }]);
      const answered = fetch(setting.url + CONTENT, {
        headers: { authorization: `Bearer ${setting.token}` },
      });
      await expect(answered.then((response) => response.text())).rejects.toThrow();
    });

    it('until the client leaves, also before the first byte', async () => {
      await have('file-1');
      await setting.upstream.nextRequest();
      setting.upstream.play(CONTENT, hangBeforeHeaders);
      const socket = dial();
      socket.write(requestBytes(get(CONTENT), setting.token));
      const request = await setting.upstream.nextRequest();
      socket.destroy();
      const leftAt = Date.now();
      await request.over;
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
    });
  });

  it('are each booked, whatever is asked of them', async () => {
    await have('file-1');
    setting.upstream.play('/v1/files/file-1', jsonAnswer(fileNamed('file-1')), jsonAnswer({ deleted: true }));
    setting.upstream.play('/v1/files/file-1/content', jsonAnswer({}));
    await user.get(`${PATH}/file-1`);
    await user.get(`${PATH}/file-1/content`);
    await user.delete(`${PATH}/file-1`);
    const calls = await setting.booked();
    expect(calls).toHaveLength(4);
    expect(calls.map(({ id }) => id)).toEqual(
      setting.upstream.requests.map(({ headers }) => headers['x-client-request-id']),
    );
    expect(setting.upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/files',
      'GET /v1/files/file-1',
      'GET /v1/files/file-1/content',
      'DELETE /v1/files/file-1',
    ]);
  });

  describe('are listed', () => {
    const ids = async (query = ''): Promise<string[]> => {
      const { status, body } = await user.get(PATH + query);
      expect([status, body.object]).toEqual([200, 'list']);
      return body.data.map(({ id }: { id: string }) => id);
    };
    beforeEach(async () => {
      const scripts = ['file-a', 'file-b', 'file-c'].map((id, index) =>
        jsonAnswer(fileNamed(id, { purpose: index === 1 ? 'vision' : 'user_data' })),
      );
      play(scripts[0]!, ...scripts.slice(1));
      for (const _ of scripts) await send(upload(form('abc')));
    });

    it.each<[string, string, string[]]>([
      ['newest first', '', ['file-c', 'file-b', 'file-a']],
      ['oldest first', '?order=asc', ['file-a', 'file-b', 'file-c']],
      ['from one on', '?after=file-b', ['file-a']],
      ['from one on, oldest first', '?after=file-b&order=asc', ['file-c']],
      ['of a purpose', '?purpose=vision', ['file-b']],
      ['of no purpose there is', '?purpose=evals', []],
      ['a page', '?limit=2', ['file-c', 'file-b']],
    ])('%s', async (_, query, expected) => {
      expect(await ids(query)).toEqual(expected);
      expect(setting.upstream.requests).toHaveLength(3);
    });

    it('page by page', async () => {
      const first = (await user.get(`${PATH}?limit=2`)).body;
      expect(first).toMatchObject({ has_more: true, first_id: 'file-c', last_id: 'file-b' });
      const second = (await user.get(`${PATH}?limit=2&after=${first.last_id}`)).body;
      expect(second).toMatchObject({ has_more: false, first_id: 'file-a', last_id: 'file-a' });
      const third = (await user.get(`${PATH}?after=${second.last_id}`)).body;
      expect(third).toEqual({ object: 'list', data: [], has_more: false, first_id: null, last_id: null });
    });

    it('as the provider has described them', async () => {
      expect((await user.get(`${PATH}?limit=1`)).body.data).toEqual([fileNamed('file-c')]);
    });

    it('no longer than the provider keeps them', async () => {
      play(jsonAnswer(fileNamed('file-old', { expires_at: 1_000 })));
      await send(upload(form('abc')));
      expect(await ids()).not.toContain('file-old');
    });

    it('without what was deleted', async () => {
      setting.upstream.play('/v1/files/file-b', jsonAnswer({ id: 'file-b', deleted: true }));
      await user.delete(`${PATH}/file-b`);
      expect(await ids()).toEqual(['file-c', 'file-a']);
    });

    it('to their owner alone', async () => {
      const other = api(setting.url, (await signUp(setting.url)).token);
      expect((await other.get(PATH)).body.data).toEqual([]);
    });
  });
});
