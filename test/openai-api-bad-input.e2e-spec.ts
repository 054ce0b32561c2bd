import { api, signUp } from './support/clients';
import { requestBytes, withSecondHost } from './support/raw-client';
import { ask, type Ask, get, patch, post, remove, sendBytes } from './support/requests';
import { chat, chatCompletion, hangInTheMiddle, jsonAnswer, responses } from './support/scripted-upstream';
import { StatelessSetting } from './support/stateless';

const MODEL = 'gpt-4o-mini';
const MIB = 1024 ** 2;
const MILLION = 1_000_000;
const EMBEDDINGS = '/v1/embeddings';
const OPENAI_LIKE = 'sk-proj-0123456789abcdef';

type Refusal = [status: number, code: string, param?: string | null];
type Row = [what: string, asked: Ask, ...Refusal];
/** A valid request, on the other side of a limit. */
type GoodRow = [what: string, asked: Ask];

const onChat = (body: unknown, headers?: Record<string, string>): Ask => post(chat.path, body, headers);
const form = (path: string): Ask => post(path, '--a--', typed('multipart/form-data; boundary=a'));
const TEXT = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'hi' }] });
const withField = (name: string, value: string): string => `{"${name}":${value},${TEXT.slice(1)}`;
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const padded = (bytes: number): string => TEXT.slice(0, -1) + ' '.repeat(bytes - TEXT.length) + '}';
const typed = (type: string) => ({ 'content-type': type });

const INVALID = [400, 'validation_failed'] as const;
const NO_JSON: Refusal = [400, 'invalid_json'];
const WRONG_TYPE: Refusal = [415, 'unsupported_media_type'];
const NOT_FOUND: Refusal = [404, 'not_found'];
const NO_MODEL: Refusal = [404, 'model_not_found', 'model'];
const WRONG_METHOD: Refusal = [405, 'method_not_allowed'];

const BODIES: Row[] = [
  ['no JSON', onChat('hello'), ...NO_JSON],
  ['half a JSON object', onChat(TEXT.slice(0, -3)), ...NO_JSON],
  ['null', onChat('null'), ...INVALID],
  ['a list', onChat(`[${TEXT}]`), ...INVALID],
  ['a text', onChat('"hi"'), ...INVALID],
  ['bytes that are no UTF-8', onChat(Buffer.from(withField('x', '"\xff"'), 'latin1')), ...NO_JSON],
  ['text', onChat(TEXT, typed('text/plain')), ...WRONG_TYPE],
  ['a form', onChat('model=x', typed('application/x-www-form-urlencoded')), ...WRONG_TYPE],
  ['no type', onChat(TEXT, typed('')), ...WRONG_TYPE],
  ['Latin-1', onChat(TEXT, typed('application/json; charset=iso-8859-1')), ...WRONG_TYPE],
  ['an unknown encoding', onChat(TEXT, { 'content-encoding': 'zstd' }), ...WRONG_TYPE],
  ['a byte over the limit', onChat(padded(32 * MIB + 1)), 413, 'body_too_large'],
  ['more than a million values', onChat(withField('x', `[${'1,'.repeat(MILLION)}1]`)), ...INVALID],
  ['ten million lists', onChat(withField('x', `[${'[],'.repeat(10 * MILLION)}[]]`)), ...INVALID],
  ['ten million levels', onChat(withField('x', nested(10 * MILLION))), ...INVALID],
  ['65 levels', onChat(withField('x', nested(64))), ...INVALID],
  ['200,000 levels', onChat(withField('x', nested(200_000))), ...INVALID],
  ['__proto__ for a field', onChat(withField('__proto__', '{"model":"x"}')), ...INVALID, '__proto__'],
  ['constructor for a field', onChat(withField('constructor', '1')), ...INVALID, 'constructor'],
  ['prototype for a field', onChat(withField('prototype', '1')), ...INVALID, 'prototype'],
  [
    'two names of a file in one object',
    onChat('{"messages":[{"file":{"file_id":"file-1","file_id":"file-2"}}]}'),
    ...INVALID,
  ],
];

const FIELDS: Row[] = [
  ['a number for model', onChat({ model: 4 }), ...INVALID, 'model'],
  ['a list for model', onChat({ model: [MODEL] }), ...INVALID, 'model'],
  ['an object for model', onChat({ model: { name: MODEL } }), ...INVALID, 'model'],
  ['a model off the list', onChat({ model: 'gpt-99' }), ...NO_MODEL],
  ['an empty model', onChat({ model: '' }), ...NO_MODEL],
  ['__proto__ for a model', onChat({ model: '__proto__' }), ...NO_MODEL],
  ['a model with a space', onChat({ model: `${MODEL} ` }), ...NO_MODEL],
  ['a model with a NUL', onChat({ model: `${MODEL}\0` }), ...NO_MODEL],
  ['a model of 900,000', onChat({ model: 'm'.repeat(900_000) }), ...NO_MODEL],
  ['a model of a provider without a key', onChat({ model: 'claude-sonnet-4-6' }), ...NO_MODEL],
  ['a model off the list, said first', onChat('{"model":"gpt-4o-mini","model":"gpt-99"}'), ...NO_MODEL],
  ['text for stream', onChat({ model: MODEL, stream: 'true' }), ...INVALID, 'stream'],
  ['1 for stream', onChat({ model: MODEL, stream: 1 }), ...INVALID, 'stream'],
  ['a response’s stream in words', post(responses.path, { stream: 'yes' }), ...INVALID, 'stream'],
  ['a response of a model off the list', post(responses.path, { model: 'gpt-99' }), ...NO_MODEL],
  ['embeddings without a model', post(EMBEDDINGS, { input: 'x' }), ...INVALID, 'model'],
  ['embeddings of a model off the list', post(EMBEDDINGS, { model: 'ada', input: 'x' }), ...NO_MODEL],
  ['embeddings of nothing at all', post(EMBEDDINGS), ...INVALID, 'model'],
];

const ADDRESSES: Row[] = [
  ['the bare prefix', get('/v1'), ...NOT_FOUND],
  ['an address that is not there', get('/v1/nothing'), ...NOT_FOUND],
  ['assistants, which OpenAI has', post('/v1/assistants', {}), ...NOT_FOUND],
  ['a form to an address that is not there', form('/v1/uploads/upload-1/parts'), ...NOT_FOUND],
  ['a form to another', form('/v1/containers/cntr-1/files'), ...NOT_FOUND],
  ['text to an address that is not there', post('/v1/nothing', 'hi', typed('text/plain')), ...NOT_FOUND],
  ['no JSON to an address that is not there', post('/v1/nothing', '{'), ...NOT_FOUND],
  ['33 MiB to an address that is not there', post('/v1/nothing', padded(33 * MIB)), ...NOT_FOUND],
  ['an unknown encoding there', post('/v1/nothing', TEXT, { 'content-encoding': 'zstd' }), ...NOT_FOUND],
  ['a form by another method', { ...form('/v1/nothing'), method: 'PUT' }, ...NOT_FOUND],
  ['a form where only JSON is read', form(chat.path), ...WRONG_TYPE],
  ['a form to an address of another method', form('/v1/models'), ...WRONG_METHOD],
  ['videos, which OpenAI has', post('/v1/videos', {}), ...NOT_FOUND],
  ['an upload to another address', post('/v1/files/file-1', {}), ...WRONG_METHOD],
  ['a chat by GET', get(chat.path), ...WRONG_METHOD],
  ['embeddings by DELETE', remove(EMBEDDINGS), ...WRONG_METHOD],
  ['a change of a file', patch('/v1/files/file-1', {}), ...WRONG_METHOD],
  ['models by POST', post('/v1/models', {}), ...WRONG_METHOD],
  ['a model that is none', get('/v1/models/gpt-99'), ...NO_MODEL],
  ['a model called __proto__', get('/v1/models/__proto__'), ...NO_MODEL],
  ['a file that climbs', get('/v1/files/..%2F..%2Fmodels'), ...NOT_FOUND],
  ['a file with a query in its id', get('/v1/files/file-1%3Fa=b'), ...NOT_FOUND],
  ['a file with a line break', get('/v1/files/a%0d%0aX-A:%20b/content'), ...NOT_FOUND],
  ['a file with a NUL', get('/v1/files/%00'), ...NOT_FOUND],
  ['a file of 8,000', get(`/v1/files/${'f'.repeat(8000)}`), ...NOT_FOUND],
  ['a file in half an escape', get('/v1/files/%E0%A4%A'), ...INVALID],
  ['a file in letters', get('/v1/files/%D1%84'), ...NOT_FOUND],
  ['a response that climbs', get('/v1/responses/..%2Ffiles'), ...NOT_FOUND],
  ['a response with a NUL', remove('/v1/responses/%00'), ...NOT_FOUND],
  ['a response’s input of nobody’s', get('/v1/responses/__proto__/input_items'), ...NOT_FOUND],
  ['a stop of nobody’s', post('/v1/responses/x/cancel'), ...NOT_FOUND],
  ['a limit of 0', get('/v1/files?limit=0'), ...INVALID, 'limit'],
  ['a limit of 10,001', get('/v1/files?limit=10001'), ...INVALID, 'limit'],
  ['a limit in words', get('/v1/files?limit=ten'), ...INVALID, 'limit'],
  ['a limit of 1.5', get('/v1/files?limit=1.5'), ...INVALID, 'limit'],
  ['two limits', get('/v1/files?limit=1&limit=2'), ...INVALID, 'limit'],
  ['an order there is not', get('/v1/files?order=random'), ...INVALID, 'order'],
  ['a NUL for a purpose', get('/v1/files?purpose=%00'), ...INVALID, 'purpose'],
  ['files after nobody’s', get('/v1/files?after=file-1'), 404, 'not_found', 'after'],
  ['files after a NUL', get('/v1/files?after=%00'), ...INVALID, 'after'],
];

/** Names that do not exist. */
const MANY_NAMES = Array.from({ length: 1001 }, (_, at) => `k${at}`);

const LIMITS: GoodRow[] = [
  ['a whole mebibyte, and a byte', onChat(padded(MIB + 1))],
  ['as much as it may be', onChat(padded(32 * MIB))],
  ['utf8 by its other name', onChat(TEXT, typed('application/json; charset=utf8'))],
  ['64 levels', onChat(withField('x', nested(63)))],
  ['a byte order mark', onChat(`\ufeff${TEXT}`)],
  ['a type in capitals', onChat(TEXT, typed('Application/JSON; charset=UTF-8'))],
  [
    'a thousand fields and one',
    onChat(`{${MANY_NAMES.map((name) => `"${name}":1,`).join('')}${TEXT.slice(1)}`),
  ],
  ['900,000 values', onChat(withField('x', `[${'1,'.repeat(899_999)}1]`))],
  ['reserved keys inside', onChat(withField('x', '{"__proto__":1,"constructor":2}'))],
  ['text that no database would store', onChat(withField('x', '"\\u0000\\ud83d"'))],
  ['a number beyond all', onChat(withField('x', '1e400'))],
  ['null for stream', onChat(withField('stream', 'null'))],
  ['an address with a slash at its end', post(`${chat.path}/`, TEXT)],
  ['an address in capitals', post('/V1/Chat/Completions', TEXT)],
];

describe('Bad input under /v1', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ ALLOWED_FIELDS: ['x', ...MANY_NAMES].join() });
  });
  afterEach(async () => {
    expect(setting.app.log()).not.toContain('request_failed');
    await setting.forget();
  });
  afterAll(() => setting.stop());

  const refused = ([status, code, param = null]: Refusal) => ({
    status,
    body: {
      error: { message: expect.stringMatching(/\S/), type: 'invalid_request_error', param, code },
    },
  });

  describe.each(Object.entries({ bodies: BODIES, fields: FIELDS, addresses: ADDRESSES }))(
    'in %s',
    (_, rows) => {
      it.each(rows)('%s', async (_what, asked, ...refusal) => {
        const answer = await ask(setting.url, asked, setting.token);
        expect({ status: answer.status, body: answer.body }).toEqual(refused(refusal));
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
        expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
        expect(JSON.stringify(answer.body).length).toBeLessThan(1000);
        expect(setting.upstream.requests).toEqual([]);
        expect(await setting.booked()).toEqual([]);
      });
    },
  );

  it.each(LIMITS)('takes %s', async (_, asked) => {
    setting.upstream.play(() => true, jsonAnswer(chatCompletion()));
    expect((await ask(setting.url, asked, setting.token)).status).toBe(200);
    expect(setting.upstream.requests).toHaveLength(1);
  });

  it('says which methods an address takes', async () => {
    const { headers } = await ask(setting.url, patch('/v1/files/file-1', {}), setting.token);
    expect(headers.get('allow')).toBe('DELETE, GET');
  });

  it('believes neither of two Host headers', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const request = requestBytes(post(chat.path, TEXT, { connection: 'close' }), setting.token);
    const { status } = await sendBytes(setting.url, withSecondHost(request));
    expect([200, 400]).toContain(status);
    for (const { headers } of setting.upstream.requests) expect(headers.host).toMatch(/^127\.0\.0\.1:/);
  });

  describe('from nobody', () => {
    const ROUTES: [string, Ask][] = [
      ['chat', onChat(TEXT)],
      ['responses', post(responses.path, { input: 'hi' })],
      ['embeddings', post(EMBEDDINGS, { model: 'text-embedding-3-small', input: 'x' })],
      ['models', get('/v1/models')],
      ['a model', get(`/v1/models/${MODEL}`)],
      ['files', get('/v1/files')],
      ['an upload', post('/v1/files', 'x', typed('multipart/form-data; boundary=x'))],
      ['a file', get('/v1/files/x')],
      ['a file’s content', get('/v1/files/x/content')],
      ['a file’s end', remove('/v1/files/x')],
      ['a response', get('/v1/responses/x')],
      ['a response’s input', get('/v1/responses/x/input_items')],
      ['a response’s stop', post('/v1/responses/x/cancel')],
      ['a response’s end', remove('/v1/responses/x')],
    ];
    let open: StatelessSetting;
    beforeAll(async () => {
      open = await StatelessSetting.start({ ANONYMOUS_ACCESS: 'proxy' });
    });
    afterAll(() => open.stop());

    it.each(ROUTES)(
      '%s: signing in is asked for, also where the stateless doors are open',
      async (_, asked) => {
        for (const { url } of [setting, open]) {
          for (const token of [undefined, 'nonsense', OPENAI_LIKE]) {
            const { status, body, headers } = await ask(url, asked, token);
            expect([status, body]).toEqual([
              401,
              {
                error: {
                  message: 'Sign in required.',
                  type: 'invalid_request_error',
                  param: null,
                  code: 'unauthorized',
                },
              },
            ]);
            expect(headers.get('www-authenticate')).toBe('Bearer');
          }
        }
        expect([...setting.upstream.requests, ...open.upstream.requests]).toEqual([]);
      },
    );
  });

  describe('with a cookie', () => {
    const cookie = () => ({ cookie: `keyturn_session=${setting.token}` });

    it('is taken where the page is ours', async () => {
      const { status } = await ask(setting.url, get('/v1/models', { ...cookie(), origin: setting.url }));
      expect(status).toBe(200);
    });

    it('is refused where the page is another’s', async () => {
      const foreign = get('/v1/models', { ...cookie(), origin: 'https://evil.example' });
      expect(await ask(setting.url, foreign)).toMatchObject(refused([403, 'origin_not_allowed']));
    });
  });

  it('is limited as chat is, each in OpenAI’s own words', async () => {
    const narrow = await StatelessSetting.start({ RATE_LIMIT_PER_MINUTE: '2' });
    try {
      const other = await signUp(narrow.url);
      narrow.upstream.play(() => true, jsonAnswer(chatCompletion()));
      const user = api(narrow.url, other.token);
      const first = await user.post(chat.path, JSON.parse(TEXT));
      expect([first.status, first.headers.get('ratelimit-remaining')]).toEqual([200, '1']);
      expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
      expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
      expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|[0-9]{1,2}s)$/);
      expect((await user.post(EMBEDDINGS, { model: 'text-embedding-3-small', input: 'x' })).status).toBe(200);
      const third = await user.post(responses.path, { input: 'hi' });
      expect([third.status, third.body.error]).toEqual([
        429,
        { message: expect.any(String), type: 'requests', param: null, code: 'rate_limited' },
      ]);
      expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(third.headers.get('retry-after'))).toBeLessThan(60);
      expect(third.headers.get('x-ratelimit-remaining-requests')).toBe('0');
      expect((await user.get('/v1/models')).status).toBe(200);
    } finally {
      await narrow.stop();
    }
  });

  it('has no more streams open for a user than the limit', async () => {
    const narrow = await StatelessSetting.start({ MAX_STREAMS_PER_USER: '1' });
    try {
      const { token } = await signUp(narrow.url);
      narrow.upstream.play(() => true, hangInTheMiddle(chat));
      const stream = { model: MODEL, stream: true };
      const abort = new AbortController();
      const open = await fetch(narrow.url + chat.path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(stream),
        signal: abort.signal,
      });
      expect(open.status).toBe(200);
      for (const asked of [
        onChat(stream),
        post(responses.path, stream),
        get('/v1/responses/x?stream=true'),
      ]) {
        const { status, body } = await ask(narrow.url, asked, token);
        expect([status, body.error?.code, body.error?.type]).toEqual([429, 'too_many_streams', 'requests']);
      }
      abort.abort();
    } finally {
      await narrow.stop();
    }
  });
});
