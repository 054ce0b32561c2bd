import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { createTestApp, type TestApp } from './support/app';

const LIMIT = 1000;
const VICTIM = '203.0.113.9';
/** The client's true address: the proxy in front appends it to the client's own headers. */
const CLIENT = '192.0.2.50';

/** Headers in which a client may claim a false address. */
const SPELLINGS: [string, OutgoingHttpHeaders][] = [
  ['a list', { 'x-forwarded-for': `${VICTIM}, 198.51.100.1, 198.51.100.2` }],
  ['spaces and empty places', { 'x-forwarded-for': `  ${VICTIM} ,, ` }],
  ['IPv6 in brackets', { 'x-forwarded-for': `[2001:db8::9]:80, [::ffff:${VICTIM}]` }],
  ['a port', { 'x-forwarded-for': `${VICTIM}:4711` }],
  ['IPv4 mapped into IPv6', { 'x-forwarded-for': `::ffff:${VICTIM}` }],
  ['Forwarded', { forwarded: `for=${VICTIM};proto=https, for="[2001:db8::9]"` }],
  ['X-Real-IP and its kind', { 'x-real-ip': VICTIM, 'true-client-ip': VICTIM, 'cf-connecting-ip': VICTIM }],
  ['several headers', { 'x-forwarded-for': [VICTIM, VICTIM, '198.51.100.3'] }],
  ['garbage', { 'x-forwarded-for': `unknown, "${VICTIM}", 999.1.1.1, <script>` }],
];

/** The requests left to the caller after one of its own. */
async function remaining(url: string, headers: OutgoingHttpHeaders): Promise<number> {
  const sent = request(`${url}/api/auth/signin`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': 2 },
  }).end('{}');
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(400);
  return Number(answer.headers['ratelimit-remaining']);
}

const throughProxy = (headers: OutgoingHttpHeaders, address = CLIENT): OutgoingHttpHeaders => {
  const said = headers['x-forwarded-for'];
  if (Array.isArray(said)) return { ...headers, 'x-forwarded-for': [...said, address] };
  return { ...headers, 'x-forwarded-for': said === undefined ? address : `${said}, ${address}` };
};

describe.each([
  ['without a trusted proxy', '0', (headers: OutgoingHttpHeaders) => headers],
  ['behind one', '1', throughProxy],
])('An address that a client makes up, %s', (_, hops, sentAs) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: String(LIMIT), TRUST_PROXY: hops });
  });
  afterAll(() => app.stop());

  it.each(SPELLINGS)('as %s gives neither a fresh budget nor another’s', async (_name, headers) => {
    const before = await remaining(app.url, sentAs({}));
    expect(await remaining(app.url, sentAs(headers))).toBe(before - 1);
    expect(await remaining(app.url, sentAs({}))).toBe(before - 2);
  });

  it('has cost nobody else a request', async () => {
    // Without a proxy all clients of this test share one address: loopback.
    const spent = hops === '0' ? 3 * SPELLINGS.length : 0;
    expect(await remaining(app.url, hops === '0' ? {} : throughProxy({}, VICTIM))).toBe(LIMIT - spent - 1);
  });
});

describe('An address as a trusted proxy spells it', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: String(LIMIT), TRUST_PROXY: '1' });
  });
  afterAll(() => app.stop());

  it.each([
    [
      'an IPv4 address',
      ['198.51.100.7', '198.51.100.7:4711', '::ffff:198.51.100.7', '[::ffff:198.51.100.7]:1'],
    ],
    ['an IPv6 network', ['2001:db8:7::1', '[2001:DB8:7::2]', '[2001:db8:7::3]:443', '2001:db8:7:0:9::']],
    ['all that is no address', ['unknown', '_hidden', '999.1.1.1', 'a'.repeat(500)]],
  ])('counts as one: %s', async (_, spellings) => {
    const left: number[] = [];
    for (const spelling of spellings) left.push(await remaining(app.url, { 'x-forwarded-for': spelling }));
    expect(left).toEqual(spellings.map((_spelling, index) => LIMIT - 1 - index));
  });
});
