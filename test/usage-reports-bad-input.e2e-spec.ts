import { createTestApp, type TestApp } from './support/app';
import { invalid, NOT_FOUND, type Refusal, type Row, describeRows } from './support/bad-input';
import { api, signUp } from './support/clients';
import { ask, type Ask, expectRefusal, get, post } from './support/requests';

jest.setTimeout(60_000);

const NOBODY = '00000000-0000-4000-8000-000000000000';
const refused = (query: string, refusal: Refusal): Row => [query, get(`/api/usage?${query}`), ...refusal];
const good = (query: string): Row => [query, get(`/api/usage?${query}`), 200];

describeRows('Bad input of a report', {
  'its days': [
    refused('from=2026-02-30&to=2026-03-01', invalid('from')),
    refused('from=2026-01-01&to=2026-02-29', invalid('to')),
    refused('to=2026-13-01', invalid('to')),
    refused('to=2026-00-10', invalid('to')),
    refused('to=2026-1-1', invalid('to')),
    refused('to=20260101', invalid('to')),
    refused('to=2026-01-01T00:00:00Z', invalid('to')),
    refused('to=%202026-01-01', invalid('to')),
    refused('to=2026-01-01%00', invalid('to')),
    refused('to=today', invalid('to')),
    refused('to=', invalid('to')),
    refused('from=', invalid('from')),
    refused('from=null', invalid('from')),
    refused('from=1969-12-31&to=1970-01-01', invalid('from')),
    refused('from=-2026-01-01', invalid('from')),
    refused('from=+02026-01-01', invalid('from')),
    refused('from=٢٠٢٦-01-01', invalid('from')),
    refused('from=2026-01-01&from=2026-01-02', invalid('from')),
    refused("from=2026-01-01'--", invalid('from')),
    refused('from=infinity&to=infinity', invalid('from')),
    refused('from=2026-03-02&to=2026-03-01', invalid('to')),
    refused('from=9999-12-31', invalid('from')),
    refused('from=2025-01-01&to=2026-01-02', invalid('from')),
    refused('from=1970-01-01&to=9999-12-31', invalid('from')),
    good('from=2024-02-29&to=2024-02-29'),
    good('from=2025-01-01&to=2026-01-01'),
    good('from=1970-01-01&to=1970-01-01'),
    good('from=9999-12-31&to=9999-12-31'),
  ],
  'its groups': [
    refused('group_by=user', invalid('group_by')),
    refused('group_by=Day', invalid('group_by')),
    refused('group_by=', invalid('group_by')),
    refused('group_by=day&group_by=model', invalid('group_by')),
    refused('group_by=__proto__', invalid('group_by')),
    refused('group_by=day%3Bdrop', invalid('group_by')),
  ],
  'its fields': [
    refused('user_id=1', invalid('user_id')),
    refused('limit=5', invalid('limit')),
    refused('nonsense', invalid('nonsense')),
    refused('From=2026-01-01', invalid('From')),
  ],
  'the days of analytics': [
    ['no day', get('/api/usage/analytics?from=2026-02-30'), ...invalid('from')],
    ['the wrong order', get('/api/usage/analytics?from=2026-03-02&to=2026-03-01'), ...invalid('to')],
    ['too many', get('/api/usage/analytics?from=2020-01-01&to=2026-01-01'), ...invalid('from')],
    ['a group', get('/api/usage/analytics?group_by=day'), ...invalid('group_by')],
    ['the last day there is', get('/api/usage/analytics?from=9999-12-31&to=9999-12-31'), 200],
  ],
  'the address': [
    ['another method', post('/api/usage', {}), 405, 'method_not_allowed'],
    ['a path below', get('/api/usage/limits/1'), ...NOT_FOUND],
    ['an admin’s', get('/api/admin/usage'), 403, 'forbidden'],
    ['an admin’s, with a bad id', get('/api/admin/users/1/limits'), 403, 'forbidden'],
  ],
});

const put = (body: unknown, path = '/api/admin/users/USER/limits'): Ask => ({ method: 'PUT', path, body });
const LIMITS: [what: string, request: Ask, status: number, code: string, path?: (string | number)[]][] = [
  ...(
    [
      ['daily_token_limit', -1],
      ['daily_token_limit', 1.5],
      ['daily_token_limit', '5'],
      ['daily_token_limit', 'NaN'],
      ['daily_token_limit', true],
      ['daily_token_limit', [5]],
      ['daily_token_limit', {}],
      ['daily_token_limit', 1e15 + 1],
      ['daily_token_limit', 2 ** 63],
      ['daily_token_limit', 1e300],
      ['monthly_cost_limit_usd', -0.01],
      ['monthly_cost_limit_usd', '12.50'],
      ['monthly_cost_limit_usd', 'Infinity'],
      ['monthly_cost_limit_usd', 0.0000001],
      ['monthly_cost_limit_usd', 1e-7],
      ['monthly_cost_limit_usd', 1.0000005],
      ['monthly_cost_limit_usd', 1e9 + 0.01],
      ['monthly_cost_limit_usd', 1e21],
      ['monthly_cost_limit_usd', false],
      ['monthly_cost_limit_usd', [1]],
    ] as const
  ).map(([field, value]): (typeof LIMITS)[number] => [
    `${field} ${JSON.stringify(value)}`,
    put({ [field]: value }),
    ...(invalid(field) as [number, string, string[]]),
  ]),
  ['tokens of 1e400', put('{"daily_token_limit":1e400}'), 400, 'validation_failed', ['daily_token_limit']],
  [
    'USD of 1e400',
    put('{"monthly_cost_limit_usd":1e400}'),
    400,
    'validation_failed',
    ['monthly_cost_limit_usd'],
  ],
  [
    'USD of -1e400',
    put('{"monthly_cost_limit_usd":-1e400}'),
    400,
    'validation_failed',
    ['monthly_cost_limit_usd'],
  ],
  ['NaN', put('{"daily_token_limit":NaN}'), 400, 'invalid_json'],
  ['a field that is none', put({ daily_tokens: 5 }), 400, 'validation_failed', ['daily_tokens']],
  ['a list', put([]), 400, 'validation_failed'],
  ['a text', { ...put('5'), headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  ['no id', put({}, '/api/admin/users/1/limits'), 400, 'validation_failed', ['id']],
  ['no key’s id', put({}, '/api/admin/keys/kt_x/limits'), 400, 'validation_failed', ['id']],
  ['nobody', put({}, `/api/admin/users/${NOBODY}/limits`), 404, 'not_found'],
  ['no key', put({}, `/api/admin/keys/${NOBODY}/limits`), 404, 'not_found'],
  ['another method', post('/api/admin/users/USER/limits', {}), 405, 'method_not_allowed'],
  ['a report of no user', get('/api/admin/usage?user_id=1'), 400, 'validation_failed', ['user_id']],
  [
    'a report of two',
    get(`/api/admin/usage?user_id=${NOBODY}&user_id=${NOBODY}`),
    400,
    'validation_failed',
    ['user_id'],
  ],
  ['a report by e-mail', get('/api/admin/usage?group_by=email'), 400, 'validation_failed', ['group_by']],
  ['a report of no day', get('/api/admin/usage?from=2026-02-30'), 400, 'validation_failed', ['from']],
  [
    'analytics of a user',
    get(`/api/admin/analytics?user_id=${NOBODY}`),
    400,
    'validation_failed',
    ['user_id'],
  ],
];

describe('Bad input of an admin', () => {
  let app: TestApp;
  let token: string;
  let userId: string;

  beforeAll(async () => {
    app = await createTestApp();
    ({ token } = await signUp(app.url));
    userId = (await signUp(app.url)).user.id;
  });
  afterEach(async () => {
    expect(await app.database.query('SELECT 1 FROM quota_limits')).toEqual([]);
    expect(app.log()).not.toContain('request_failed');
  });
  afterAll(() => app.stop());

  it.each(LIMITS)('%s', async (...[, request, status, code, path]) => {
    const answer = await ask(app.url, { ...request, path: request.path.replace('USER', userId) }, token);
    expectRefusal(answer, status, code, path);
  });

  it('is a user of another report, for whom there is nothing', async () => {
    const { body } = await api(app.url, token).get(`/api/admin/usage?user_id=${NOBODY}`);
    expect(body).toMatchObject({ rows: [], total: { calls: 0, cost_micro_usd: 0 } });
  });
});
