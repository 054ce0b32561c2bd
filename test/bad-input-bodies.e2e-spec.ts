import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import {
  describeRows,
  invalid,
  NO_JSON,
  NOT_STORABLE,
  type Row,
  SIGN_IN_REQUIRED,
  TOO_LARGE,
  WRONG_TYPE,
} from './support/bad-input';
import { type Ask, post } from './support/requests';

const PASSWORD = 'a long enough passphrase';
const MIB = 1024 ** 2;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const fields = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join()}}`;
const padded = (bytes: number): string => `{"title":"x"${' '.repeat(bytes - 13)}}`;

const chat = (body: unknown): Ask => post('/api/chat', body);
const add = (body: unknown, headers?: Record<string, string>): Ask => post('/api/tasks', body, headers);
const typed = (type: string, body: unknown = '{"title":"x"}'): Ask => add(body, { 'content-type': type });
const encoded = (encoding: string, body: unknown): Ask => add(body, { 'content-encoding': encoding });
const signIn = (body: unknown): Ask => post('/api/auth/signin', body);
const signUp = (over: object): Ask =>
  post('/api/auth/signup', { email: 'new@example.com', password: PASSWORD, ...over });
const refresh = (token: unknown): Ask => post('/api/auth/refresh', { refresh_token: token });

const BODIES: Row[] = [
  ['a list', chat([]), ...invalid()],
  ['null', chat('null'), ...invalid()],
  ['a number', chat('5'), ...invalid()],
  ['a text', chat('"hello"'), ...invalid()],
  ['no body', chat(undefined), ...invalid('message')],
  ['cut JSON', chat('{"message":"hello'), ...NO_JSON],
  ['a comma too many', chat('{"message":"hello",}'), ...NO_JSON],
  ['a second value', chat('{"message":"hello"}{}'), ...NO_JSON],
  ['single quotes', chat("{'message':'hello'}"), ...NO_JSON],
  ['NaN', chat('{"message":NaN}'), ...NO_JSON],
  ['a raw control character', chat('{"message":"a\u0001b"}'), ...NO_JSON],
  ['a byte that is no UTF-8', add(latin1('{"title":"\xff"}')), ...NO_JSON],
  ['an overlong NUL', add(latin1('{"title":"\xc0\x80"}')), ...NO_JSON],
  ['a surrogate in UTF-8 bytes', add(latin1('{"title":"\xed\xa0\x80"}')), ...NO_JSON],
  ['a byte order mark, which is skipped', add('\ufeff{"title":"x"}'), 201],
  ['a key twice, of which the last counts', add('{"title":1,"title":"x"}'), 201],
  ['64 levels', chat(`{"message":${nested(63)}}`), ...invalid('message')],
  ['65 levels', chat(`{"message":${nested(64)}}`), ...invalid()],
  ['200,000 levels', chat(`{"message":${nested(200_000)}}`), ...invalid()],
  ['a list 200,000 deep', add(nested(200_000)), ...invalid()],
  ['200,000 levels without an end', add('['.repeat(200_000)), ...NO_JSON],
  ['1,000 made-up fields', signIn(fields(1000)), ...invalid('k0')],
  ['1,001 made-up fields', signIn(fields(1001)), ...invalid()],
  ['40,000 made-up fields', signIn(fields(40_000)), ...invalid()],
  ['40,000 fields further down', signIn(`{"email":${fields(40_000)}}`), ...invalid()],
  ['300,000 objects', signIn(`{"email":[${'{},'.repeat(300_000)}{}]}`), ...invalid()],
  ['a field name of 900,000', add({ title: 'x', ['k'.repeat(900_000)]: 1 }), ...invalid('k'.repeat(100))],
  ['__proto__', add('{"title":"x","__proto__":{"role":"admin"}}'), ...invalid('__proto__')],
  ['constructor', add('{"title":"x","constructor":{}}'), ...invalid('constructor')],
  ['prototype', add({ title: 'x', prototype: {} }), ...invalid('prototype')],
  ['toString', add({ title: 'x', toString: 1 }), ...invalid('toString')],
  ['hasOwnProperty', chat({ message: 'x', hasOwnProperty: 1 }), ...invalid('hasOwnProperty')],
  ['then', chat({ message: 'x', then: 1 }), ...invalid('then')],
  ['an escaped __proto__', add('{"title":"x","\\u005f_proto__":1}'), ...invalid('__proto__')],
  ['1 MiB', add(padded(MIB)), 201],
  ['a byte more than 1 MiB', add(padded(MIB + 1)), ...TOO_LARGE],
  ['2 MiB', add(padded(2 * MIB)), ...TOO_LARGE],
  ['2 MiB without a token', signIn(padded(2 * MIB)), ...TOO_LARGE],
  ['a form', typed('application/x-www-form-urlencoded', 'title=x'), ...WRONG_TYPE],
  ['a multipart form', typed('multipart/form-data; boundary=a', '--a--'), ...WRONG_TYPE],
  ['text', typed('text/plain'), ...WRONG_TYPE],
  ['no type', typed(''), ...WRONG_TYPE],
  ['a relative of JSON', typed('application/vnd.api+json'), ...WRONG_TYPE],
  ['two types', typed('application/json, text/plain'), ...WRONG_TYPE],
  ['Latin-1', typed('application/json; charset=iso-8859-1'), ...WRONG_TYPE],
  ['UTF-16', typed('application/json; charset=utf-16', Buffer.from('{}', 'utf16le')), ...WRONG_TYPE],
  ['UTF-7', typed('application/json; charset=utf-7'), ...WRONG_TYPE],
  ['UTF-8 in capitals', typed('Application/JSON; Charset="UTF-8"'), 201],
  ['utf8', typed('application/json; charset=utf8'), 201],
  ['utf8 in quotes', typed('application/json; charset="utf8"'), 201],
  ['an unknown encoding', encoded('zstd', '{}'), ...WRONG_TYPE],
  ['gzip in gzip', encoded('gzip, gzip', '{}'), ...WRONG_TYPE],
  ['what is no gzip', encoded('gzip', '{}'), ...NO_JSON],
  ['half a gzip', encoded('gzip', gzipSync('{"title":"x"}').subarray(0, 16)), ...NO_JSON],
  ['100 MB in gzip', encoded('gzip', gzipSync(Buffer.alloc(1e8, ' '))), ...TOO_LARGE],
  [
    '100 MB in brotli',
    encoded(
      'br',
      brotliCompressSync(Buffer.alloc(1e8, ' '), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    ),
    ...TOO_LARGE,
  ],
];

const AUTH: Row[] = [
  ['a query for email', signIn({ email: { $ne: '' }, password: 'x' }), ...invalid('email')],
  ['an email of a million @', signIn({ email: '@'.repeat(1e6), password: 'x' }), ...invalid('email')],
  ['an email of 255', signUp({ email: `${'a'.repeat(243)}@example.com` }), ...invalid('email')],
  ['a NUL in the email', signUp({ email: 'a\0@example.com' }), ...invalid('email')],
  ['SQL for email', signIn({ email: "' OR 1=1 --", password: 'x' }), ...invalid('email')],
  ['SQL for password', ({ email }) => signIn({ email, password: "' OR '1'='1" }), 401, 'invalid_credentials'],
  ['a password of 7', signUp({ password: 'x7$kQ!z' }), ...invalid('password')],
  ['a password of 129', signUp({ password: 'x'.repeat(129) }), ...invalid('password')],
  ['a list for password', signIn({ email: 'a@example.com', password: ['x'] }), ...invalid('password')],
  ['half an emoji in the password', signUp({ password: 'a long one \ud83d' }), ...NOT_STORABLE],
  ['a time zone of 900,000', signUp({ timezone: 'A'.repeat(900_000) }), ...invalid('timezone')],
  ['a role', signUp({ role: 'admin' }), ...invalid('role')],
  ['a taken email', ({ email }) => signUp({ email }), 409, 'email_taken'],
  ['a number for refresh_token', refresh(1), ...invalid('refresh_token')],
  ['a refresh_token of 257', refresh('r'.repeat(257)), ...invalid('refresh_token')],
  ['a refresh_token with a NUL', refresh('ktr_\0'), ...SIGN_IN_REQUIRED],
  ['no refresh_token', post('/api/auth/refresh', {}), ...SIGN_IN_REQUIRED],
  ['a list for signing out', post('/api/auth/signout', { refresh_token: [] }), ...invalid('refresh_token')],
];

describeRows('Bad bodies', { 'in any body': BODIES, 'in auth': AUTH });
