import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { TestApp } from './support/app';
import { type Session, signUp, until } from './support/clients';
import {
  chat,
  gate,
  hangBeforeHeaders,
  hangInTheMiddle,
  heldStream,
  lastEventWithoutBlankLine,
  MULTIBYTE_DELTAS,
  multibyteOneByteAtATime,
  type ScriptedUpstream,
  serverErrorWithBody,
  startScriptedUpstream,
  STREAM_HEAD,
} from './support/scripted-upstream';
import { openSocket, type SocketClient, type SocketOptions } from './support/socket-client';
import { prompt, reply, startSocketApp, stream, TEMPLATE } from './support/socket-door';

describe('The socket', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let user: Session;
  const clients: SocketClient[] = [];

  const start = (environment?: Record<string, string>) => startSocketApp(upstream, environment);

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await start();
    await signUp(app.url);
    user = await signUp(app.url);
  });
  afterEach(() => {
    clients.splice(0).forEach(({ webSocket }) => webSocket.terminate());
    upstream.reset();
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

  describe('answers', () => {
    it.each([
      ['full', 'Well played.\n“Very” well: [[7]]!', 'Well played.\n“Very” well: [[7]]!'],
      ['full', '', ''],
      ['int', 'Between [[a]] and [[07]], say [[9]].', '07'],
      ['string', 'Of [[7 of clubs!]] and [[seven of\nclubs_1]] and [[x]].', 'seven of\nclubs_1'],
    ])('%s with one frame', async (type, text, frame) => {
      upstream.play(chat.path, reply(text));
      const client = await open();
      client.send(prompt(type));
      expect(await client.next()).toBe(frame);
    });

    it('stream with a frame for each delta and the end', async () => {
      upstream.play(chat.path, stream('Well ', '', 'played.', '\n'));
      const client = await open();
      client.send(prompt('stream'));
      expect(await client.until('<END>')).toEqual(['Well ', 'played.', '\n', '<END>']);
    });

    it('stream with straight quotes', async () => {
      upstream.play(chat.path, stream('“Very” ', '‘well’', '΄', '«so»'));
      const client = await open();
      client.send(prompt('stream'));
      expect(await client.until('<END>')).toEqual(['"Very" ', "'well'", "'", '«so»', '<END>']);
    });

    it('stream so that nothing the model says is taken for the end', async () => {
      upstream.play(chat.path, stream('<END>', 'more', '<END>'));
      const client = await open();
      client.send(prompt('stream'));
      const frames = await client.until('<END>');
      expect(frames.slice(0, -1).join('')).toBe('<END>more<END>');
      expect(frames.indexOf('<END>')).toBe(frames.length - 1);
    });

    it('stream as it comes', async () => {
      const { opened, open: openGate } = gate();
      upstream.play(chat.path, heldStream(chat, opened, ['Hello', ' world']));
      const client = await open();
      client.send(prompt('stream'));
      expect(await client.next()).toBe('Hello');
      openGate();
      expect(await client.until('<END>')).toEqual([' world', '<END>']);
    });

    it.each([
      ['byte by byte', multibyteOneByteAtATime(chat), MULTIBYTE_DELTAS.map((text) => text.replace('“', '"'))],
      ['without a last blank line', lastEventWithoutBlankLine(chat), ['Hello', ' world']],
    ])('stream that comes %s', async (_, { script }, deltas) => {
      upstream.play(chat.path, script);
      const client = await open();
      client.send(prompt('stream'));
      expect(await client.until('<END>')).toEqual([...deltas, '<END>']);
    });

    it('several requests one after the other', async () => {
      const { opened, open: openGate } = gate();
      upstream.play(chat.path, heldStream(chat, opened), reply('[[2]]'), stream('3'));
      const client = await open();
      for (const type of ['stream', 'int', 'stream']) client.send(prompt(type));
      expect(await client.next()).toBe('Hello');
      expect(upstream.requests).toHaveLength(1);
      openGate();
      expect(await client.until('2')).toEqual([' world', '<END>', '2']);
      expect(await client.until('<END>')).toEqual(['3', '<END>']);
    });
  });

  describe('sends the provider', () => {
    const sent = async (message: object): Promise<unknown> => {
      const client = await open();
      client.send(message);
      await client.next();
      return JSON.parse(upstream.requests[0]!.body.toString());
    };

    it('the template first, then the messages untouched', async () => {
      upstream.play(chat.path, reply('Hm.'));
      const messages = [
        { role: 'system', content: 'Be kind.', weight: 0.5 },
        { role: 'user', content: [{ type: 'text', text: 'a\u0000\ud800' }], name: 'ada' },
        JSON.parse('{ "role": "assistant", "content": null, "__proto__": { "a": 1 } }'),
      ];
      expect(await sent(prompt('full', messages))).toEqual({
        model: 'gpt-4o-mini',
        messages: [{ role: 'system', content: TEMPLATE }, ...messages],
        max_tokens: 4096,
      });
      expect(upstream.requests[0]!.body.toString()).toContain('"__proto__":{"a":1}');
    });

    it('the template alone', async () => {
      upstream.play(chat.path, stream('Hm.'));
      expect(await sent(prompt('stream', []))).toMatchObject({
        messages: [{ role: 'system', content: TEMPLATE }],
        stream: true,
        stream_options: { include_usage: true },
      });
    });
  });

  describe('fails', () => {
    it('with an error that names the handshake’s request, and drops what waits', async () => {
      const { opened, open: openGate } = gate();
      upstream.play(chat.path, [{ wait: opened }, ...reply('No number.')]);
      const client = await open({ token: user.token, headers: { 'x-request-id': 'of-the-spec' } });
      expect(client.headers['x-request-id']).toBe('of-the-spec');
      client.send(prompt('int'));
      client.send(prompt('full'));
      await upstream.nextRequest();
      openGate();
      const message = 'The model’s reply has no int in double brackets.';
      expect(JSON.parse(await client.next())).toEqual({
        error: message,
        message,
        code: 'no_match',
        request_id: 'of-the-spec',
      });
      expect(await client.closed).toEqual({ code: 1011, reason: 'no_match' });
      expect([client.frames.length, upstream.requests.length]).toEqual([1, 1]);
      expect(app.log()).toContain('"request_id":"of-the-spec","context":"PromptsService"');
    });

    it('when more requests wait than may', async () => {
      upstream.play(chat.path, hangBeforeHeaders);
      const client = await open();
      for (let sent = 0; sent < 17; sent++) client.send(prompt('full'));
      const request = await upstream.nextRequest();
      client.send(prompt('full'));
      expect(JSON.parse(await client.next())).toMatchObject({ code: 'rate_limited' });
      expect(await client.closed).toEqual({ code: 1013, reason: 'rate_limited, retry after 1 s' });
      await request.over;
      expect([request.state, upstream.requests.length]).toEqual(['aborted', 1]);
    });

    it('only after two retries', async () => {
      upstream.play(chat.path, serverErrorWithBody, serverErrorWithBody, reply('At last.'));
      const client = await open();
      client.send(prompt('full'));
      expect(await client.next()).toBe('At last.');
      expect(upstream.requests).toHaveLength(3);
    });
  });

  describe('books', () => {
    const ledger = (): Promise<object[]> =>
      app.database.query(
        `SELECT user_id, door, outcome, is_estimated, input_tokens::int AS input FROM usage_ledger
         WHERE door = 'socket' `,
      );
    const booked = (rows: number) =>
      until(async () => {
        const found = await ledger();
        return found.length === rows && found;
      });
    beforeEach(async () => {
      await until(
        async () =>
          (await app.database.query('SELECT 1 FROM upstream_calls WHERE settled_at IS NULL')).length === 0,
      );
      await app.database.query('DELETE FROM usage_ledger');
    });

    it('each request to the provider once', async () => {
      upstream.play(chat.path, serverErrorWithBody, reply('Hm.'), stream('Hm.'));
      const client = await open();
      client.send(prompt('full'));
      client.send(prompt('stream'));
      await client.until('<END>');
      const row = { user_id: user.user.id, door: 'socket', is_estimated: false };
      expect(await booked(3)).toEqual(
        expect.arrayContaining([
          { ...row, outcome: 'failed', input: 0 },
          { ...row, outcome: 'completed', input: 21 },
          { ...row, outcome: 'completed', input: 21 },
        ]),
      );
    });

    it('what was cut off, as an estimate', async () => {
      upstream.play(chat.path, hangInTheMiddle(chat));
      const client = await open();
      client.send(prompt('stream'));
      await client.next();
      client.webSocket.close();
      expect(await booked(1)).toMatchObject([{ outcome: 'cancelled', is_estimated: true }]);
    });
  });

  describe('aborts the provider', () => {
    it.each([
      [
        'before the first byte, on a close',
        'stream',
        hangBeforeHeaders,
        (client: SocketClient) => client.webSocket.close(),
      ],
      [
        'before the first byte, on a cut',
        'full',
        hangBeforeHeaders,
        (client: SocketClient) => client.webSocket.terminate(),
      ],
      [
        'in a stream, on a close',
        'stream',
        hangInTheMiddle(chat),
        (client: SocketClient) => client.webSocket.close(),
      ],
      [
        'in a stream, on a cut',
        'stream',
        hangInTheMiddle(chat),
        (client: SocketClient) => client.webSocket.terminate(),
      ],
    ])('%s', async (_, type, script, leave) => {
      upstream.play(chat.path, script);
      const client = await open();
      client.send(prompt(type));
      const request = await upstream.nextRequest();
      if (script !== hangBeforeHeaders) await client.next();
      const leftAt = Date.now();
      leave(client);
      await request.over;
      expect(request.state).toBe('aborted');
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
    });

    it('in the pause before a retry, which is not made', async () => {
      upstream.play(chat.path, serverErrorWithBody);
      const client = await open({ token: user.token, headers: { 'x-request-id': 'left-in-a-pause' } });
      client.send(prompt('full'));
      await (
        await upstream.nextRequest()
      ).over;
      client.webSocket.close();
      await until(() => /"left-in-a-pause".*"outcome":"client_left"/.test(app.log()));
      expect(upstream.requests).toHaveLength(1);
    });
  });

  it('answers the client of docs/socket.md', async () => {
    upstream.play(chat.path, stream('“Hello”', ' there.'));
    const page = readFileSync(join(__dirname, '..', 'docs', 'socket.md'), 'utf8');
    const [, code] = /```js\n(.*?)```/s.exec(page)!;
    const here = code!.replace('ws://127.0.0.1:3000', app.url.replace('http', 'ws'));
    const shown: string[] = [];
    const logged = new Promise<unknown[]>((resolve) => {
      const console = { log: (...told: unknown[]) => resolve(told) };
      const show = (text: string) => shown.push(text);
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own words
      new Function('WebSocket', 'token', 'show', 'console', here)(WebSocket, user.token, show, console);
    });
    expect(await logged).toEqual([1005, '']);
    expect(shown).toEqual(['"Hello"', ' there.']);
  });

  it('reads no faster from the provider than its client reads', async () => {
    const delta = 'x'.repeat(64 * 1024);
    const deltas = Array.from({ length: 512 }, () => delta);
    upstream.play(chat.path, [
      STREAM_HEAD,
      ...chat.frames(deltas).map((bytes) => ({ bytes })),
      { end: true },
    ]);
    const client = await open();
    client.send(prompt('stream'));
    await client.next();
    client.webSocket.pause();
    const request = await upstream.nextRequest();
    let [last, unchanged] = [0, 0];
    await until(() => {
      unchanged = request.bytesSent === last ? unchanged + 1 : 0;
      last = request.bytesSent;
      return unchanged === 25;
    });
    expect([request.state, last < (deltas.length * delta.length) / 2]).toEqual(['open', true]);
    client.webSocket.resume();
    const frames = await client.until('<END>');
    expect(frames).toHaveLength(deltas.length);
  });

  it('logs no prompt and no reply, unless told to', async () => {
    const logging = await start({ LOG_PROMPTS: 'true' });
    try {
      await signUp(logging.url);
      const { token } = await signUp(logging.url);
      upstream.play(chat.path, reply('A secret reply.'));
      for (const [url, session] of [
        [app.url, user.token],
        [logging.url, token],
      ] as const) {
        const client = await open({ token: session }, url);
        client.send(prompt('full', [{ role: 'user', content: 'A secret prompt.' }]));
        await client.next();
        client.webSocket.close();
        await client.closed;
      }
      expect(app.log()).not.toMatch(/secret/);
      expect(logging.log()).toContain('A secret prompt.');
      for (const { log } of [app, logging]) expect(log()).not.toContain(token);
    } finally {
      await logging.stop();
    }
  });
});
