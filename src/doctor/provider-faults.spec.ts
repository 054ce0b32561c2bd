import { providerErrorCases } from '../../test/support/provider-errors';
import type { Matter } from './finding';
import { explainRefusal, type ProviderTarget } from './provider-faults';

const SECRET = 'sk-planted-7f3e9a';
const target: ProviderTarget = {
  label: 'OpenAI',
  host: 'api.openai.com',
  keyVariable: 'OPENAI_API_KEY',
  model: 'gpt-6-luna',
};
const gateway: ProviderTarget = { ...target, host: 'llm:81', urlVariable: 'OPENAI_BASE_URL' };

const openai = (code: string | null, type = 'invalid_request_error') => ({
  error: { message: `No: ${SECRET}`, type, param: null, code },
});
const anthropic = (type: string, message = SECRET) => ({ type: 'error', error: { type, message } });
const gemini = (code: number, status: string, ...reasons: string[]) => [
  { error: { code, message: SECRET, status, details: reasons.map((reason) => ({ reason })) } },
];

describe('explainRefusal', () => {
  it.each<[string, number, unknown, ProviderTarget, Matter, RegExp]>([
    [
      'an empty account',
      429,
      openai('insufficient_quota', 'insufficient_quota'),
      target,
      'account',
      /^the account behind OPENAI_API_KEY is out of money \(insufficient_quota\): add credit/,
    ],
    ['one that tells it in the stream', 500, openai('insufficient_quota'), target, 'account', /out of money/],
    ['one that has to pay', 402, openai(null), target, 'account', /out of money/],
    [
      'an empty account at Anthropic',
      400,
      anthropic('invalid_request_error', 'Your credit balance is too low to access the API.'),
      target,
      'account',
      /out of money/,
    ],
    ['billing that is off', 429, openai('billing_not_active'), target, 'account', /not active/],
    [
      'a wrong key',
      401,
      openai('invalid_api_key'),
      target,
      'configuration',
      /OpenAI does not accept the key in OPENAI_API_KEY/,
    ],
    [
      'a wrong key at Gemini',
      400,
      gemini(400, 'INVALID_ARGUMENT', 'API_KEY_INVALID'),
      target,
      'configuration',
      /does not accept the key/,
    ],
    [
      'a wrong key at Anthropic',
      401,
      anthropic('authentication_error'),
      target,
      'configuration',
      /does not accept the key/,
    ],
    [
      'a key of another organization',
      401,
      openai('mismatched_organization'),
      target,
      'configuration',
      /OPENAI_ORG/,
    ],
    [
      'a country that is not served',
      403,
      openai('unsupported_country_region_territory'),
      target,
      'provider',
      /country/,
    ],
    ['a key without the permission', 403, openai(null), target, 'account', /lacks a permission/],
    [
      'a project without the model',
      403,
      openai('model_not_found'),
      target,
      'account',
      /may not use gpt-6-luna/,
    ],
    [
      'a model that is none',
      404,
      openai('model_not_found'),
      target,
      'configuration',
      /no model gpt-6-luna.*OPENAI_MODEL/,
    ],
    ['one at Anthropic', 404, anthropic('not_found_error'), target, 'configuration', /no model gpt-6-luna/],
    ['one at Gemini', 404, gemini(404, 'NOT_FOUND'), target, 'configuration', /no model gpt-6-luna/],
    [
      'one at a server that gives no code',
      404,
      openai(null),
      gateway,
      'configuration',
      /llm:81 has no model gpt-6-luna/,
    ],
    ['a path that is none', 404, openai('unknown_url'), gateway, 'configuration', /correct OPENAI_BASE_URL/],
    ['a page that is none', 404, undefined, gateway, 'configuration', /correct OPENAI_BASE_URL/],
    [
      'a list that is none',
      404,
      openai(null),
      { ...gateway, model: undefined },
      'configuration',
      /correct OPENAI_BASE_URL/,
    ],
    [
      'a rate limit',
      429,
      openai('rate_limit_exceeded', 'requests'),
      target,
      'account',
      /rate limit: wait a minute/,
    ],
    ['a rate limit at Gemini', 429, gemini(429, 'RESOURCE_EXHAUSTED'), target, 'account', /rate limit/],
    [
      'a failure',
      500,
      openai(null, 'server_error'),
      target,
      'provider',
      /OpenAI fails \(500 from api\.openai\.com\)/,
    ],
    ['a failing gateway’s page', 502, undefined, target, 'provider', /fails \(502/],
    ['an overloaded Anthropic', 529, anthropic('overloaded_error'), target, 'provider', /fails \(529/],
    [
      'a page instead of an answer',
      200,
      undefined,
      target,
      'network',
      /in between answers in OpenAI’s place \(200\)/,
    ],
    ['a proxy’s own refusal', 403, undefined, target, 'network', /in between/],
    [
      'a page at an address of the operator’s',
      200,
      undefined,
      gateway,
      'configuration',
      /llm:81 is no OpenAI API \(200\): correct OPENAI_BASE_URL/,
    ],
    ['a redirect', 302, undefined, gateway, 'configuration', /correct OPENAI_BASE_URL/],
    [
      'JSON that is something else',
      200,
      { hello: SECRET },
      gateway,
      'configuration',
      /correct OPENAI_BASE_URL/,
    ],
    [
      'a request that is refused',
      400,
      openai('unsupported_parameter'),
      target,
      'code',
      /report this as a fault of Keyturn/,
    ],
    [
      'one that a gateway refuses',
      422,
      openai(null),
      gateway,
      'provider',
      /llm:81 does not take what OpenAI takes \(422\)/,
    ],
    [
      'a reached limit of the bill',
      400,
      openai('billing_hard_limit_reached'),
      target,
      'account',
      /out of money/,
    ],
    ['a closed account', 403, openai('account_deactivated'), target, 'account', /not active/],
    [
      'a sentence about money beside another status',
      403,
      { code: 'No.', error: `Team ${SECRET} has used all available credits.` },
      gateway,
      'account',
      /out of money/,
    ],
    [
      'a model that vLLM does not have',
      404,
      { object: 'error', message: SECRET, type: 'NotFoundError', code: 404 },
      gateway,
      'configuration',
      /llm:81 has no model gpt-6-luna/,
    ],
    [
      'a path that FastAPI does not have',
      404,
      { detail: 'Not Found' },
      gateway,
      'configuration',
      /correct OPENAI_BASE_URL/,
    ],
    [
      'a wrong key that only a sentence tells',
      400,
      { code: 'No.', error: `Incorrect API key provided: ${SECRET}.` },
      gateway,
      'configuration',
      /does not accept the key/,
    ],
    ['an error that is text', 400, { error: SECRET }, target, 'code', /fault of Keyturn/],
    ['an answer that is null', 400, null, target, 'code', /fault of Keyturn/],
    ['details that are null', 400, [{ error: { details: [null] } }], target, 'code', /fault of Keyturn/],
  ])('tells whose matter %s is, and the cure', (_, status, body, of, matter, text) => {
    const diagnosis = explainRefusal({ status, body }, of);
    expect(diagnosis).toEqual({ matter, text: expect.stringMatching(text) });
    expect(diagnosis.text).not.toMatch(/planted|undefined|\n/);
  });
});

describe('explainRefusal, over the error answers that are known', () => {
  const parse = (body: string): unknown => {
    try {
      return JSON.parse(body);
    } catch {
      return undefined;
    }
  };

  it.each(providerErrorCases().map((row) => [row.name, row] as const))(
    'agrees with the server on %s',
    (_, row) => {
      const { text } = explainRefusal({ status: row.status, body: parse(row.body) }, target);
      const { code } = row.expect;
      expect(/out of money|billing in order/.test(text) && code !== 'upstream_auth_failed').toBe(
        code === 'insufficient_quota',
      );
    },
  );
});
