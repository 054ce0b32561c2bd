import { api, signUp, until } from './support/clients';
import { leavingAfter, neverReading, requestBytes } from './support/raw-client';
import { ask, get, post } from './support/requests';
import {
  bareLfStream,
  chat,
  chatCompletion,
  chatFrames,
  chatStreamBytes,
  crlfStream,
  type Dialect,
  gate,
  hangInTheMiddle,
  jsonAnswer,
  lastEventWithoutBlankLine,
  MIB,
  multibyteOneByteAtATime,
  responses,
  type Script,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, StatelessSetting } from './support/stateless';

const MODEL = 'gpt-4o-mini';
const EMBEDDINGS_PATH = '/v1/embeddings';
const EMBEDDING_MODEL = 'text-embedding-3-small';

const json = (bytes: string | Buffer, headers: Record<string, string> = {}, status = 200): Script => [
  { status, headers: { 'content-type': 'application/json', ...headers } },
  { bytes },
  { end: true },
];

/** Whether a number above 0 has been the same for ten readings. */
function stands(read: () => number): () => boolean {
  let last = 0;
  let times = 0;
  return () => {
    const now = read();
    times = now > 0 && now === last ? times + 1 : 0;
    last = now;
    return times === 10;
  };
}

describe('/v1', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({
      UPSTREAM_TIMEOUT: '5s',
      UPSTREAM_IDLE_TIMEOUT: '5s',
      ALLOWED_FIELDS: 'x_own',
    });
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const send = (path: string, body: unknown, script: Script) => {
    setting.upstream.play(path, script);
    return askRaw(setting.url, post(path, body), setting.token);
  };
  const sent = (): string => setting.upstream.requests[0]!.body.toString();

  describe('sends on, byte for byte,', () => {
    it.each<[string, string, string]>([
      [
        'white space and escapes',
        chat.path,
        ' { "model" : "gpt-4o-mini",\n"messages":[{"role":"\\u0075ser","content":"é \\/"}] } ',
      ],
      [
        'fields nobody knows',
        chat.path,
        '{"model":"gpt-4o-mini","messages":[{"role":"critic","x":{"a":[1,null]}}],"x_own":{"b":1e400,"c":-0}}',
      ],
      [
        'what the model would refuse',
        chat.path,
        '{"model":"gpt-5-mini","messages":[],"temperature":0,"max_tokens":999999,"tools":[],"n":3}',
      ],
      [
        'keys that mean something to JavaScript',
        chat.path,
        '{"model":"gpt-4o-mini","messages":[{"__proto__":{"a":1},"constructor":1}]}',
      ],
      [
        'a key twice inside a message',
        chat.path,
        '{"model":"gpt-4o-mini","messages":[{"content":"a","content":"b"}]}',
      ],
      [
        'a request for usage',
        chat.path,
        '{"model":"gpt-4o-mini","stream_options" : {"include_usage":true,"x":1}}',
      ],
      [
        'a stream',
        responses.path,
        '{"model":"gpt-4o-mini","input":"hi", "stream" : true, "stream_options":{"x":1}}',
      ],
      [
        'a stream that is to tell its usage',
        chat.path,
        '{"stream":true,"model":"gpt-4o-mini","stream_options" : {"include_usage":true}}',
      ],
      ['options that are none', chat.path, '{"model":"gpt-4o-mini","stream":true,"stream_options":[1, 2]}'],
      [
        'a response’s input',
        responses.path,
        '{"input":[{"role":"user","content":"ж中😀"}],"model":"gpt-4o-mini","store":false}',
      ],
      ['embeddings', EMBEDDINGS_PATH, '{"input":[[1, 2],[3]],"model":"text-embedding-3-small"}'],
    ])('%s', async (_, path, body) => {
      const isStream = body.includes('"stream":true') || body.includes('"stream" : true');
      const dialect = path === responses.path ? responses : chat;
      const script = isStream ? streamAnswer(...dialect.frames(['Hi'])) : jsonAnswer({});
      expect((await send(path, body, script)).status).toBe(200);
      expect(sent()).toBe(body);
    });

    it.each<[string, string, string]>([
      ['no model', '{"messages":[]}', '{"messages":[],"model":"gpt-4o-mini"}'],
      ['null for a model', '{"model":null,"messages":[]}', '{"model":"gpt-4o-mini","messages":[]}'],
      [
        'two models, of which the last counts',
        '{"model":"not-allowed","messages":[1e400],"mod\\u0065l":"gpt-4o-mini"}',
        '{"messages":[1e400],"model":"gpt-4o-mini"}',
      ],
      [
        'a stream without its usage',
        '{"model":"gpt-4o-mini" , "stream":true}',
        '{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}',
      ],
      [
        'a stream that is not to tell its usage, its other options kept',
        '{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":false}}',
        '{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
      ],
    ])('all but %s', async (_, body, expected) => {
      const isStream = body.includes('"stream":true');
      const script = isStream ? streamAnswer(...chat.frames(['Hi'])) : jsonAnswer({});
      expect((await send(chat.path, body, script)).status).toBe(200);
      expect(sent()).toBe(expected);
    });

    it('the server’s key and its own request id, and nothing of the client’s headers', async () => {
      setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
      const headers = { cookie: 'a=b', 'openai-organization': 'org-of-the-client', 'x-stainless-lang': 'js' };
      const answer = await ask(setting.url, post(chat.path, { model: MODEL }, headers), setting.token);
      const [call] = await setting.booked();
      expect(answer.headers.get('x-request-id')).not.toBe(call!.id);
      expect(setting.upstream.requests[0]!.headers).toEqual({
        host: expect.any(String),
        connection: 'keep-alive',
        accept: 'application/json',
        authorization: 'Bearer sk-test-key-that-must-never-be-seen',
        'content-type': 'application/json',
        'content-length': expect.any(String),
        'accept-encoding': 'identity',
        'x-client-request-id': call!.id,
      });
    });
  });

  describe('answers with the provider’s bytes', () => {
    it.each([
      ['odd white space and numbers', '{ "a": 1.0,\n"b":1e400,"a":12345678901234567890 }\n'],
      ['multibyte text', '{"a":"ж中😀 \\u00e9 \\ud83d"}'],
      ['an empty object', '{}'],
    ])('of JSON with %s', async (_, text) => {
      const headers = { 'content-type': 'application/json; charset=utf-8; x=1', 'x-own': 'theirs' };
      for (const path of [chat.path, responses.path, EMBEDDINGS_PATH]) {
        const model = path === EMBEDDINGS_PATH ? EMBEDDING_MODEL : MODEL;
        const answer = await send(path, { model }, json(text, headers, 201));
        expect([answer.status, answer.bytes.toString()]).toEqual([201, text]);
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8; x=1');
        expect(answer.headers.get('content-length')).toBe(String(answer.bytes.length));
        expect(answer.headers.has('x-own')).toBe(false);
      }
    });

    const STREAMS = [
      ['with bare line feeds', bareLfStream],
      ['with CRLF', crlfStream],
      ['of multibyte text that comes byte by byte', multibyteOneByteAtATime],
      ['without a last blank line', lastEventWithoutBlankLine],
    ] as const;
    const asking = (dialect: Dialect) =>
      dialect === chat
        ? { model: MODEL, stream: true, stream_options: { include_usage: true } }
        : { model: MODEL, stream: true };

    describe.each([chat, responses])('of a stream over $name', (dialect) => {
      it.each(STREAMS)('%s', async (_, make) => {
        const { bytes, script } = make(dialect);
        const answer = await send(dialect.path, asking(dialect), script);
        expect([answer.status, answer.isCut]).toEqual([200, false]);
        expect(answer.bytes.equals(bytes)).toBe(true);
      });

      it('with the headers that keep proxies from holding it up', async () => {
        const script = streamAnswer(...dialect.frames(['Hi']));
        const { headers } = await send(dialect.path, asking(dialect), script);
        expect(Object.fromEntries(headers)).toMatchObject({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store, no-transform',
          'x-accel-buffering': 'no',
        });
      });
    });
  });

  describe('hides the usage of a chat stream that was not asked for it', () => {
    const frames = chatFrames(['Hello', ' ж'], { usage: true });
    const hidden = frames.filter((frame) => !frame.includes('"choices":[]')).join('');

    it.each<[string, Script]>([
      ['in a chunk of its own', streamAnswer(...frames)],
      ['together with others', streamAnswer(frames.join(''))],
      ['byte by byte', [STREAM_HEAD, { oneByteAtATime: frames.join('') }, { end: true }]],
    ])('%s', async (_, script) => {
      const answer = await send(chat.path, { model: MODEL, stream: true }, script);
      expect(answer.bytes.toString()).toBe(hidden);
      expect(hidden).not.toBe(frames.join(''));
    });

    it('and books it all the same', async () => {
      await send(chat.path, { model: MODEL, stream: true }, streamAnswer(...frames));
      expect(await setting.booked()).toMatchObject([
        {
          door: 'v1',
          outcome: 'completed',
          is_estimated: false,
          input: 21,
          cached: 4,
          output: 7,
          reasoning: 2,
        },
      ]);
    });
  });

  it.each<[string, Script, boolean]>([
    ['resets a stream that breaks, without a word of its own', [{ cut: true }], true],
    [
      'ends a stream that says it failed with an error event',
      [{ bytes: chat.errorFrame }, { end: true }],
      false,
    ],
  ])('%s', async (_, ending, isCut) => {
    const { opened, open } = gate();
    const begun = chat.frames(['Hello']).slice(0, 2).join('');
    setting.upstream.play(chat.path, [STREAM_HEAD, { bytes: begun }, { wait: opened }, ...ending]);
    const response = await fetch(setting.url + chat.path, {
      method: 'POST',
      headers: { authorization: `Bearer ${setting.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, stream: true }),
    });
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text === begun) open();
      }
    };
    if (isCut) await expect(read()).rejects.toThrow();
    else await read();
    const message = 'The model’s provider failed.';
    const error = { message, type: 'server_error', param: null, code: 'upstream_error' };
    expect(text).toBe(isCut ? begun : `${begun}data: ${JSON.stringify({ error })}\n\n`);
  });

  describe('takes and gives what is large', () => {
    /** About 5 MiB, more than the server inspects as a whole. */
    const vectors = (): Buffer => {
      const data = Array.from({ length: 300 }, (_, index) => ({
        index,
        embedding: Array(1536).fill(-0.0123456),
      }));
      const usage = { prompt_tokens: 300, total_tokens: 300 };
      return Buffer.from(JSON.stringify({ object: 'list', data, model: EMBEDDING_MODEL, usage }));
    };

    it('embeddings of many tokens', async () => {
      const input = Array.from({ length: 120 }, () => Array<number>(1000).fill(7));
      const answer = await send(EMBEDDINGS_PATH, { model: EMBEDDING_MODEL, input }, jsonAnswer({}));
      expect(answer.status).toBe(200);
    });

    it('embeddings as they come, and their usage', async () => {
      const bytes = vectors();
      const { opened, open } = gate();
      const script: Script = [
        {
          status: 200,
          headers: { 'content-type': 'application/json', 'content-length': String(bytes.length) },
        },
        { bytes: bytes.subarray(0, 2 * MIB) },
        { wait: opened },
        { bytes: bytes.subarray(2 * MIB) },
        { end: true },
      ];
      setting.upstream.play(EMBEDDINGS_PATH, script);
      const response = await fetch(setting.url + EMBEDDINGS_PATH, {
        method: 'POST',
        headers: { authorization: `Bearer ${setting.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: EMBEDDING_MODEL, input: ['x'] }),
      });
      expect(response.headers.get('content-length')).toBe(String(bytes.length));
      open();
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      expect(await setting.booked()).toMatchObject([
        { model: EMBEDDING_MODEL, is_estimated: false, input: 300, output: 0 },
      ]);
    });

    it('no more than a reader reads', async () => {
      const piece = Buffer.alloc(MIB, 0x20);
      const total = 64;
      setting.upstream.play(EMBEDDINGS_PATH, [
        { status: 200, headers: { 'content-type': 'application/json' } },
        ...Array.from({ length: total }, () => ({ bytes: piece })),
        { end: true },
      ]);
      const bytes = requestBytes(
        post(EMBEDDINGS_PATH, { model: EMBEDDING_MODEL, input: 'x' }),
        setting.token,
      );
      const reader = await neverReading(setting.url, bytes);
      const request = await setting.upstream.nextRequest();
      // The system's buffers fill first; then the number stays the same.
      await until(stands(() => request.bytesSent));
      expect(request.bytesSent).toBeLessThan((total / 2) * MIB);
      expect(request.state).toBe('open');
      reader.destroy();
      await request.over;
      expect(request.state).toBe('aborted');
    });
  });

  describe('models', () => {
    it('are those of the server’s list, whatever the provider has, and it is not asked', async () => {
      const user = api(setting.url, setting.token);
      const { body } = await user.get('/v1/models');
      expect(body.object).toBe('list');
      const ids = body.data.map(({ id }: { id: string }) => id);
      expect(ids).toEqual(expect.arrayContaining([MODEL, EMBEDDING_MODEL, 'gemini-2.5-flash']));
      expect(ids.filter((id: string) => id.startsWith('claude'))).toEqual([]);
      for (const model of body.data) {
        expect(model).toEqual({
          id: expect.any(String),
          object: 'model',
          created: expect.any(Number),
          owned_by: expect.stringMatching(/^(openai|gemini)$/),
        });
        expect((await user.get(`/v1/models/${encodeURIComponent(model.id)}`)).body).toEqual(model);
      }
      expect(setting.upstream.requests).toEqual([]);
    });

    it('go to their own providers', async () => {
      await send(chat.path, { model: 'gemini-2.5-flash', messages: [] }, jsonAnswer(chatCompletion()));
      expect(setting.upstream.requests[0]!.headers.authorization).toContain('gemini-test-key');
    });

    it('past their last day are asked as their replacements', async () => {
      const body = { model: 'gpt-ended', messages: [] };
      const answer = await send(chat.path, body, jsonAnswer(chatCompletion()));
      expect(answer.headers.get('x-model-replaced')).toBe('gpt-ended=gpt-5.6-luna');
      expect(sent()).toBe('{"model":"gpt-5.6-luna","messages":[]}');
    });
  });

  it.each([
    ['chat', chat.path, jsonAnswer(chatCompletion()), 21, 7, MODEL],
    ['a response', responses.path, jsonAnswer(responses.whole('Hi')), 21, 7, MODEL],
    [
      'embeddings',
      EMBEDDINGS_PATH,
      jsonAnswer({ data: [], model: EMBEDDING_MODEL, usage: { prompt_tokens: 5, total_tokens: 5 } }),
      5,
      0,
      EMBEDDING_MODEL,
    ],
  ])('books %s', async (_, path, script, input, output, model) => {
    await send(path, { model }, script);
    expect(await setting.booked()).toMatchObject([
      {
        user_id: setting.userId,
        attempt: 1,
        door: 'v1',
        provider: 'openai',
        model,
        outcome: 'completed',
        is_estimated: false,
        input,
        output,
        cost: expect.any(Number),
      },
    ]);
  });

  describe('books a response that is made in the background', () => {
    const PATH = `${responses.path}/resp_slow`;
    const told = (over: object) => jsonAnswer({ ...responses.whole('Hi'), id: 'resp_slow', ...over });
    const unfinished = told({ status: 'in_progress', usage: null, output: [] });
    const asked = () => ask(setting.url, get(PATH), setting.token);
    const costs = async () =>
      (await setting.booked()).map(({ model, is_estimated, input, output }) => [
        model,
        is_estimated,
        input,
        output,
      ]);

    beforeEach(() => send(responses.path, { model: MODEL, input: 'hi', background: true }, unfinished));
    afterEach(() => setting.app.database.query('TRUNCATE upstream_objects'));

    it('as an estimate, until what it has cost is seen', async () => {
      expect(await costs()).toEqual([[MODEL, true, expect.any(Number), expect.any(Number)]]);
      setting.upstream.play(PATH, unfinished, told({}));
      await asked();
      expect((await costs())[0]![1]).toBe(true);
      await asked();
      const exact = [MODEL, false, 21, 7];
      expect((await costs())[0]).toEqual(exact);
      await asked();
      expect(await costs()).toEqual([exact, ...Array.from({ length: 3 }, () => ['none', false, 0, 0])]);
    });

    it('also where it is seen as a stream', async () => {
      await setting.booked();
      setting.upstream.play(
        PATH,
        streamAnswer(responses.frames(['Hi']).join('').replaceAll('resp_scripted', 'resp_slow')),
      );
      await ask(setting.url, get(`${PATH}?stream=true`), setting.token);
      await until(async () => (await costs())[0]![1] === false);
      expect((await costs())[0]).toEqual([MODEL, false, 21, 7]);
    });

    it('for nobody else', async () => {
      await setting.booked();
      const { token } = await signUp(setting.url);
      setting.upstream.play(PATH, told({}));
      expect((await ask(setting.url, get(PATH), token)).status).toBe(404);
      expect((await costs())[0]![1]).toBe(true);
    });
  });

  it.each([
    ['false', 0],
    ['true', 2],
  ])('tells prompts to the log where LOG_PROMPTS is %s: %i', async (isLogged, lines) => {
    const other = await StatelessSetting.start({ LOG_PROMPTS: isLogged });
    try {
      other.upstream.play(() => true, jsonAnswer({}));
      const prompt = 'what only the user knows';
      await ask(other.url, post(chat.path, { messages: [{ role: 'user', content: prompt }] }), other.token);
      await ask(other.url, post(responses.path, { input: prompt }), other.token);
      expect(other.app.log().split(prompt)).toHaveLength(lines + 1);
      expect(other.app.log()).not.toContain(other.token);
    } finally {
      await other.stop();
    }
  });

  it('sends once what fails: the SDKs try again by themselves', async () => {
    const answer = await send(chat.path, { model: MODEL }, jsonAnswer({}, 500));
    expect(answer.status).toBe(502);
    expect(setting.upstream.requests).toHaveLength(1);
    expect(await setting.booked()).toHaveLength(1);
  });

  it('books as an estimate what the client did not wait for', async () => {
    setting.upstream.play(chat.path, hangInTheMiddle(chat));
    const body = { model: MODEL, stream: true, messages: [{ role: 'user', content: 'x'.repeat(400) }] };
    const { leftAt } = await leavingAfter(
      setting.url,
      requestBytes(post(chat.path, body), setting.token),
      'Hello',
    );
    const request = await setting.upstream.nextRequest();
    await request.over;
    expect(request.abortedAt! - leftAt).toBeLessThan(1000);
    const [call] = await setting.booked();
    expect(call).toMatchObject({ outcome: 'cancelled', is_estimated: true });
    expect(call!.input).toBeGreaterThan(100);
  });

  it('gives every answer a request id of its own, or the client’s', async () => {
    const headers = { 'x-request-id': 'mine' };
    expect(
      (await ask(setting.url, get('/v1/models', headers), setting.token)).headers.get('x-request-id'),
    ).toBe('mine');
    setting.upstream.play(chat.path, streamAnswer(chatStreamBytes(['Hi'])));
    const stream = await askRaw(
      setting.url,
      post(chat.path, { model: MODEL, stream: true }, headers),
      setting.token,
    );
    expect(stream.headers.get('x-request-id')).toBe('mine');
  });
});
