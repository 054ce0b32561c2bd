import { gzipSync } from 'node:zlib';
import { ENDING_DAY } from './support/catalogue.data';
import { type Block, signUp } from './support/clients';
import { ask, expectRefusal, post } from './support/requests';
import {
  bareLfStream,
  chat,
  CHAT_USAGE,
  chatCompletion,
  chatFrames,
  crlfStream,
  gate,
  heldStream,
  jsonAnswer,
  lastEventWithoutBlankLine,
  MULTIBYTE_DELTAS,
  multibyteOneByteAtATime,
  type Script,
  serverErrorWithBody,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, MESSAGES, StatelessSetting } from './support/stateless';
import { dayBefore, endPretending, noonOf, pretendTime } from './support/time';

const TEXT = '{"messages":[{"role":"user","content":"hi"}]}';
const MODEL = 'gpt-4o-mini-2024-07-18';

/** A completion in the provider's exact bytes. */
const completionBytes = (content: string): string =>
  `{ "id": "c-1",\n "choices": [{"index":0,"message":{"role":"assistant","content":${content}}}] }\n`;

const raw = (text: string): Script => [
  { status: 200, headers: { 'content-type': 'application/json' } },
  { bytes: text },
  { end: true },
];

describe('A stateless completion', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
  });
  afterEach(() => setting.upstream.reset());
  afterAll(() => setting.stop());

  const complete = (body: unknown, script: Script = jsonAnswer(chatCompletion()), token = setting.token) => {
    setting.upstream.play(chat.path, script);
    return askRaw(setting.url, post('/api/chat', body), token);
  };
  const stream = (
    body: unknown,
    script: Script = streamAnswer(...chat.frames(['Hello'])),
    token = setting.token,
  ) => {
    setting.upstream.play(chat.path, script);
    return askRaw(setting.url, post('/api/chat/stream', body), token);
  };
  const sent = (): string => setting.upstream.requests[0]!.body.toString();

  describe('answers with the provider’s bytes and, beside them,', () => {
    it.each<[string, string, string]>([
      ['the text', '"Hello."', 'Hello.'],
      ['no text where there is none', 'null', ''],
      ['no text where it is in parts', '[{"type":"text","text":"a"}]', ''],
      ['text that JSON escapes', '"\\"\\\\\\n\\u2028\\ud83d\\ude00 ж"', '"\\\n\u2028😀 ж'],
    ])('%s', async (_, content, text) => {
      const answer = await complete({ messages: MESSAGES }, raw(completionBytes(content)));
      const body = answer.bytes.toString();

      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(body).toBe(completionBytes(content).replace(/\}\n$/, `,"content":${JSON.stringify(text)}}`));
      expect(JSON.parse(body).content).toBe(text);
    });

    it('numbers and keys that JavaScript would lose', async () => {
      const answer = await complete(
        { messages: MESSAGES },
        raw('{"choices":[],"a":1e400,"b":12345678901234567890,"c":1.0,"__proto__":{"d":1},"a":2}'),
      );
      expect(answer.bytes.toString()).toBe(
        '{"choices":[],"a":1e400,"b":12345678901234567890,"c":1.0,"__proto__":{"d":1},"a":2,"content":""}',
      );
    });

    it('tool calls, usage and every other field', async () => {
      const tool_calls = [
        { id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: '{}' } },
      ];
      const completion = chatCompletion({ content: null, tool_calls });
      const answer = await complete({ messages: MESSAGES }, jsonAnswer(completion));
      expect(JSON.parse(answer.bytes.toString())).toEqual({ ...completion, content: '' });
    });

    it('our text, where the provider has a field of that name', async () => {
      const answer = await complete(
        { messages: MESSAGES },
        jsonAnswer({ ...chatCompletion(), content: 'theirs' }),
      );
      expect(JSON.parse(answer.bytes.toString()).content).toBe('Hello.');
    });
  });

  describe('sends on, byte for byte,', () => {
    const BODIES: [string, string][] = [
      ['a plain request', TEXT],
      ['white space and escapes', ' { "messages" : [\n{"role":"\\u0075ser","content":"\\u00e9 é \\/"} ] } '],
      [
        'the messages of a tool loop',
        '{"messages":[{"role":"user","content":"hi","name":"ann"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},{"role":"tool","tool_call_id":"call_1","content":"[]"}]}',
      ],
      ['fields nobody knows', '{"messages":[{"role":"critic","x_own":{"a":[1,{"b":null}]},"content":[]}]}'],
      [
        'numbers that JavaScript has not',
        '{"messages":[{"role":"user","a":1e400,"b":12345678901234567890,"c":-0,"d":1.0}]}',
      ],
      [
        'keys that mean something to JavaScript',
        '{"messages":[{"role":"user","__proto__":{"a":1},"constructor":{"prototype":{}},"hasOwnProperty":1}]}',
      ],
      ['a key twice inside a message', '{"messages":[{"role":"user","content":"a","content":"b"}]}'],
      ['text that no database would store', '{"messages":[{"role":"user","content":"\\u0000 \\ud83d"}]}'],
      ['multibyte text', '{"messages":[{"role":"user","content":"ж中😀"}],"verbosity":"low"}'],
      [
        'tools with whatever schemas',
        '{"messages":[{"role":"user"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"__proto__":1,"minimum":1e400}}}],"tool_choice":{"type":"function","function":{"name":"f"}}}',
      ],
    ];
    const withoutOuterSpace = (text: string): string =>
      text.replace(/^ \{ "messages" : /, '{"messages":').replace(/ \} $/, '}');
    const extended = (text: string, fields: string): string =>
      `${withoutOuterSpace(text).slice(0, -1)},${fields}}`;

    it.each(BODIES)('%s', async (_, body) => {
      expect((await complete(body)).status).toBe(200);
      expect(sent()).toBe(extended(body, '"model":"gpt-4o-mini"'));
    });

    it.each(BODIES)('%s, on the stream', async (_, body) => {
      expect((await stream(body)).status).toBe(200);
      const added = '"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}';
      expect(sent()).toBe(extended(body, added));
    });

    it.each([
      ['', '{"model":"gpt-4o-mini", "messages":[{"a":1e400}] , "temperature":0.70}\n'],
      [', without its byte order mark', '\ufeff{"model":"gpt-4o-mini","messages":[{}]}'],
    ])('a whole body that needs no change%s', async (_, body) => {
      expect((await complete(body)).status).toBe(200);
      expect(sent()).toBe(body.replace('\ufeff', ''));
    });
  });

  it('sends a compressed body on as what was compressed', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const body = '{"model":"gpt-4o-mini", "messages":[{"a":1e400}]}';
    const request = post('/api/chat', gzipSync(body), { 'content-encoding': 'gzip' });
    expect((await askRaw(setting.url, request, setting.token)).status).toBe(200);
    expect(sent()).toBe(body);
    expect(setting.upstream.requests[0]!.headers).not.toHaveProperty('content-encoding');
  });

  it('sends the server’s key and its own request id, and nothing of the client’s headers', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const headers = { cookie: 'a=b', 'x-request-id': 'mine', 'openai-organization': 'org-of-the-client' };
    await ask(setting.url, post('/api/chat', TEXT, headers), setting.token);
    const { headers: received } = setting.upstream.requests[0]!;
    expect(received).toEqual({
      host: expect.any(String),
      connection: 'keep-alive',
      authorization: 'Bearer sk-test-key-that-must-never-be-seen',
      'content-type': 'application/json',
      'content-length': expect.any(String),
      'accept-encoding': 'identity',
      'x-client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  describe('sends no second model past the list', () => {
    it.each<[string, string, string | undefined]>([
      ['the last counts', '{"model":"not-allowed","model":"gpt-4o-mini","messages":[{}]}', 'gpt-4o-mini'],
      ['also escaped', '{"mod\\u0065l":"not-allowed","model":"gpt-4o-mini","messages":[{}]}', 'gpt-4o-mini'],
      ['and is the one checked', '{"model":"gpt-4o-mini","messages":[{}],"model":"not-allowed"}', undefined],
      ['escaped too', '{"model":"gpt-4o-mini","messages":[{}],"mod\\u0065l":"not-allowed"}', undefined],
    ])('%s', async (_, body, model) => {
      const answer = await complete(body);
      if (model === undefined) {
        expect(JSON.parse(answer.bytes.toString()).code).toBe('model_not_allowed');
        expect(setting.upstream.requests).toEqual([]);
      } else {
        expect(sent()).toBe(`{"model":"${model}","messages":[{}]}`);
      }
    });
  });

  describe('changes what the model does not take, and says so:', () => {
    const SCHEMA = { type: 'json_schema', json_schema: { schema: { type: 'object' } } };
    const TOOLS = [{ type: 'function', function: { name: 'f' } }];
    const mini = { model: 'gpt-4o-mini' };

    it.each<[string, object, object, string | null]>([
      ['nothing', mini, mini, null],
      ['nothing that was not sent', { model: 'gpt-5-mini' }, { model: 'gpt-5-mini' }, null],
      ['empty tools', { ...mini, tools: [] }, mini, 'tools'],
      [
        'empty tools and their choice',
        { ...mini, tools: [], tool_choice: 'auto' },
        mini,
        'tools, tool_choice',
      ],
      ['max_tokens at the bound', { ...mini, max_tokens: 4096 }, { ...mini, max_tokens: 4096 }, null],
      [
        'max_tokens over the bound',
        { ...mini, max_tokens: 4097 },
        { ...mini, max_tokens: 4096 },
        'max_tokens',
      ],
      ['max_tokens far over', { ...mini, max_tokens: 1e21 }, { ...mini, max_tokens: 4096 }, 'max_tokens'],
      [
        'max_tokens of another name and over the bound',
        { model: 'gpt-5-mini', max_tokens: 5000 },
        { model: 'gpt-5-mini', max_completion_tokens: 4096 },
        'max_tokens',
      ],
      ['a temperature', { model: 'gpt-5-mini', temperature: 0 }, { model: 'gpt-5-mini' }, 'temperature'],
      [
        'the effort beside tools',
        { model: 'gpt-6-luna', tools: TOOLS },
        { model: 'gpt-6-luna', tools: TOOLS, reasoning_effort: 'none' },
        'reasoning_effort',
      ],
      [
        'a schema without a name',
        { ...mini, response_format: SCHEMA },
        {
          ...mini,
          response_format: { ...SCHEMA, json_schema: { ...SCHEMA.json_schema, name: 'response' } },
        },
        'response_format',
      ],
    ])('%s', async (_, fields, forwarded, header) => {
      const answer = await complete({ messages: MESSAGES, ...fields });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-adjusted-params')).toBe(header);
      expect(JSON.parse(sent())).toEqual({ messages: MESSAGES, ...forwarded });
    });
  });

  describe('asks the replacement of a retired model', () => {
    afterEach(endPretending);

    it.each([
      ['2026-12-01', 'gpt-ended', 'gpt-5.6-luna'],
      [ENDING_DAY, 'gpt-ending', 'gpt-5.6-sol'],
    ])('on %s of %s', async (day, model, replacement) => {
      pretendTime(noonOf(day));
      const { token } = await signUp(setting.url);
      for (const send of [complete, stream]) {
        setting.upstream.reset();
        const answer = await send({ messages: MESSAGES, model }, undefined, token);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('x-model-replaced')).toBe(`${model}=${replacement}`);
        expect(JSON.parse(sent()).model).toBe(replacement);
      }
    });

    it('not before its last day', async () => {
      pretendTime(noonOf(dayBefore(ENDING_DAY)));
      const { token } = await signUp(setting.url);
      const answer = await complete({ messages: MESSAGES, model: 'gpt-ending' }, undefined, token);
      expect(answer.headers.has('x-model-replaced')).toBe(false);
      expect(JSON.parse(sent()).model).toBe('gpt-ending');
    });
  });

  it.each(['/api/chat', '/api/chat/stream'])('goes to the model’s own provider from %s', async (path) => {
    const frames = chat.frames(['Hi']);
    setting.upstream.play(
      chat.path,
      path === '/api/chat' ? jsonAnswer(chatCompletion()) : streamAnswer(...frames),
    );
    const body = { messages: MESSAGES, model: 'gemini-2.5-flash' };
    expect((await askRaw(setting.url, post(path, body), setting.token)).status).toBe(200);
    expect(setting.upstream.requests[0]!.headers.authorization).toBe(
      'Bearer gemini-test-key-that-must-never-be-seen',
    );
  });

  it.each(['/api/chat', '/api/chat/stream'])('%s takes a message or messages, not both', async (path) => {
    const answer = await ask(setting.url, post(path, { messages: MESSAGES, message: 'hi' }), setting.token);
    expectRefusal(answer, 400, 'validation_failed', ['messages']);
  });

  it.each([
    ['false', false],
    ['true', true],
  ])(
    'tells its prompt to the log, at any level, where LOG_PROMPTS is %s: %s',
    async (LOG_PROMPTS, isLogged) => {
      const telling = await StatelessSetting.start({ LOG_LEVEL: 'trace', LOG_PROMPTS });
      try {
        telling.upstream.play(chat.path, ({ body }) =>
          body.includes('"stream":true') ? streamAnswer(...chat.frames(['the-reply'])) : serverErrorWithBody,
        );
        const messages = [{ role: 'user', content: 'the-secret-of-this-user' }];
        for (const path of ['/api/chat', '/api/chat/stream', '/api/chat-gemini', '/api/chat-openai']) {
          await ask(telling.url, post(path, { messages }), telling.token);
        }
        expect(telling.app.log().includes('the-secret-of-this-user')).toBe(isLogged);
        expect(telling.app.log()).not.toContain('the-reply');
        expect(telling.app.log()).not.toContain(telling.token);
      } finally {
        await telling.stop();
      }
    },
  );

  it('needs a key or the simulator', async () => {
    const bare = await StatelessSetting.start({ OPENAI_API_KEY: '', SIMULATOR: 'off' });
    try {
      for (const path of ['/api/chat', '/api/chat/stream']) {
        const answer = await ask(bare.url, post(path, { messages: MESSAGES }), bare.token);
        expectRefusal(answer, 500, 'upstream_not_configured');
        expect(answer.body.error).toBe('OPENAI_API_KEY is not configured on the server');
      }
    } finally {
      await bare.stop();
    }
  });

  describe('as a stream', () => {
    const last = { usage: CHAT_USAGE, model: MODEL, finish_reason: 'stop' };
    const blocks = (...told: (Block | '[DONE]')[]): string =>
      told.map((block) => `data: ${block === '[DONE]' ? block : JSON.stringify(block)}\n\n`).join('');
    const deltas = (...texts: string[]): Block[] => texts.map((delta) => ({ delta }));
    const whole = blocks(...deltas('Hello', ' world'), last, '[DONE]');
    const call = (index: number, args: string) => ({
      tool_calls: [
        { index, id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: args } },
      ],
    });

    it.each<[string, Script, string]>([
      ['with bare line feeds', bareLfStream(chat).script, whole],
      ['with CRLF', crlfStream(chat).script, whole],
      ['whose last event has no blank line', lastEventWithoutBlankLine(chat).script, whole],
      [
        'that comes byte by byte',
        multibyteOneByteAtATime(chat).script,
        blocks(...deltas(...MULTIBYTE_DELTAS), last, '[DONE]'),
      ],
      [
        'with comments, names and ids of events',
        streamAnswer(
          ': processing\n\n',
          ...chat.frames(['Hello']).map((frame) => `event: message\nid: 1\nretry: 5\n${frame}`),
        ),
        blocks({ delta: 'Hello' }, last, '[DONE]'),
      ],
      [
        'with data over several lines',
        streamAnswer(
          ...chat.frames(['Hello']).map((frame) => frame.replace(',"object"', ',\ndata: "object"')),
        ),
        blocks({ delta: 'Hello' }, last, '[DONE]'),
      ],
      [
        'without [DONE]',
        streamAnswer(...chat.frames(['Hello']).slice(0, -1)),
        blocks({ delta: 'Hello' }, last, '[DONE]'),
      ],
      [
        'without usage',
        streamAnswer(...chatFrames(['Hello'])),
        blocks({ delta: 'Hello' }, { ...last, usage: null }, '[DONE]'),
      ],
      [
        'of tool calls alone',
        streamAnswer(
          ...chatFrames([call(0, '{'), call(0, '}')], { finish_reason: 'tool_calls', usage: true }),
        ),
        blocks({ ...last, finish_reason: 'tool_calls' }, '[DONE]'),
      ],
      [
        'with empty deltas, which say nothing',
        streamAnswer(...chat.frames(['', 'Hello', ''])),
        blocks({ delta: 'Hello' }, last, '[DONE]'),
      ],
      [
        'with text that would break a line',
        streamAnswer(...chat.frames(['a\n\nb\r', 'data: [DONE]\n\n', '\u2028'])),
        blocks(...deltas('a\n\nb\r', 'data: [DONE]\n\n', '\u2028'), last, '[DONE]'),
      ],
      [
        'cut short by its limit',
        streamAnswer(...chatFrames(['Hello'], { finish_reason: 'length', usage: true })),
        blocks({ delta: 'Hello' }, { ...last, finish_reason: 'length' }, '[DONE]'),
      ],
    ])('%s is told in the blocks that the panel reads', async (_, script, expected) => {
      const answer = await stream({ messages: MESSAGES }, script);
      expect(answer.status).toBe(200);
      expect(answer.bytes.toString()).toBe(expected);
    });

    it('has the headers that keep proxies from holding it up', async () => {
      const { headers } = await stream({ messages: MESSAGES });
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        connection: 'keep-alive',
        'x-accel-buffering': 'no',
        'x-request-id': expect.stringMatching(/./),
      });
      expect(headers.has('content-encoding')).toBe(false);
      expect(headers.has('content-length')).toBe(false);
    });

    it('tells each delta when it comes', async () => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, heldStream(chat, opened, ['first', 'second']));
      const response = await fetch(`${setting.url}/api/chat/stream`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${setting.token}` },
        body: TEXT,
      });
      let text = '';
      let atOpening: string | undefined;
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (atOpening !== undefined || !text.endsWith('\n\n')) continue;
        atOpening = text;
        open();
      }
      expect(atOpening).toBe(blocks({ delta: 'first' }));
      expect(text).toBe(blocks(...deltas('first', 'second'), last, '[DONE]'));
    });
  });
});
