import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { AppError } from '../common/app-error';
import { clock } from '../common/clock';
import { toErrorBody } from '../common/error-body';
import { isStorable } from '../common/storable-text';
import {
  mayHaveBeenBilled,
  retryAdvice,
  toUpstreamError,
  UpstreamIdleError,
  UpstreamReplyError,
} from './upstream-errors';

interface Fault {
  message?: unknown;
  code?: unknown;
  type?: string;
  param?: unknown;
}

/** A provider's answer as the SDK raises it. */
const answer = (status: number, fault: Fault = {}, headers: Record<string, string> = {}): APIError =>
  APIError.generate(status, { error: fault }, undefined, new Headers(headers));

/** An error in the middle of a stream: it has no status. */
const inStream = (fault: Fault): APIError => new APIError(undefined, fault, undefined, new Headers());

const emptyAccount: Fault = { code: 'insufficient_quota', type: 'insufficient_quota' };
const withCode = (code: string): Error => Object.assign(new Error(code), { code });
const NOW = Date.parse('2026-11-20T10:00:00Z');
const inSeconds = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();

beforeEach(() => jest.spyOn(clock, 'now').mockReturnValue(new Date(NOW)));
afterEach(() => jest.restoreAllMocks());

describe('toUpstreamError', () => {
  it.each<[string, unknown, number, string, number | undefined]>([
    ['400', answer(400), 400, 'upstream_rejected', undefined],
    [
      '400 with a code',
      answer(400, { code: 'context_length_exceeded' }),
      400,
      'context_length_exceeded',
      undefined,
    ],
    ['400 with an empty code', answer(400, { code: '' }), 400, 'upstream_rejected', undefined],
    ['400 with a number for a code', answer(400, { code: 400 }), 400, 'upstream_rejected', undefined],
    ['401', answer(401, { code: 'invalid_api_key' }), 502, 'upstream_auth_failed', undefined],
    ['402', answer(402), 503, 'insufficient_quota', undefined],
    ['403', answer(403), 502, 'upstream_auth_failed', undefined],
    ['307', answer(307), 502, 'upstream_error', undefined],
    ['404', answer(404, { code: 'model_not_found' }), 404, 'model_not_found', undefined],
    ['408', answer(408), 504, 'upstream_timeout', undefined],
    ['409', answer(409), 502, 'upstream_error', undefined],
    ['413', answer(413), 413, 'upstream_rejected', undefined],
    [
      '413 over a limit of the account',
      answer(413, { code: 'rate_limit_exceeded' }),
      413,
      'rate_limit_exceeded',
      undefined,
    ],
    ['400 with a code of ours', answer(400, { code: 'not_found' }), 400, 'upstream_rejected', undefined],
    ['400 with digits for a code', answer(400, { code: '400' }), 400, 'upstream_rejected', undefined],
    [
      '400 with a sentence for a code',
      answer(400, { code: 'No such tool' }),
      400,
      'upstream_rejected',
      undefined,
    ],
    ['422', answer(422, { code: 'unprocessable' }), 422, 'unprocessable', undefined],
    ['429', answer(429), 429, 'rate_limited', 10],
    ['429 with Retry-After', answer(429, {}, { 'retry-after': '37' }), 429, 'rate_limited', 37],
    ['429 with a fraction', answer(429, {}, { 'retry-after': '0.4' }), 429, 'rate_limited', 1],
    ['429 with a date', answer(429, {}, { 'retry-after': inSeconds(30) }), 429, 'rate_limited', 30],
    ['429 with a past date', answer(429, {}, { 'retry-after': inSeconds(-30) }), 429, 'rate_limited', 0],
    ['429 with nonsense', answer(429, {}, { 'retry-after': 'soon' }), 429, 'rate_limited', 10],
    ['429 with a negative time', answer(429, {}, { 'retry-after': '-5' }), 429, 'rate_limited', 10],
    ['429 with a year', answer(429, {}, { 'retry-after': '2027-01-01' }), 429, 'rate_limited', 10],
    ['429 with a huge time', answer(429, {}, { 'retry-after': '9'.repeat(15) }), 429, 'rate_limited', 10],
    ['429 without an end', answer(429, {}, { 'retry-after': '1e400' }), 429, 'rate_limited', 10],
    ['429 with milliseconds', answer(429, {}, { 'retry-after-ms': '1200' }), 429, 'rate_limited', 2],
    [
      '429 with both',
      answer(429, {}, { 'retry-after-ms': '1200', 'retry-after': '30' }),
      429,
      'rate_limited',
      2,
    ],
    [
      '429 with milliseconds that make no sense',
      answer(429, {}, { 'retry-after-ms': '-1', 'retry-after': '30' }),
      429,
      'rate_limited',
      30,
    ],
    ['429 of an empty account', answer(429, emptyAccount), 503, 'insufficient_quota', undefined],
    [
      '429 empty by its type',
      answer(429, { type: 'insufficient_quota' }),
      503,
      'insufficient_quota',
      undefined,
    ],
    ['500', answer(500), 502, 'upstream_error', undefined],
    ['502', answer(502), 502, 'upstream_error', undefined],
    ['503', answer(503, {}, { 'retry-after': '5' }), 502, 'upstream_error', undefined],
    ['504', answer(504), 504, 'upstream_timeout', undefined],
    ['529', answer(529), 502, 'upstream_error', undefined],
    ['520', answer(520), 502, 'upstream_error', undefined],
    ['522', answer(522), 504, 'upstream_timeout', undefined],
    ['524', answer(524), 504, 'upstream_timeout', undefined],
    ['999', answer(999), 502, 'upstream_error', undefined],
    ['an error within a stream', inStream({ message: 'boom' }), 502, 'upstream_error', undefined],
    ['a limit within a stream', inStream({ code: 'rate_limit_exceeded' }), 429, 'rate_limited', 10],
    ['an empty account within a stream', inStream(emptyAccount), 503, 'insufficient_quota', undefined],
    [
      'no connection',
      new APIConnectionError({ cause: withCode('ECONNREFUSED') }),
      503,
      'upstream_unavailable',
      undefined,
    ],
    ['no answer in time', new APIConnectionTimeoutError(), 504, 'upstream_timeout', undefined],
    ['no next byte in time', new UpstreamIdleError(), 504, 'upstream_timeout', undefined],
    ['a cut reply', new UpstreamReplyError('upstream_error', 'cut'), 502, 'upstream_error', undefined],
    [
      'an odd reply',
      new UpstreamReplyError('upstream_invalid_response', 'odd'),
      502,
      'upstream_invalid_response',
      undefined,
    ],
    ['no JSON', new SyntaxError('Unexpected token'), 502, 'upstream_invalid_response', undefined],
    ['our own abort', new APIUserAbortError(), 502, 'upstream_error', undefined],
    ['a connection that broke', new TypeError('terminated'), 502, 'upstream_error', undefined],
    ['no error at all', 'boom', 502, 'upstream_error', undefined],
  ])('%s', (_, failure, status, code, retryAfterSeconds) => {
    const error = toUpstreamError(failure);
    expect({ status: error.status, code: error.code, retryAfterSeconds: error.retryAfterSeconds }).toEqual({
      status,
      code,
      retryAfterSeconds,
    });
  });

  it('leaves ours as it is', () => {
    const error = new AppError('upstream_not_configured', 'No key.');
    expect(toUpstreamError(error)).toBe(error);
  });

  it('passes on what a provider says of the request: message and param', () => {
    const error = toUpstreamError(
      answer(400, { message: 'max_tokens is too large: 9.', param: 'max_tokens' }),
    );
    expect(error).toMatchObject({ message: 'max_tokens is too large: 9.', param: 'max_tokens' });
  });

  it.each([
    ['no message', {}],
    ['a message that is no text', { message: { text: 'x' } }],
    ['a param that is no text', { message: 5, param: ['a'] }],
  ])('has words of its own for %s', (_, fault) => {
    expect(toUpstreamError(answer(400, fault))).toMatchObject({
      message: 'The provider rejected the request.',
      param: undefined,
    });
  });

  const SECRETS = [
    'sk-proj-AbCdEf0123456789',
    'sk-ant-api03-xyz_987',
    'sk-****wxyz',
    'org-9aBcDeFgHiJkLm',
    'proj_AbC123dEf',
    'AIzaSyA1234567890abcdefghijklmnopqrstuv',
    'Bearer eyJhbGciOi.eyJzdWIi.c2ln',
  ];

  it.each(SECRETS)('keeps %s out of what a client and the log see', (secret) => {
    const text = `Incorrect key (${secret}), see "${secret}".`;
    for (const status of [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503]) {
      const fault = { message: text, code: 'odd', metadata: { key: secret } };
      const error = toUpstreamError(answer(status, fault, { 'openai-organization': secret }));
      const causes: string[] = [];
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        causes.push(`${cause.message} ${cause.stack} ${JSON.stringify(cause)}`);
      }
      const seen = `${causes.join()} ${JSON.stringify(error)} ${JSON.stringify(toErrorBody(error, 'r'))}`;
      expect(seen).not.toContain(secret);
      expect(seen).not.toContain(secret.replace('Bearer ', ''));
    }
  });

  it.each([[401], [403], [408], [429], [500], [503]])('passes nothing on of a %i', (status) => {
    const error = toUpstreamError(
      answer(status, { message: 'their-words', code: 'their-code', param: 'their-param' }),
    );
    expect(JSON.stringify(toErrorBody(error, 'r'))).not.toContain('their-');
  });

  it.each(['\0', '\ud83d', '😀'])('gives words that can be stored, also cut within %p', (part) => {
    const error = toUpstreamError(answer(400, { message: part.repeat(501), code: `x${part.repeat(200)}` }));
    expect(error.message.length).toBeLessThanOrEqual(500);
    expect([error.message, error.code].every(isStorable)).toBe(true);
  });
});

describe('retryAdvice', () => {
  const after = (seconds: string) => ({ 'retry-after': seconds });

  it.each<[string, unknown, object | undefined]>([
    ['a refused connection', new APIConnectionError({ cause: withCode('ECONNREFUSED') }), {}],
    ['a reset connection', new APIConnectionError({ cause: withCode('ECONNRESET') }), {}],
    ['408', answer(408), {}],
    ['500', answer(500), {}],
    ['502', answer(502), {}],
    ['503', answer(503), {}],
    ['503 with 3 s', answer(503, {}, after('3')), { afterSeconds: 3 }],
    ['504', answer(504), {}],
    ['529', answer(529), {}],
    ['429 with milliseconds', answer(429, {}, { 'retry-after-ms': '900' }), { afterSeconds: 1 }],
    ['503 that asks for no other try', answer(503, {}, { 'x-should-retry': 'false' }), undefined],
    [
      '429 that asks for no other try',
      answer(429, {}, { ...after('1'), 'x-should-retry': 'false' }),
      undefined,
    ],
    ['307', answer(307, {}, after('1')), undefined],
    ['520', answer(520), undefined],
    ['524', answer(524), undefined],
    ['402', answer(402, {}, after('1')), undefined],
    ['a wrong key behind a 503', answer(503, { code: 'invalid_api_key' }), undefined],
    ['429 with a negative time', answer(429, {}, after('-1')), undefined],
    ['429 with 0 s', answer(429, {}, after('0')), { afterSeconds: 0 }],
    ['429 with 10 s', answer(429, {}, after('10')), { afterSeconds: 10 }],
    ['429 with a near date', answer(429, {}, after(inSeconds(5))), { afterSeconds: 5 }],
    ['429 with 11 s', answer(429, {}, after('11')), undefined],
    ['429 with 10.1 s', answer(429, {}, after('10.1')), undefined],
    ['429 with a far date', answer(429, {}, after(inSeconds(60))), undefined],
    ['429 with nonsense', answer(429, {}, after('soon')), undefined],
    ['429 without a time', answer(429), undefined],
    ['503 with 11 s', answer(503, {}, after('11')), undefined],
    ['an empty account', answer(429, emptyAccount, after('1')), undefined],
    ['an empty account behind a 503', answer(503, emptyAccount), undefined],
    ['400', answer(400), undefined],
    ['401', answer(401), undefined],
    ['404', answer(404), undefined],
    ['409', answer(409), undefined],
    ['422', answer(422), undefined],
    ['501', answer(501), undefined],
    ['an error within a stream', inStream({}), undefined],
    ['our own time-out, which spent the wait already', new APIConnectionTimeoutError(), undefined],
    ['our own abort', new APIUserAbortError(), undefined],
    ['a fault of ours', new TypeError('x'), undefined],
  ])('%s', (_, failure, advice) => {
    expect(retryAdvice(failure)).toEqual(advice);
  });
});

describe('mayHaveBeenBilled', () => {
  const connectionError = (code: string) => {
    const cause = Object.assign(new TypeError('fetch failed'), { cause: withCode(code) });
    return new APIConnectionError({ cause });
  };

  it.each<[string, unknown, boolean]>([
    ['a refused connection', connectionError('ECONNREFUSED'), false],
    ['an unknown host', connectionError('ENOTFOUND'), false],
    ['a host that cannot be looked up', connectionError('EAI_AGAIN'), false],
    ['a connection that took too long', connectionError('UND_ERR_CONNECT_TIMEOUT'), false],
    ['a reset connection', connectionError('ECONNRESET'), true],
    ['a time-out', new APIConnectionTimeoutError(), true],
    ['an abort', new APIUserAbortError(), true],
    ['a silent stream', new UpstreamIdleError(), true],
    ['a cut stream', new TypeError('terminated'), true],
    ['a refusal', answer(400), false],
    ['a provider’s fault', answer(500), false],
  ])('%s: %p', (_, failure, expected) => expect(mayHaveBeenBilled(failure)).toBe(expected));

  it('knows a refused connection as the SDK itself raises it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const baseURL = `http://127.0.0.1:${port}/v1`;
    const client = new OpenAI({ apiKey: 'x', baseURL, maxRetries: 0, logLevel: 'off' });
    const failure: unknown = await client.models.list().catch((error: unknown) => error);
    expect(retryAdvice(failure)).toEqual({});
    expect(mayHaveBeenBilled(failure)).toBe(false);
    expect(toUpstreamError(failure).code).toBe('upstream_unavailable');
  });
});
