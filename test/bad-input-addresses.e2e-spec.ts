import { randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import {
  describeRows,
  expectUnharmed,
  invalid,
  NOT_FOUND,
  NOT_STORABLE,
  type Owned,
  prepare,
  type Refusal,
  type Row,
  type Setting,
  SIGN_IN_REQUIRED,
} from './support/bad-input';
import { api, signUp } from './support/clients';
import { ask, type Ask, expectRefusal, get, patch, post, remove } from './support/requests';

const NO_UUID = invalid('id');
const NO_CURSOR = invalid('cursor');
const NO_LIMIT = invalid('limit');
const NO_TURN = '/api/turns/00000000-0000-4000-8000-000000000000';

const cursor = (json: string): string => Buffer.from(json).toString('base64url');
const messages =
  (query: string) =>
  ({ conversation }: Owned): Ask =>
    get(`${conversation}/messages?${query}`);
const bearer = (authorization: string): Ask => get('/api/tasks', { authorization });
const wrongMethod = (method: string, path: string): Row => [
  `${method} ${path}`,
  { method, path },
  405,
  'method_not_allowed',
];

const IDS: Row[] = [
  ...[
    '0',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x1',
    'abc',
    '９',
    '%00',
    '%201',
    '9007199254740992',
    '99999999999999999999',
    '1'.repeat(8000),
    "1'--",
    '1;1',
    '..%2f..%2fhealth',
    '%2e%2e%5c',
  ].map((id): Row => [`the task ${id.slice(0, 30)}`, get(`/api/tasks/${id}`), ...invalid('id')]),
  ['the largest id', get('/api/tasks/9007199254740991'), ...NOT_FOUND],
  ['the conversation 0', get('/api/conversations/0'), ...invalid('id')],
  ['the messages of NaN', get('/api/conversations/NaN/messages'), ...invalid('id')],
  ['changing 1.5', patch('/api/conversations/1.5', { title: 'x' }), ...invalid('id')],
  ['deleting -1', remove('/api/tasks/-1'), ...invalid('id')],
  ['completing 1e3', post('/api/tasks/1e3/complete'), ...invalid('id')],
  ['the turn 1', get('/api/turns/1'), ...NO_UUID],
  ['a turn without hyphens', get('/api/turns/00000000000040008000000000000000'), ...NO_UUID],
  ['a turn in braces', get('/api/turns/%7B00000000-0000-4000-8000-000000000000%7D'), ...NO_UUID],
  ['a turn with a G', get('/api/turns/00000000-0000-4000-8000-00000000000G'), ...NO_UUID],
  ['a turn and a line', get(`${NO_TURN}%0a`), ...NO_UUID],
  ['cancelling a word', post('/api/turns/all/cancel'), ...NO_UUID],
  ['the nil turn', get('/api/turns/00000000-0000-0000-0000-000000000000'), ...NOT_FOUND],
  ['cut percent-encoding', get('/api/tasks/%E0%A4%A'), ...invalid()],
  ['a bare percent sign', patch('/api/tasks/%', {}), ...invalid()],
  ['bytes that are no UTF-8, for a turn', get('/api/turns/%FF'), ...invalid()],
];

const QUERIES: Row[] = [
  ...[
    '0',
    '101',
    '-1',
    '1.5',
    '1e1',
    '0x10',
    '%2010',
    '10%00',
    '',
    'ten',
    'NaN',
    'Infinity',
    '99999999999999999999',
    '5&limit=6',
  ].map((limit): Row => [`limit=${limit}`, get(`/api/tasks?limit=${limit}`), ...NO_LIMIT]),
  ['limit=1', get('/api/tasks?limit=1'), 200],
  ['limit=100', get('/api/conversations?limit=100'), 200],
  ['limit=101 of messages', messages('limit=101'), ...NO_LIMIT],
  ['limit[]', get('/api/tasks?limit[]=5'), ...invalid('limit[]')],
  ['an empty cursor', get('/api/tasks?cursor='), ...NO_CURSOR],
  ['a cursor that is no base64', get('/api/tasks?cursor=!!!'), ...NO_CURSOR],
  ['a cursor that is no JSON', get(`/api/tasks?cursor=${cursor('hello')}`), ...NO_CURSOR],
  ['a cursor of text', get(`/api/tasks?cursor=${cursor('["1 OR 1=1"]')}`), ...NO_CURSOR],
  ['a cursor of 1e400', get(`/api/tasks?cursor=${cursor('[1e400]')}`), ...NO_CURSOR],
  ['a cursor of 2^53', get(`/api/tasks?cursor=${cursor('[9007199254740992]')}`), ...NO_CURSOR],
  ['a cursor 380 deep', get(`/api/tasks?cursor=${cursor('['.repeat(380))}`), ...NO_CURSOR],
  ['a cursor of 513', get(`/api/tasks?cursor=${'A'.repeat(513)}`), ...NO_CURSOR],
  ['two cursors', get('/api/tasks?cursor=WzFd&cursor=WzFd'), ...NO_CURSOR],
  ['the cursor of tasks for conversations', get(`/api/conversations?cursor=${cursor('[1]')}`), ...NO_CURSOR],
  [
    'the cursor of conversations for tasks',
    get(`/api/tasks?cursor=${cursor('[1763700000000000,1]')}`),
    ...NO_CURSOR,
  ],
  [
    'the cursor of conversations for messages',
    messages(`cursor=${cursor('[1763700000000000,1]')}`),
    ...NO_CURSOR,
  ],
  ['a negative cursor', get(`/api/tasks?cursor=${cursor('[-1]')}`), 200],
  ['the largest cursor of tasks', get(`/api/tasks?cursor=${cursor('[9007199254740991]')}`), 200],
  ['the largest cursor of messages', messages(`cursor=${cursor('[9007199254740991]')}`), 200],
  ['a cursor of messages past 2^31', messages(`cursor=${cursor('[2147483648]')}`), 200],
  ['the lowest cursor of messages', messages(`cursor=${cursor('[-9007199254740991]')}`), 200],
  [
    'the largest cursor of conversations',
    get(`/api/conversations?cursor=${cursor('[9007199254740991,9007199254740991]')}`),
    200,
  ],
  [
    'the lowest cursor of conversations',
    get(`/api/conversations?cursor=${cursor('[-9007199254740991,-1]')}`),
    200,
  ],
  ['an unknown status', get('/api/tasks?status=done'), ...invalid('status')],
  ['two statuses', get('/api/tasks?status=all&status=pending'), ...invalid('status')],
  ['an operator', get('/api/tasks?status[$ne]=all'), ...invalid('status[$ne]')],
  ['q of 200', get(`/api/tasks?q=${'x'.repeat(200)}`), 200],
  ['q of 201', get(`/api/tasks?q=${'x'.repeat(201)}`), ...invalid('q')],
  ['q of wildcards', get(`/api/tasks?q=${'%25_'.repeat(90)}%5C`), 200],
  ['a NUL in q', get('/api/tasks?q=%00'), ...NOT_STORABLE],
  ['q twice', get('/api/tasks?q=a&q=b'), ...invalid('q')],
  ['archived=1', get('/api/conversations?archived=1'), ...invalid('archived')],
  ['archived twice', get('/api/conversations?archived=true&archived=false'), ...invalid('archived')],
  ['an unknown parameter', get('/api/tasks?sort=title'), ...invalid('sort')],
  ['somebody’s id', get('/api/conversations?user_id=1'), ...invalid('user_id')],
  ...['__proto__', 'constructor', 'prototype', 'toString'].map((key): Row => [
    key,
    get(`/api/tasks?${key}=1`),
    ...invalid(key),
  ]),
];

const ADDRESSES: Row[] = [
  ['no such path', get('/api/nothing'), ...NOT_FOUND],
  ['a path that cannot be decoded', get('/api/%E0'), ...NOT_FOUND],
  ['out of the docs', get('/docs/..%2f..%2fpackage.json'), ...NOT_FOUND],
  ['out of the docs, twice encoded', get('/docs/%252e%252e%252fpackage.json'), ...NOT_FOUND],
  ['a NUL in the docs', get('/docs/%00'), ...NOT_FOUND],
  ['two slashes', get('/api/tasks//1'), ...NOT_FOUND],
  ['a hidden file', get('/.env'), ...NOT_FOUND],
  ['a URL of 15,000', get(`/api/${'x'.repeat(15_000)}`), ...NOT_FOUND],
  wrongMethod('PUT', '/api/tasks'),
  wrongMethod('DELETE', '/api/tasks'),
  wrongMethod('POST', '/api/tasks/1'),
  wrongMethod('GET', '/api/tasks/1/complete'),
  wrongMethod('GET', '/api/chat'),
  wrongMethod('GET', '/api/chat/stream'),
  wrongMethod('POST', '/api/conversations'),
  wrongMethod('DELETE', '/api/conversations/1/messages'),
  wrongMethod('PATCH', NO_TURN),
  wrongMethod('GET', `${NO_TURN}/cancel`),
  wrongMethod('GET', '/api/auth/signin'),
  wrongMethod('POST', '/api/auth/me'),
  wrongMethod('POST', '/health'),
  wrongMethod('DELETE', '/api/health'),
  wrongMethod('POST', '/metrics'),
  wrongMethod('PROPFIND', '/api/tasks'),
  [
    'a method written into a header',
    post('/api/tasks', { title: 'x' }, { 'x-http-method-override': 'DELETE' }),
    201,
  ],
  ['a method written into the query', post('/api/auth/me?_method=GET'), 405, 'method_not_allowed'],
];

const TOKENS: Row[] = [
  ['no token', get('/api/tasks', { authorization: '' }), ...SIGN_IN_REQUIRED],
  ['no scheme', bearer('abc'), ...SIGN_IN_REQUIRED],
  ['no token after the scheme', bearer('Bearer'), ...SIGN_IN_REQUIRED],
  ['another scheme', bearer('Basic YTpi'), ...SIGN_IN_REQUIRED],
  ['two tokens', bearer('Bearer a b'), ...SIGN_IN_REQUIRED],
  ['dots', bearer('Bearer ..'), ...SIGN_IN_REQUIRED],
  ['a token of 12,000', bearer(`Bearer ${'a.'.repeat(6000)}`), ...SIGN_IN_REQUIRED],
  ['bytes beyond ASCII', bearer('Bearer \u00ff\u00fe'), ...SIGN_IN_REQUIRED],
  ['a refresh token', ({ refreshToken }) => bearer(`Bearer ${refreshToken}`), ...SIGN_IN_REQUIRED],
  ['a token in the query', get('/api/tasks?access_token=x', { authorization: '' }), ...SIGN_IN_REQUIRED],
  [
    'a cookie that cannot be decoded',
    get('/api/tasks', { authorization: '', cookie: 'keyturn_session=%E0%A4; ;;=' }),
    ...SIGN_IN_REQUIRED,
  ],
  [
    'a cookie from another page',
    get('/api/tasks', { authorization: '', cookie: 'keyturn_session=a', origin: 'null' }),
    403,
    'origin_not_allowed',
  ],
  [
    'a stream without a token',
    post('/api/chat/stream', { message: 'x' }, { authorization: '' }),
    ...SIGN_IN_REQUIRED,
  ],
  ['a chat without a token', post('/api/chat', { message: 'x' }, { authorization: '' }), ...SIGN_IN_REQUIRED],
];

describeRows('Bad addresses', { ids: IDS, queries: QUERIES, 'paths and methods': ADDRESSES, tokens: TOKENS });

describe('Forged and foreign', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await prepare();
  });
  afterEach(() => expectUnharmed(setting));
  afterAll(() => setting.app.stop());

  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  /** The user's own token with changed claims: signed again if a secret is given, otherwise with its old signature. */
  const forge = (over: object, secret?: string): string => {
    const claims = { ...new JwtService().decode<object>(setting.token), ...over };
    const [header, , signature] = setting.token.split('.');
    return secret === undefined
      ? `${header}.${encode(claims)}.${signature}`
      : new JwtService().sign(claims, { secret });
  };
  const ourSecret = (): string => setting.app.settings.auth.jwtSecret!;

  it('takes a token that is made like the ones below', async () => {
    const token = forge({ jti: randomUUID() }, ourSecret());
    expect(await ask(setting.app.url, get('/api/tasks'), token)).toMatchObject({ status: 200 });
  });

  it.each<[string, () => string]>([
    ['expired', () => forge({ exp: 1_700_000_000 }, ourSecret())],
    ['expiring at 1e400', () => forge({ exp: 1e400 })],
    ['somebody else’s by now', () => forge({ sub: randomUUID() })],
    ['of another secret', () => forge({}, 'x'.repeat(64))],
    ['of alg none', () => `${encode({ alg: 'none' })}.${setting.token.split('.')[1]}.`],
    [
      'of alg none, signed',
      () => `${encode({ alg: 'none' })}.${setting.token.split('.').slice(1).join('.')}`,
    ],
    ['without a signature', () => setting.token.replace(/[^.]*$/, '')],
    ['with a list of subjects', () => forge({ sub: ['a', 'b'] }, ourSecret())],
    ['with a NUL for subject', () => forge({ sub: '\0' }, ourSecret())],
    ['with an object for session', () => forge({ sid: { $gt: '' } }, ourSecret())],
    ['with an array for claims', () => `${setting.token.split('.')[0]}.${encode([])}.x`],
  ])('refuses a token %s', async (_, token) => {
    expectRefusal(await ask(setting.app.url, get('/api/tasks'), token()), ...SIGN_IN_REQUIRED);
  });

  const chatIn = (path: string, conversation: string): Ask =>
    post(path, { message: 'x', conversation_id: Number(conversation.split('/').at(-1)) });

  it.each<[string, (owned: Owned) => Ask]>([
    ['reading a task', ({ task }) => get(task)],
    ['changing a task', ({ task }) => patch(task, { title: 'mine' })],
    ['deleting a task', ({ task }) => remove(task)],
    ['completing a task', ({ task }) => post(`${task}/complete`)],
    ['reopening a task', ({ task }) => post(`${task}/reopen`)],
    ['reading a conversation', ({ conversation }) => get(conversation)],
    ['reading its messages', ({ conversation }) => get(`${conversation}/messages`)],
    ['changing a conversation', ({ conversation }) => patch(conversation, { title: 'mine' })],
    ['deleting a conversation', ({ conversation }) => remove(conversation)],
    ['chatting in a conversation', ({ conversation }) => chatIn('/api/chat', conversation)],
    ['streaming in a conversation', ({ conversation }) => chatIn('/api/chat/stream', conversation)],
    ['reading a turn', ({ turn }) => get(turn)],
    ['cancelling a turn', ({ turn }) => post(`${turn}/cancel`)],
  ])('%s of somebody else is answered as if there were none', async (_, request) => {
    const { app, owned } = setting;
    const stranger = (await signUp(app.url)).token;
    const missing: Owned = {
      ...owned,
      task: '/api/tasks/9007199254740991',
      conversation: '/api/conversations/9007199254740991',
      turn: NO_TURN,
    };
    const ofForeign = await ask(app.url, request(owned), stranger);
    const ofMissing = await ask(app.url, request(missing), stranger);
    expectRefusal(ofForeign, ...(NOT_FOUND satisfies Refusal));
    expect({ ...ofForeign.body, request_id: '' }).toEqual({ ...ofMissing.body, request_id: '' });
    expect([...ofForeign.headers.keys()]).toEqual([...ofMissing.headers.keys()]);
  });

  it.each([
    ['/api/tasks', 'GET, POST'],
    ['/api/tasks/1', 'DELETE, GET, PATCH'],
    ['/api/chat', 'POST'],
    ['/health', 'GET'],
  ])('says which methods %s takes', async (path, allow) => {
    const { headers } = await ask(setting.app.url, { method: 'PUT', path });
    expect(headers.get('allow')).toBe(allow);
  });

  it.each([
    ['HEAD', '/health', 200],
    ['HEAD', '/api/chat', 405],
    ['HEAD', '/api/tasks', 401],
    ['OPTIONS', '/api/tasks', 204],
    ['OPTIONS', '/api/nothing', 204],
  ])('answers %s %s with %i and no body', async (method, path, status) => {
    expect(await ask(setting.app.url, { method, path })).toMatchObject({ status, body: '' });
  });

  it.each(['a b', 'x'.repeat(129), '<script>', '', '%0d%0aSet-Cookie:a=b'])(
    'makes a request id of its own for %j',
    async (given) => {
      const { headers } = await api(setting.app.url).get('/health', { 'x-request-id': given });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});
