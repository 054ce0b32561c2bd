import { request as openRequest } from 'node:http';
import OpenAI from 'openai';
import { halfSent, leavingAfter, neverReading, requestBytes, withSecondHost } from './support/raw-client';
import { ask, post } from './support/requests';
import {
  bareLfStream,
  chat,
  CHAT_USAGE,
  chatCompletion,
  crlfStream,
  cut,
  type Dialect,
  echoingKey401,
  emptyAccount,
  errorAsFirstFrame,
  errorAsSecondFrame,
  gate,
  halfOfJson,
  hangBeforeHeaders,
  hangInTheMiddle,
  heldStream,
  htmlInsteadOfJson,
  jsonAnswer,
  lastEventWithoutBlankLine,
  malformedJson,
  MIB,
  MULTIBYTE_DELTAS,
  multibyteOneByteAtATime,
  oversizedEvent,
  PLANTED,
  rateLimited,
  refusedBaseUrl,
  responses,
  RESPONSES_USAGE,
  type ScriptedUpstream,
  serverErrorWithBody,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';

const MESSAGES = [{ role: 'user' as const, content: 'hi' }];

/** Other suites depend on this provider: it must follow its scripts, and look like a provider to the official SDK. */
describe('The scripted upstream', () => {
  let upstream: ScriptedUpstream;
  let url: string;
  let sdk: OpenAI;

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    url = new URL(upstream.baseUrl).origin;
    sdk = new OpenAI({ apiKey: 'sk-of-the-spec', baseURL: upstream.baseUrl, maxRetries: 0, logLevel: 'off' });
  });
  afterEach(() => upstream.reset());
  afterAll(() => upstream.stop());

  const send = ({ path }: Dialect) => ask(url, post(path, { model: 'm' }), 'sk-of-the-spec');
  const fetchBytes = async ({ path }: Dialect): Promise<Buffer> =>
    Buffer.from(await (await fetch(url + path, { method: 'POST', body: '{}' })).arrayBuffer());

  describe('to the official SDK', () => {
    it('answers chat completions', async () => {
      upstream.play(chat.path, jsonAnswer(chat.whole('Hi there.')));
      const completion = await sdk.chat.completions.create({ model: 'm', messages: MESSAGES });
      expect(completion.choices[0]!.message.content).toBe('Hi there.');
      expect(completion.usage).toEqual(CHAT_USAGE);
    });

    it('streams chat completions, the usage last', async () => {
      upstream.play(chat.path, streamAnswer(...chat.frames(MULTIBYTE_DELTAS)));
      const stream = sdk.chat.completions.stream({ model: 'm', messages: MESSAGES });
      const completion = await stream.finalChatCompletion();
      expect(completion.choices[0]!.message.content).toBe(MULTIBYTE_DELTAS.join(''));
      expect(completion.choices[0]!.finish_reason).toBe('stop');
      expect(completion.usage).toEqual(CHAT_USAGE);
    });

    it('answers the Responses API', async () => {
      upstream.play(responses.path, jsonAnswer(responses.whole('Hi there.')));
      const response = await sdk.responses.create({ model: 'm', input: 'hi' });
      expect(response.output_text).toBe('Hi there.');
      expect(response.usage).toEqual(RESPONSES_USAGE);
    });

    it('streams the Responses API', async () => {
      upstream.play(responses.path, streamAnswer(...responses.frames(MULTIBYTE_DELTAS)));
      const response = await sdk.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
      expect(response.output_text).toBe(MULTIBYTE_DELTAS.join(''));
      expect(response.usage).toEqual(RESPONSES_USAGE);
    });

    it('fails in the stream of chat completions', async () => {
      upstream.play(chat.path, errorAsSecondFrame(chat));
      const stream = sdk.chat.completions.stream({ model: 'm', messages: MESSAGES });
      await expect(stream.finalChatCompletion()).rejects.toThrow(PLANTED);
    });

    it('tells of a failure in the stream of the Responses API', async () => {
      upstream.play(responses.path, errorAsSecondFrame(responses));
      const events = [];
      for await (const event of await sdk.responses.create({ model: 'm', input: 'hi', stream: true }))
        events.push(event);
      expect(events).toMatchObject([
        { type: 'response.created' },
        { type: 'error', code: 'server_error', message: expect.stringContaining(PLANTED) },
      ]);
    });
  });

  describe('remembers', () => {
    it('what it got', async () => {
      upstream.play('/v1/models', jsonAnswer({ data: [] }));
      const arrived = upstream.nextRequest();
      await ask(url, { method: 'POST', path: '/v1/models?limit=1', body: '{"a":"é"}' }, 'sk-of-the-spec');
      const request = await arrived;
      await request.over;
      expect(request).toMatchObject({ method: 'POST', path: '/v1/models?limit=1', state: 'done' });
      expect(request.headers.authorization).toBe('Bearer sk-of-the-spec');
      expect(request.body.toString()).toBe('{"a":"é"}');
      expect(request.abortedAt).toBeUndefined();
      expect(upstream.requests).toEqual([request]);
    });

    it('who left, and when', async () => {
      upstream.play(chat.path, hangInTheMiddle(chat));
      const { received, leftAt } = await leavingAfter(url, requestBytes(post(chat.path, {})), 'Hello');
      const request = await upstream.nextRequest();
      await request.over;
      expect(received).toContain('HTTP/1.1 200');
      expect(request.state).toBe('aborted');
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
    });

    it('a body in the middle of its coming', async () => {
      upstream.play(chat.path, jsonAnswer(chatCompletion()));
      const { socket, finish } = await halfSent(url, requestBytes(post(chat.path, 'x'.repeat(100))));
      const request = await upstream.nextRequest();
      expect(request.state).toBe('open');
      expect(request.body.length).toBeLessThan(100);
      finish();
      socket.resume().end();
      await request.over;
      expect([request.state, request.body.length]).toEqual(['done', 100]);
    });
  });

  describe('plays', () => {
    it('one script a request, the last for all that follow', async () => {
      upstream.play(chat.path, serverErrorWithBody, rateLimited(3), jsonAnswer(chatCompletion()));
      const statuses = [];
      for (let sent = 0; sent < 4; sent++) statuses.push((await send(chat)).status);
      expect(statuses).toEqual([500, 429, 200, 200]);
    });

    it('what was told last, where it fits', async () => {
      upstream.play(() => true, emptyAccount);
      upstream.play(({ headers }) => headers['x-wanted'] === 'yes', jsonAnswer({ wanted: true }));
      const wanted = await ask(url, post(chat.path, {}, { 'x-wanted': 'yes' }));
      expect([wanted.body, (await send(chat)).status]).toEqual([{ wanted: true }, 429]);
    });

    it('501 where it was told nothing, also after a reset', async () => {
      upstream.play(chat.path, emptyAccount);
      upstream.reset();
      expect((await send(chat)).body.error.code).toBe('no_script');
    });

    it('nothing past a closed gate', async () => {
      const { opened, open } = gate();
      upstream.play(chat.path, heldStream(chat, opened, ['first', 'second']));
      const response = await fetch(url + chat.path, { method: 'POST', body: '{}' });
      const text = response.body!.pipeThrough(new TextDecoderStream());
      let before = '';
      let after = '';
      for await (const chunk of text) {
        if (before.includes('first')) after += chunk;
        else before += chunk;
        if (before.includes('first')) open();
      }
      expect(before).not.toContain('second');
      expect(after).toContain('second');
      expect(after.endsWith('data: [DONE]\n\n')).toBe(true);
    });

    it('a script that does not read the body until it says so', async () => {
      const { opened, open } = gate();
      const body = Buffer.alloc(16 * MIB);
      upstream.play('/v1/files', [{ wait: opened }, { readBody: true }, ...jsonAnswer({ id: 'file-1' })]);
      const answer = ask(url, post('/v1/files', body));
      const request = await upstream.nextRequest();
      expect(request.body).toHaveLength(0);
      open();
      expect((await answer).body).toEqual({ id: 'file-1' });
      expect(request.body.equals(body)).toBe(true);
    });

    it('a script made from the whole request', async () => {
      upstream.play(chat.path, ({ body }) => jsonAnswer({ said: body.toString() }));
      expect((await ask(url, post(chat.path, 'hello'))).body).toEqual({ said: 'hello' });
    });
  });

  describe.each([chat, responses])('fails as $name', (dialect) => {
    it.each([
      ['rate limited with a time', rateLimited(7), 429, { 'retry-after': '7' }],
      ['rate limited without a time', rateLimited(), 429, { 'retry-after': null }],
      ['an empty account', emptyAccount, 429, { 'retry-after': null }],
      ['a server error', serverErrorWithBody, 500, {}],
      ['JSON that is none', malformedJson, 200, { 'content-type': 'application/json' }],
      ['HTML', htmlInsteadOfJson, 200, { 'content-type': 'text/html' }],
      ['an error as the first frame', errorAsFirstFrame(dialect), 200, {}],
      ['an error as the second frame', errorAsSecondFrame(dialect), 200, {}],
    ])('with %s', async (_, script, status, headers) => {
      upstream.play(dialect.path, script);
      const response = await fetch(url + dialect.path, { method: 'POST', body: '{}' });
      expect(response.status).toBe(status);
      for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value);
      expect(await response.text()).toContain(PLANTED);
    });

    it('with a 401 that says the key', async () => {
      upstream.play(dialect.path, echoingKey401);
      const { status, body } = await send(dialect);
      expect([status, body.error.message]).toEqual([401, expect.stringContaining('sk-of-the-spec')]);
    });

    it.each([
      ['a stream', cut(dialect)],
      ['JSON', halfOfJson(dialect, { cut: true })],
    ])('with a cut in the middle of %s', async (_, script) => {
      upstream.play(dialect.path, script);
      const response = await fetch(url + dialect.path, { method: 'POST', body: '{}' });
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
      expect(upstream.requests[0]!.state).toBe('done');
    });

    it('without a word', async () => {
      upstream.play(dialect.path, hangBeforeHeaders);
      const abort = new AbortController();
      const answer = fetch(url + dialect.path, { method: 'POST', body: '{}', signal: abort.signal });
      const request = await upstream.nextRequest();
      abort.abort();
      await expect(answer).rejects.toThrow();
      await request.over;
      expect(request.state).toBe('aborted');
    });
  });

  it('can be somewhere where nobody listens', async () => {
    const answer: unknown = await fetch(await refusedBaseUrl()).catch((error: Error) => error.cause);
    expect(answer).toMatchObject({ code: 'ECONNREFUSED' });
  });

  describe.each([chat, responses])('streams $name', (dialect) => {
    it.each([
      ['with bare line feeds', bareLfStream, (text: string) => !text.includes('\r') && text.endsWith('\n\n')],
      ['with CRLF', crlfStream, (text: string) => !/[^\r]\n/.test(text) && text.endsWith('\r\n\r\n')],
      ['without a last blank line', lastEventWithoutBlankLine, (text: string) => !text.endsWith('\n')],
      ['with an event over 1 MiB', oversizedEvent, (text: string) => text.length > MIB],
    ])('%s', async (_, make, isSo) => {
      const { bytes, script } = make(dialect);
      upstream.play(dialect.path, script);
      expect((await fetchBytes(dialect)).equals(bytes)).toBe(true);
      expect(isSo(bytes.toString())).toBe(true);
    });

    it('byte by byte, each by itself', async () => {
      const { bytes, script } = multibyteOneByteAtATime(dialect);
      upstream.play(dialect.path, script);
      const chunks = await new Promise<Buffer[]>((resolve, reject) => {
        const received: Buffer[] = [];
        openRequest(url + dialect.path, { method: 'POST' }, (response) => {
          response.on('data', (chunk: Buffer) => received.push(chunk)).on('end', () => resolve(received));
        })
          .on('error', reject)
          .end();
      });
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect(chunks.filter(({ length }) => length > 1)).toEqual([]);
    });
  });

  it('is not read by a client that never reads', async () => {
    upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const socket = await neverReading(url, requestBytes(post(chat.path, {})));
    const request = await upstream.nextRequest();
    await request.over;
    await send(chat);
    expect([request.state, socket.bytesRead]).toEqual(['done', 0]);
    socket.destroy();
  });

  it('gets two Host headers from a client that sends them', async () => {
    upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const bytes = withSecondHost(requestBytes(post(chat.path, {})));
    await leavingAfter(url, bytes, 'choices');
    expect(bytes.toString().match(/^host: /gim)).toHaveLength(2);
    expect(upstream.requests[0]!.headers.host).toBe('evil.example');
  });
});
