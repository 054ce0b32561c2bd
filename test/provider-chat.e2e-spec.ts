import { SIBLING_PROVIDERS } from '../src/config/providers';
import { signUp } from './support/clients';
import { ask, expectRefusal, post } from './support/requests';
import {
  bareLfStream,
  chat,
  crlfStream,
  type Dialect,
  gate,
  heldStream,
  lastEventWithoutBlankLine,
  multibyteOneByteAtATime,
  responses,
  type StreamCase,
  streamAnswer,
} from './support/scripted-upstream';
import {
  askRaw,
  asking,
  GEMINI_DOOR,
  GEMINI_KEY,
  MESSAGES,
  OPENAI_DOOR,
  OPENAI_KEY,
  RELAYS,
  type StatelessDoor,
  StatelessSetting,
} from './support/stateless';

const ANTHROPIC_KEY = 'anthropic-test-key-that-must-never-be-seen';

/** Valid SSE that no provider of the catalogue sends, but another might. */
const unusualStream = (dialect: Dialect): StreamCase => {
  const [first, ...rest] = dialect.frames(['Hello']);
  const text = `: welcome\n\nid: 1\nretry: 100\n${first}\n\n: ping\r\n\r\nevent: own\ndata:{"type":"own","choices":[]}\n\n${rest.join('')}`;
  return { bytes: Buffer.from(text), script: streamAnswer(text) };
};

/** An event over 100 KB, which takes many reads. */
const longEvent = (dialect: Dialect): StreamCase => {
  const bytes = Buffer.from(dialect.frames(['Hello', 'ж'.repeat(60_000), 'end']).join(''));
  return { bytes, script: streamAnswer(bytes) };
};

/** Each piece ends at a different point within an event. */
const inPiecesOf =
  (size: number) =>
  (dialect: Dialect): StreamCase => {
    const bytes = Buffer.from(dialect.frames(['Hello', ' wörld', '中文😀']).join(''));
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    return { bytes, script: streamAnswer(...pieces) };
  };

describe('A provider’s own stream', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
  });
  afterEach(() => setting.upstream.reset());
  afterAll(() => setting.stop());

  const playWell = (): void => {
    for (const dialect of [chat, responses]) {
      setting.upstream.play(dialect.path, streamAnswer(...dialect.frames(['Hello'])));
    }
  };
  const send = (door: StatelessDoor, over: object = {}) =>
    ask(setting.url, asking(door, over), setting.token);
  const sent = () => JSON.parse(setting.upstream.requests[0]!.body.toString());

  describe.each(RELAYS)('$name', (door) => {
    it.each([
      ['with bare line feeds', bareLfStream],
      ['with CRLF', crlfStream],
      ['whose last event has no blank line', lastEventWithoutBlankLine],
      ['with multibyte text that comes byte by byte', multibyteOneByteAtATime],
      ['in pieces of 7 bytes', inPiecesOf(7)],
      ['in pieces of 64 bytes', inPiecesOf(64)],
      ['with an event of 100 KB', longEvent],
      ['with comments and fields of its own', unusualStream],
    ])('%s comes byte for byte', async (_, make) => {
      const { bytes, script } = make(door.dialect);
      setting.upstream.play(door.dialect.path, script);
      const answer = await askRaw(setting.url, asking(door), setting.token);
      expect(answer.status).toBe(200);
      expect(answer.isCut).toBe(false);
      expect(answer.bytes.equals(bytes)).toBe(true);
    });

    it('has the headers that keep proxies from holding it up', async () => {
      playWell();
      const { headers } = await send(door);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        connection: 'keep-alive',
        'x-accel-buffering': 'no',
        'x-request-id': expect.stringMatching(/./),
      });
      expect(headers.has('content-encoding')).toBe(false);
    });

    it.each([
      ['application/x-ndjson', true],
      ['application/x-ndjson;q=0.9, text/event-stream;q=0.1', true],
      ['application/x-ndjson, application/json', true],
      ['text/event-stream, application/x-ndjson;q=0.5', false],
      ['*/*', false],
      ['', false],
      ['application/json', false],
      ['nonsense', false],
    ])('is JSON lines for Accept "%s": %s', async (accept, isLines) => {
      playWell();
      const answer = await askRaw(setting.url, { ...asking(door), headers: { accept } }, setting.token);
      expect(answer.headers.get('content-type')).toBe(
        `${isLines ? 'application/x-ndjson' : 'text/event-stream'}; charset=utf-8`,
      );
      expect(answer.headers.get('cache-control')).toBe('no-store, no-transform');
      const events = door.dialect.frames(['Hello']).join('');
      const lines = [...events.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => `${data}\n`).join('');
      expect(answer.bytes.toString()).toBe(isLines ? lines : events);
    });

    it.each([
      ['CRLF', crlfStream],
      ['no last blank line', lastEventWithoutBlankLine],
      ['comments and events of its own', unusualStream],
      ['pieces of 7 bytes', inPiecesOf(7)],
      [
        'data over several lines',
        (dialect: Dialect): StreamCase => {
          const text = dialect.frames(['Hello']).map((frame) => frame.replaceAll('","', '",\ndata: "'));
          return { bytes: Buffer.from(text.join('')), script: streamAnswer(...text) };
        },
      ],
    ])('is as many JSON lines where it has %s', async (_, make) => {
      const { bytes, script } = make(door.dialect);
      setting.upstream.play(door.dialect.path, script);
      const headers = { accept: 'application/x-ndjson' };
      const answer = await askRaw(setting.url, { ...asking(door), headers }, setting.token);
      const events = bytes
        .toString()
        .replaceAll('\r', '')
        .split('\n\n')
        .map((frame) => [...frame.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data).join('\n'))
        .filter((data) => data.startsWith('{'));
      expect(answer.bytes.toString().endsWith('}\n')).toBe(true);
      expect(
        answer.bytes
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(events.map((data) => JSON.parse(data)));
    });
  });

  describe('is asked of the Responses API with', () => {
    const plain = {
      model: 'gpt-4o-mini',
      input: MESSAGES,
      max_output_tokens: 4096,
      store: false,
      stream: true,
    };
    const roles = ['system', 'user', 'assistant'].map((role) => ({ role, content: role }));
    const schema = { type: 'object', properties: { a: { type: 'string' } } };

    it.each<[string, object, object, string | null]>([
      ['the server’s defaults', {}, plain, null],
      ['every role', { messages: roles }, { ...plain, input: roles }, null],
      ['instructions', { system: 'Be brief.' }, { ...plain, instructions: 'Be brief.' }, null],
      ['no empty instructions', { system: '' }, plain, null],
      ['a temperature', { temperature: 2 }, { ...plain, temperature: 2 }, null],
      ['a temperature of 0', { temperature: 0 }, { ...plain, temperature: 0 }, null],
      ['a limit', { maxOutputTokens: 100 }, { ...plain, max_output_tokens: 100 }, null],
      ['the highest limit', { maxOutputTokens: 4096 }, plain, null],
      [
        'the least limit it takes',
        { maxOutputTokens: 1 },
        { ...plain, max_output_tokens: 16 },
        'maxOutputTokens',
      ],
      ['text', { responseFormat: 'text' }, plain, null],
      [
        'a schema, which gets a name',
        { responseFormat: { type: 'json_schema', schema } },
        { ...plain, text: { format: { type: 'json_schema', name: 'response', schema } } },
        'responseFormat',
      ],
      [
        'a strict schema with a name',
        { responseFormat: { type: 'json_schema', name: 'answer', schema, strict: true } },
        { ...plain, text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } } },
        null,
      ],
      [
        'another model, without what it refuses',
        { model: 'gpt-5-mini', temperature: 1 },
        { ...plain, model: 'gpt-5-mini' },
        'temperature',
      ],
      ['another model and nothing changed', { model: 'gpt-5-mini' }, { ...plain, model: 'gpt-5-mini' }, null],
    ])('%s', async (_, over, body, header) => {
      playWell();
      const answer = await send(OPENAI_DOOR, over);
      expect(answer.status).toBe(200);
      expect(sent()).toEqual(body);
      expect(answer.headers.get('x-adjusted-params')).toBe(header);
    });

    it('a schema whose keys mean something to JavaScript', async () => {
      playWell();
      const schema = '{"type":"object","properties":{"__proto__":{"const":1},"constructor":{"then":2}}}';
      const body = `{"messages":[{"role":"user","content":"hi"}],"responseFormat":{"type":"json_schema","name":"a","schema":${schema}}}`;
      expect((await ask(setting.url, post(OPENAI_DOOR.path, body), setting.token)).status).toBe(200);
      expect(setting.upstream.requests[0]!.body.toString()).toContain(`"schema":${schema}`);
    });

    it('the server’s key, and our own request id', async () => {
      playWell();
      await send(OPENAI_DOOR);
      expect(setting.upstream.requests[0]).toMatchObject({
        method: 'POST',
        path: responses.path,
        headers: {
          authorization: `Bearer ${OPENAI_KEY}`,
          'content-type': 'application/json',
          'x-client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
      });
    });

    it('the replacement of a retired model', async () => {
      playWell();
      const answer = await send(OPENAI_DOOR, { model: 'gpt-ended' });
      expect(answer.headers.get('x-model-replaced')).toBe('gpt-ended=gpt-5.6-luna');
      expect(sent().model).toBe('gpt-5.6-luna');
    });
  });

  describe('is asked of Chat Completions with', () => {
    const plain = {
      model: SIBLING_PROVIDERS.gemini.defaultModel,
      messages: MESSAGES,
      max_tokens: 4096,
      stream: true,
      stream_options: { include_usage: true },
    };
    const schema = { type: 'object' };

    it.each<[string, object, object, string | null]>([
      ['the server’s defaults, and usage', {}, plain, null],
      [
        'instructions as the first message',
        { system: 'Be brief.' },
        { ...plain, messages: [{ role: 'system', content: 'Be brief.' }, ...MESSAGES] },
        null,
      ],
      ['a limit', { maxOutputTokens: 1 }, { ...plain, max_tokens: 1 }, null],
      [
        'a schema, which gets a name',
        { responseFormat: { type: 'json_schema', schema } },
        {
          ...plain,
          response_format: { type: 'json_schema', json_schema: { name: 'response', schema } },
        },
        'responseFormat',
      ],
      ['another of its models', { model: 'gemini-2.5-pro' }, { ...plain, model: 'gemini-2.5-pro' }, null],
    ])('%s', async (_, over, body, header) => {
      playWell();
      const answer = await send(GEMINI_DOOR, over);
      expect(answer.status).toBe(200);
      expect(sent()).toEqual(body);
      expect(answer.headers.get('x-adjusted-params')).toBe(header);
      expect(setting.upstream.requests[0]!.headers.authorization).toBe(`Bearer ${GEMINI_KEY}`);
    });
  });

  it.each([
    ['chat-openai', 'gemini-2.5-flash'],
    ['chat-gemini', 'gpt-4o-mini'],
    ['chat-openai', 'claude-sonnet-4-6'],
    ['chat-openai', 'no-such-model'],
    ['chat-openai', '__proto__'],
  ])('of %s is not there for %s', async (path, model) => {
    const body = { messages: MESSAGES, model };
    const answer = await ask(setting.url, post(`/api/${path}`, body), setting.token);
    expectRefusal(answer, 400, 'model_not_allowed');
    expect(answer.body.param).toBe('model');
    expect(setting.upstream.requests).toEqual([]);
  });

  it.each(['/api/chat-anthropic', '/api/chat-nobody', '/api/chat-simulator', '/api/chat-'])(
    'is not there at %s, whose key is not set',
    async (path) => {
      const answer = await ask(setting.url, post(path, { messages: MESSAGES }), setting.token);
      expectRefusal(answer, 404, 'not_found');
    },
  );

  it.each(['/api/chat-openai/', '/API/Chat-OpenAI'])('is there at %s too', async (path) => {
    playWell();
    const answer = await ask(setting.url, post(path, { messages: MESSAGES }), setting.token);
    expect(answer.status).toBe(200);
    expect(setting.upstream.requests[0]!.path).toBe(responses.path);
  });

  describe('in another installation', () => {
    let other: StatelessSetting;
    afterEach(() => other.stop());

    const startOther = async (environment: Record<string, string>): Promise<StatelessSetting> => {
      return StatelessSetting.start(environment);
    };
    const sendOther = (path: string, over: object = {}) =>
      ask(other.url, post(path, { messages: MESSAGES, ...over }), other.token);

    it('is there for every provider with a key, and only those', async () => {
      other = await startOther({
        GEMINI_API_KEY: '',
        ANTHROPIC_API_KEY: ANTHROPIC_KEY,
        ANTHROPIC_BASE_URL: setting.upstream.baseUrl.replace('/v1', '/own/path/'),
      });
      setting.upstream.play('/own/path/chat/completions', streamAnswer(...chat.frames(['Hello'])));
      expectRefusal(await sendOther('/api/chat-gemini'), 404, 'not_found');
      expect((await sendOther('/api/chat-anthropic')).status).toBe(200);
      expect(setting.upstream.requests[0]!.headers.authorization).toBe(`Bearer ${ANTHROPIC_KEY}`);
      expect(sent()).toMatchObject({
        model: SIBLING_PROVIDERS.anthropic.defaultModel,
        stream_options: { include_usage: true },
      });
    });

    it('is of Chat Completions where the operator says so, without naming what was not sent', async () => {
      other = await startOther({ OPENAI_API_FAMILY: 'chat' });
      other.upstream.play(chat.path, streamAnswer(...chat.frames(['Hello'])));
      const answer = await sendOther('/api/chat-openai', { model: 'gpt-5-mini' });
      expect(answer.body).toBe(chat.frames(['Hello']).join(''));
      expect(JSON.parse(other.upstream.requests[0]!.body.toString())).toEqual({
        model: 'gpt-5-mini',
        messages: MESSAGES,
        max_completion_tokens: 4096,
        stream: true,
        stream_options: { include_usage: true },
      });
      expect(answer.headers.has('x-adjusted-params')).toBe(false);
      const named = await sendOther('/api/chat-openai', { model: 'gpt-5-mini', maxOutputTokens: 5 });
      expect(named.headers.get('x-adjusted-params')).toBe('maxOutputTokens');
    });

    it('needs OpenAI’s key or the simulator', async () => {
      other = await startOther({ OPENAI_API_KEY: '', SIMULATOR: 'off' });
      const answer = await sendOther('/api/chat-openai');
      expectRefusal(answer, 500, 'upstream_not_configured');
      expect(answer.body.error).toBe('OPENAI_API_KEY is not configured on the server');
      expect(await other.booked()).toEqual([]);
    });

    it('counts with completions against the limits of its user', async () => {
      const { opened, open } = gate();
      other = await startOther({ RATE_LIMIT_PER_MINUTE: '4', MAX_STREAMS_PER_USER: '1' });
      // The first user is the admin, who is exempt from limits.
      const { token } = await signUp(other.url);
      other.upstream.play(responses.path, heldStream(responses, opened));
      const running = askRaw(other.url, asking(OPENAI_DOOR), token);
      await other.upstream.nextRequest();
      for (const path of ['/api/chat-gemini', '/api/chat/stream', '/api/chat-openai']) {
        const answer = await ask(other.url, post(path, { messages: MESSAGES }), token);
        expectRefusal(answer, 429, 'too_many_streams');
        expect(answer.headers.get('ratelimit-limit')).toBe('4');
      }
      expectRefusal(await ask(other.url, asking(GEMINI_DOOR), token), 429, 'rate_limited');
      open();
      expect((await running).isCut).toBe(false);
      expect(await other.booked()).toHaveLength(1);
    });

    it('is bounded by the operator’s limit and list', async () => {
      other = await startOther({
        MAX_OUTPUT_TOKENS: '100',
        ALLOWED_MODELS: 'gpt-4o,gemini-2.5-pro',
      });
      for (const dialect of [chat, responses]) {
        other.upstream.play(dialect.path, streamAnswer(...dialect.frames(['Hello'])));
      }
      expect((await sendOther('/api/chat-openai', { maxOutputTokens: 100 })).status).toBe(200);
      const refused = await sendOther('/api/chat-openai', { maxOutputTokens: 101 });
      expectRefusal(refused, 400, 'validation_failed', ['maxOutputTokens']);
      expectRefusal(await sendOther('/api/chat-openai', { model: 'gpt-5' }), 400, 'model_not_allowed');
      expect((await sendOther('/api/chat-gemini')).status).toBe(200);
      const asked = other.upstream.requests.map(({ body }) => JSON.parse(body.toString()).model);
      expect(asked).toEqual(['gpt-4o-mini', 'gemini-2.5-pro']);
    });
  });
});
