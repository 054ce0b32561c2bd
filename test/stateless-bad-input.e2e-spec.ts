import { brotliCompressSync, gzipSync } from 'node:zlib';
import { api } from './support/clients';
import { invalid, NO_JSON, type Refusal, SIGN_IN_REQUIRED, TOO_LARGE, WRONG_TYPE } from './support/bad-input';
import { halfSent, requestBytes, withSecondHost } from './support/raw-client';
import { ask, type Ask, expectRefusal, post, sendBytes } from './support/requests';
import { chat, jsonAnswer, responses, streamAnswer } from './support/scripted-upstream';
import {
  asking,
  DOORS,
  GEMINI_DOOR,
  JSON_DOOR,
  MESSAGES,
  OPENAI_DOOR,
  STREAM_DOOR,
  StatelessSetting,
} from './support/stateless';

const MIB = 1024 ** 2;
const NOT_ALLOWED: Refusal = [400, 'model_not_allowed'];

type Headings = Record<string, string>;
/** Without a refusal the body is valid: it tests the other side of a limit. */
type BodyRow = [what: string, body: unknown, refusal?: Refusal, headers?: Headings];

const TEXT = JSON.stringify({ messages: MESSAGES });
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const withField = (name: string, value: string): string =>
  `{"messages":[{"role":"user","content":"hi"}],"${name}":${value}}`;
const fields = (count: number): string => Array.from({ length: count }, (_, at) => `"k${at}":1`).join();
const padded = (bytes: number): string => TEXT.slice(0, -1) + ' '.repeat(bytes - TEXT.length) + '}';
const typed = (type: string): Headings => ({ 'content-type': type });
const encoded = (encoding: string): Headings => ({ 'content-encoding': encoding });

/** What every door answers to a body, whatever the door is for. */
const ANY_BODY: BodyRow[] = [
  ['nothing', undefined, [400, 'validation_failed']],
  ['an empty object', '{}', [400, 'validation_failed']],
  ['no JSON', 'hello', NO_JSON],
  ['half a JSON object', TEXT.slice(0, -3), NO_JSON],
  ['two JSON objects', TEXT + TEXT, NO_JSON],
  ['NaN', withField('temperature', 'NaN'), NO_JSON],
  ['null', 'null', invalid()],
  ['a list', `[${TEXT}]`, invalid()],
  ['a text', '"hi"', invalid()],
  ['a byte that is no UTF-8', Buffer.from(withField('model', '"\xff"'), 'latin1'), NO_JSON],
  [
    'UTF-16 that says so',
    Buffer.from(TEXT, 'utf16le'),
    WRONG_TYPE,
    typed('application/json; charset=utf-16'),
  ],
  ['UTF-16 that does not', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), NO_JSON],
  ['Latin-1', TEXT, WRONG_TYPE, typed('application/json; charset=iso-8859-1')],
  ['text', TEXT, WRONG_TYPE, typed('text/plain')],
  ['a form', 'messages=hi', WRONG_TYPE, typed('application/x-www-form-urlencoded')],
  ['JSON lines', TEXT, WRONG_TYPE, typed('application/x-ndjson')],
  ['no type', TEXT, WRONG_TYPE, typed('')],
  ['an unknown encoding', TEXT, WRONG_TYPE, encoded('zstd')],
  ['what is no gzip', TEXT, NO_JSON, encoded('gzip')],
  ['half a gzip', gzipSync(TEXT).subarray(0, 20), NO_JSON, encoded('gzip')],
  ['100 MB in gzip', gzipSync(Buffer.alloc(1e8, ' ')), TOO_LARGE, encoded('gzip')],
  ['a byte more than 1 MiB', padded(MIB + 1), TOO_LARGE],
  ['65 levels', withField('tools', nested(64)), invalid()],
  ['200,000 levels', withField('tools', nested(200_000)), invalid()],
  ['1,001 fields', `{${fields(1001)}}`, invalid()],
  ['1,001 fields in a message', `{"messages":[{${fields(1001)}}]}`, invalid()],
  ['50,001 values', `{"messages":[${'{},'.repeat(50_000)}{}]}`, invalid()],
  ['__proto__', withField('__proto__', '{"messages":[]}'), invalid('__proto__')],
  ['an escaped __proto__', withField('\\u005f_proto__', '{}'), invalid('__proto__')],
  ['constructor', withField('constructor', '{}'), invalid('constructor')],
  ['prototype', withField('prototype', '1'), invalid('prototype')],
  ['toString', withField('toString', '1'), invalid('toString')],
  ['an unknown field', withField('n', '2'), invalid('n')],
  ['a field of another case', withField('Model', '"gpt-4o"'), invalid('Model')],
  ['a field of a full name', withField('user_id', '"of-another"'), invalid('user_id')],
  ['messages that are null', '{"messages":null}', invalid('messages')],
  ['messages that are an object', '{"messages":{"0":{}}}', invalid('messages')],
  ['messages that are text', '{"messages":"hi"}', invalid('messages')],
  ['no messages', '{"messages":[]}', invalid('messages')],
  ['a message that is null', '{"messages":[null]}', [400, 'validation_failed']],
  ['a message that is text', '{"messages":["hi"]}', [400, 'validation_failed']],
  ['a message that is a list', '{"messages":[[]]}', [400, 'validation_failed']],
  ['a model that is a number', withField('model', '1'), invalid('model')],
  ['a model that is a list', withField('model', '["gpt-4o"]'), invalid('model')],
  ['an empty model', withField('model', '""'), invalid('model')],
  ['a model of 201 characters', withField('model', `"${'m'.repeat(201)}"`), invalid('model')],
  ['a model off the list', withField('model', '"gpt-99"'), NOT_ALLOWED],
  ['a model in capitals', withField('model', '"GPT-4o"'), NOT_ALLOWED],
  ['a model called __proto__', withField('model', '"__proto__"'), NOT_ALLOWED],
  ['a model with line breaks', withField('model', '"gpt-4o\\r\\nX-A: 1"'), NOT_ALLOWED],
  ['a model with NUL', withField('model', '"gpt-4o\\u0000"'), NOT_ALLOWED],
  ['a temperature in text', withField('temperature', '"1"'), invalid('temperature')],
  ['a temperature beyond every number', withField('temperature', '1e400'), invalid('temperature')],
  ['gzip', gzipSync(TEXT), undefined, encoded('gzip')],
  ['brotli', brotliCompressSync(TEXT), undefined, encoded('br')],
  ['1 MiB', padded(MIB)],
  ['a byte order mark', `\ufeff${TEXT}`],
  ['a type in capitals', TEXT, undefined, typed('Application/JSON; Charset="UTF-8"')],
];

const COMPLETION: BodyRow[] = [
  ['a temperature that is a list', { messages: MESSAGES, temperature: [1] }, invalid('temperature')],
  ['max_tokens of 0', { messages: MESSAGES, max_tokens: 0 }, invalid('max_tokens')],
  ['max_tokens below 0', { messages: MESSAGES, max_tokens: -5 }, invalid('max_tokens')],
  ['max_tokens of 1.5', { messages: MESSAGES, max_tokens: 1.5 }, invalid('max_tokens')],
  ['max_tokens in text', { messages: MESSAGES, max_tokens: '5' }, invalid('max_tokens')],
  ['max_tokens beyond every number', withField('max_tokens', '1e400'), invalid('max_tokens')],
  ['tools that are an object', { messages: MESSAGES, tools: {} }, invalid('tools')],
  ['a tool that is text', { messages: MESSAGES, tools: ['f'] }, invalid('tools')],
  ['a tool that is null', { messages: MESSAGES, tools: [null] }, invalid('tools')],
  ['verbosity that is a number', { messages: MESSAGES, verbosity: 1 }, invalid('verbosity')],
  ['verbosity of 51', { messages: MESSAGES, verbosity: 'v'.repeat(51) }, invalid('verbosity')],
  ['an effort that is an object', { messages: MESSAGES, reasoning_effort: {} }, invalid('reasoning_effort')],
  ['a format that is text', { messages: MESSAGES, response_format: 'json' }, invalid('response_format')],
  ['a format that is a list', { messages: MESSAGES, response_format: [] }, invalid('response_format')],
  ['stream', { messages: MESSAGES, stream: true }, invalid('stream')],
  ['a message of the agent’s beside', { messages: MESSAGES, message: 'hi' }, invalid('messages')],
  ['a conversation', { messages: MESSAGES, conversation_id: 1 }, invalid('conversation_id')],
  ['NUL and half an emoji, which nobody stores', { messages: [{ content: '\0 \ud83d' }] }],
  ['content that is a number', { messages: [{ role: 'user', content: 5 }] }],
  ['a role that nobody knows', { messages: [{ role: 'critic', content: 'hi' }] }],
  ['keys of JavaScript’s in a message', '{"messages":[{"__proto__":1,"constructor":{"then":1}}]}'],
  ['64 levels', `{"messages":[{"content":${nested(61)}}]}`],
  ['nulls where nothing is meant', { messages: MESSAGES, model: null, tools: null, temperature: null }],
  ['a model twice, of which the last counts', '{"model":"off","messages":[{}],"model":"gpt-4o"}'],
];

const message = (over: object): object => ({ messages: [{ role: 'user', content: 'hi', ...over }] });
const contents = (...lengths: number[]): object => ({
  messages: lengths.map((length) => ({ role: 'user', content: 'x'.repeat(length) })),
});
const times = (count: number, length: number): number[] => Array.from({ length: count }, () => length);
const over = (field: object): object => ({ messages: MESSAGES, ...field });
const format = (value: unknown): object => over({ responseFormat: value });
const schema = { type: 'object' };

const PROVIDER: BodyRow[] = [
  ['31 messages', contents(...times(31, 1)), invalid('messages')],
  ['30 messages', contents(...times(30, 1))],
  ['no role', { messages: [{ content: 'hi' }] }, invalid('messages', 0, 'role')],
  ['the role of a tool', message({ role: 'tool' }), invalid('messages', 0, 'role')],
  ['the role of a developer', message({ role: 'developer' }), invalid('messages', 0, 'role')],
  ['a role in capitals', message({ role: 'User' }), invalid('messages', 0, 'role')],
  ['a role that is a list', message({ role: ['user'] }), invalid('messages', 0, 'role')],
  ['a role with a constructor', message({ role: { constructor: 1 } }), invalid('messages', 0, 'role')],
  ['no content', { messages: [{ role: 'user' }] }, invalid('messages', 0, 'content')],
  ['content that is null', message({ content: null }), invalid('messages', 0, 'content')],
  ['content that is a number', message({ content: 5 }), invalid('messages', 0, 'content')],
  ['content in parts', message({ content: [{ type: 'text' }] }), invalid('messages', 0, 'content')],
  ['empty content', message({ content: '' }), invalid('messages', 0, 'content')],
  ['content of 4,001', contents(1, 4001), invalid('messages', 1, 'content')],
  ['content of 4,000', contents(4000)],
  [
    '2,001 emoji, which are 4,002',
    message({ content: '😀'.repeat(2001) }),
    invalid('messages', 0, 'content'),
  ],
  ['2,000 emoji', message({ content: '😀'.repeat(2000) })],
  ['40,001 in all', contents(...times(10, 4000), 1), invalid('messages')],
  ['40,000 in all', contents(...times(10, 4000))],
  ['40,000 in all, and instructions', { ...contents(...times(10, 4000)), system: 'x'.repeat(4000) }],
  ['an unknown field of a message', message({ name: 'ann' }), invalid('messages', 0, 'name')],
  ['instructions of 4,001', over({ system: 'x'.repeat(4001) }), invalid('system')],
  ['instructions that are a list', over({ system: ['hi'] }), invalid('system')],
  ['a temperature below 0', over({ temperature: -0.01 }), invalid('temperature')],
  ['a temperature of 0', over({ temperature: 0 })],
  ['a temperature of 2', over({ temperature: 2 })],
  ['a temperature over 2', over({ temperature: 2.01 }), invalid('temperature')],
  ['a limit of 0', over({ maxOutputTokens: 0 }), invalid('maxOutputTokens')],
  ['a limit of 1', over({ maxOutputTokens: 1 })],
  ['a limit of 1.5', over({ maxOutputTokens: 1.5 }), invalid('maxOutputTokens')],
  ['the highest limit', over({ maxOutputTokens: 4096 })],
  ['a limit over the highest', over({ maxOutputTokens: 4097 }), invalid('maxOutputTokens')],
  ['a limit in text', over({ maxOutputTokens: '5' }), invalid('maxOutputTokens')],
  ['the format json', format('json'), invalid('responseFormat')],
  ['a format that is null', format(null), invalid('responseFormat')],
  ['a format that is a list', format([]), invalid('responseFormat')],
  ['a format that is a number', format(1), invalid('responseFormat')],
  ['an empty format', format({}), invalid('responseFormat', 'schema')],
  ['a format of another type', format({ type: 'json', schema }), invalid('responseFormat', 'type')],
  ['a format without a schema', format({ type: 'json_schema' }), invalid('responseFormat', 'schema')],
  ['a schema in text', format({ type: 'json_schema', schema: '{}' }), invalid('responseFormat', 'schema')],
  [
    'a schema that is a list',
    format({ type: 'json_schema', schema: [] }),
    invalid('responseFormat', 'schema'),
  ],
  [
    'strict in text',
    format({ type: 'json_schema', schema, strict: 'yes' }),
    invalid('responseFormat', 'strict'),
  ],
  [
    'a schema’s name of two words',
    format({ type: 'json_schema', schema, name: 'my answer' }),
    invalid('responseFormat', 'name'),
  ],
  [
    'an unknown field of a format',
    format({ type: 'json_schema', schema, json_schema: {} }),
    invalid('responseFormat', 'json_schema'),
  ],
  ['stream', over({ stream: false }), invalid('stream')],
  ['max_tokens', over({ max_tokens: 5 }), invalid('max_tokens')],
  ['tools', over({ tools: [] }), invalid('tools')],
  ['store', over({ store: true }), invalid('store')],
  ['NUL and half an emoji, which nobody stores', message({ content: '\0 \ud83d' })],
  ['text as the format', format('text')],
];

const TABLES = [
  { ...JSON_DOOR, rows: COMPLETION },
  { ...STREAM_DOOR, rows: COMPLETION },
  { ...OPENAI_DOOR, rows: PROVIDER },
  { ...GEMINI_DOOR, rows: PROVIDER },
];

describe('Bad input at', () => {
  let setting: StatelessSetting;
  let logRead: number;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
  });
  beforeEach(() => {
    const { upstream, app } = setting;
    upstream.play(responses.path, streamAnswer(...responses.frames(['Hello'])));
    upstream.play(chat.path, ({ body }) =>
      body.includes('"stream":true')
        ? streamAnswer(...chat.frames(['Hello']))
        : jsonAnswer(chat.whole('Hello')),
    );
    logRead = app.log().length;
  });
  afterEach(async () => {
    const { upstream, app } = setting;
    expect((await api(app.url).get('/health')).body.status).toBe('healthy');
    expect(app.log().slice(logRead)).not.toContain('request_failed');
    upstream.reset();
  });
  afterAll(() => setting.stop());

  async function expectAnswer(request: Ask, refusal: Refusal | undefined): Promise<void> {
    const answer = await ask(setting.url, request, setting.token);
    if (refusal !== undefined) expectRefusal(answer, ...refusal);
    else expect(answer.status).toBe(200);
    expect(setting.upstream.requests).toHaveLength(refusal === undefined ? 1 : 0);
  }

  describe.each(TABLES)('$name', ({ path, rows }) => {
    it.each([...ANY_BODY, ...rows])('%s', async (...[, body, refusal, headers]) => {
      await expectAnswer(post(path, body, headers), refusal);
    });
  });

  describe.each(DOORS)('$name, on the wire:', (door) => {
    const bytesOf = (headers: Headings = {}): Buffer =>
      requestBytes({ ...asking(door), headers: { connection: 'close', ...headers } }, setting.token);
    const send = async (bytes: Buffer) => {
      const answer = await sendBytes(setting.url, bytes);
      return { status: answer.status, body: answer.body };
    };

    it('two Host headers make no difference', async () => {
      const answer = await send(withSecondHost(bytesOf()));
      expect(answer.status).toBe(200);
      expect(setting.upstream.requests[0]!.headers.host).not.toContain('evil');
    });

    it('a body that comes in chunks is taken', async () => {
      const { bytes, at } = split(bytesOf({ 'transfer-encoding': 'chunked', 'content-length': '' }));
      const head = bytes
        .subarray(0, at)
        .toString()
        .replace(/content-length: ?\r\n/i, '');
      const body = bytes.subarray(at).toString();
      const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('');
      expect((await send(Buffer.from(`${head}${chunks}0\r\n\r\n`))).status).toBe(200);
    });

    it('half a chunked body gets no answer and asks nobody', async () => {
      const { bytes, at } = split(bytesOf({ 'transfer-encoding': 'chunked', 'content-length': '' }));
      const head = bytes
        .subarray(0, at)
        .toString()
        .replace(/content-length: ?\r\n/i, '');
      const answer = await sendBytes(setting.url, Buffer.from(`${head}ff\r\n{"messages"`), true);
      expect(answer.status).not.toBe(200);
      expect(setting.upstream.requests).toEqual([]);
    });

    it('a body that is waited for with 100-continue is taken', async () => {
      const answer = await sendBytes(setting.url, bytesOf({ expect: '100-continue' }));
      expect(answer.headers).toBe('HTTP/1.1 100 Continue');
      expect(answer.body).toContain('HTTP/1.1 200 OK');
    });

    it('half a body asks nobody, and the rest of it does', async () => {
      const { socket, finish } = await halfSent(setting.url, bytesOf());
      expect((await ask(setting.url, asking(door), setting.token)).status).toBe(200);
      expect(setting.upstream.requests).toHaveLength(1);
      finish();
      await setting.upstream.nextRequest();
      await setting.upstream.nextRequest();
      socket.destroy();
    });

    it('a GET and a PUT are not possible', async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await ask(setting.url, { method, path: door.path }, setting.token);
        expectRefusal(answer, 405, 'method_not_allowed');
        expect(answer.headers.get('allow')).toBe('POST');
      }
    });

    it.each([
      ['no token', undefined],
      ['a token that is none', 'nonsense'],
      ['a token of nothing', ''],
      ['a token over 16 KB long', 't'.repeat(15_000)],
    ])('%s is not enough', async (_, token) => {
      const answer = await ask(setting.url, asking(door), token);
      expectRefusal(answer, ...SIGN_IN_REQUIRED);
      expect(answer.body.error).toBe('Sign in required.');
      expect(setting.upstream.requests).toEqual([]);
    });
  });
});

function split(bytes: Buffer): { bytes: Buffer; at: number } {
  return { bytes, at: bytes.indexOf('\r\n\r\n') + 4 };
}
