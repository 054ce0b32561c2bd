import { VARIABLES } from '../src/config/environment';
import { until } from './support/clients';
import { type RunningNginx, startNginx } from './support/nginx';
import { halfSent, leavingAfter, neverReading, requestBytes } from './support/raw-client';
import { ask, get, post } from './support/requests';
import {
  chat,
  gate,
  hangBeforeHeaders,
  hangInTheMiddle,
  heldStream,
  jsonAnswer,
  multibyteOneByteAtATime,
  responses,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';

const MIB = 1024 ** 2;

/** Waits until ten readings in a row are the same. */
async function untilStill(look: () => number): Promise<void> {
  const looks: number[] = [];
  await until(() => {
    looks.push(look());
    return looks.at(-1)! > 0 && looks.slice(-10).every((each) => each === looks.at(-1)) && looks.length >= 10;
  });
}

/** Checks that nginx delays nothing and writes nothing to disk, in both directions. The app is scripted. */
describe('Between client and app, nginx', () => {
  let app: ScriptedUpstream;
  let nginx: RunningNginx;
  let logRead: number;
  const warnings = (): string => nginx.errorLog().slice(logRead);

  beforeAll(async () => {
    app = await startScriptedUpstream();
    nginx = await startNginx(app.baseUrl);
  });
  beforeEach(() => {
    logRead = nginx.errorLog().length;
  });
  afterEach(() => app.reset());
  afterAll(async () => {
    await nginx.stop();
    await app.stop();
  });

  describe('passes streams on', () => {
    it.each([
      ['of chat completions', (opened: Promise<void>) => heldStream(chat, opened, ['first', 'second'])],
      ['of the Responses API', (opened: Promise<void>) => heldStream(responses, opened, ['first', 'second'])],
      [
        'whose length is known, files say',
        (opened: Promise<void>) => [
          { status: 200, headers: { 'content-length': '11' } },
          { bytes: 'first' },
          { wait: opened },
          { bytes: 'second' },
          { end: true as const },
        ],
      ],
    ])('as they come, those %s', async (_, scriptOf) => {
      const { opened, open } = gate();
      app.play('/v1/any', scriptOf(opened));
      const response = await fetch(`${nginx.url}/v1/any`, { method: 'POST', body: '{}' });
      let before = '';
      let after = '';
      for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
        if (before.includes('first')) after += text;
        else before += text;
        if (before.includes('first')) open();
      }
      expect(before).not.toContain('second');
      expect(after).toContain('second');
    });

    it('byte for byte, not compressed', async () => {
      const { bytes, script } = multibyteOneByteAtATime(responses);
      app.play(responses.path, script);
      const request = { method: 'POST', body: '{}', headers: { 'accept-encoding': 'gzip, br' } };
      const response = await fetch(nginx.url + responses.path, request);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      expect(response.headers.get('content-encoding')).toBeNull();
    });

    it('and a reader’s leaving in their middle', async () => {
      app.play(chat.path, hangInTheMiddle(chat));
      const { leftAt } = await leavingAfter(nginx.url, requestBytes(post(chat.path, {})), 'Hello');
      await expectAborted(leftAt);
    });

    it('and a reader’s leaving before their first byte', async () => {
      app.play(chat.path, hangBeforeHeaders);
      const abort = new AbortController();
      const answer = fetch(nginx.url + chat.path, { method: 'POST', body: '{}', signal: abort.signal });
      await until(() => app.requests.length > 0);
      abort.abort();
      const leftAt = Date.now();
      await expect(answer).rejects.toThrow();
      await expectAborted(leftAt);
    });

    it('no faster than they are read', async () => {
      const mebibyte = { bytes: Buffer.alloc(MIB) };
      const flood = Array.from({ length: 256 }, () => mebibyte);
      app.play(chat.path, [{ status: 200 }, ...flood, { end: true }]);
      const socket = await neverReading(nginx.url, requestBytes(post(chat.path, {})));
      const request = await app.nextRequest();
      await untilStill(() => request.bytesSent);
      socket.destroy();
      await request.over;
      expect(request.state).toBe('aborted');
      expect(request.bytesSent).toBeLessThan(64 * MIB);
      expect(warnings()).not.toContain('buffered to a temporary file');
    });

    const expectAborted = async (leftAt: number): Promise<void> => {
      const request = await app.nextRequest();
      await request.over;
      expect(request.state).toBe('aborted');
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
    };
  });

  describe('takes bodies', () => {
    it('of uploads as they come', async () => {
      app.play('/v1/files', jsonAnswer({ id: 'file-1' }));
      const { socket, finish } = await halfSent(
        nginx.url,
        requestBytes(post('/v1/files', Buffer.alloc(4 * MIB, 'a'))),
      );
      const request = await app.nextRequest();
      expect(request.state).toBe('open');
      finish();
      socket.resume();
      await request.over;
      socket.destroy();
      expect([request.state, request.body.length]).toEqual(['done', 4 * MIB]);
    });

    it('of all else whole, so that slow senders cost the app nothing', async () => {
      app.play(() => true, jsonAnswer({}));
      const { socket, finish } = await halfSent(nginx.url, requestBytes(post('/api/chat', 'x'.repeat(1000))));
      await ask(nginx.url, get('/api/tasks'));
      expect(app.requests.map(({ path }) => path)).toEqual(['/api/tasks']);
      finish();
      await app.nextRequest();
      expect((await app.nextRequest()).path).toBe('/api/chat');
      socket.destroy();
    });

    it.each([
      ['with a length', {}],
      ['in chunks', { 'transfer-encoding': 'chunked' }],
    ])('as large as BODY_LIMIT without writing them to disk, %s', async (_, headers) => {
      app.play('/api/chat', hangBeforeHeaders);
      const body = Buffer.alloc(VARIABLES.BODY_LIMIT.fallback, 'a');
      const bytes =
        'transfer-encoding' in headers
          ? Buffer.concat([
              requestBytes({ method: 'POST', path: '/api/chat', headers }),
              Buffer.from(`${body.length.toString(16)}\r\n`),
              body,
              Buffer.from('\r\n0\r\n\r\n'),
            ])
          : requestBytes(post('/api/chat', body));
      const { socket, finish } = await halfSent(nginx.url, bytes);
      finish();
      const request = await app.nextRequest();
      socket.destroy();
      await request.over;
      expect(warnings()).not.toContain('buffered to a temporary file');
    });
  });
});
