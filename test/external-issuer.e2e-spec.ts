import { createHmac, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto';
import { createTestApp, type TestApp } from './support/app';
import { SIGN_IN_REQUIRED } from './support/bad-input';
import { type BetterAuthServer, startBetterAuth } from './support/better-auth';
import { api, type Session, signUp, until } from './support/clients';
import {
  AUDIENCE,
  type IssuerKey,
  type KeySetServer,
  makeIssuerKey,
  signToken,
  startKeySetServer,
} from './support/key-set-server';
import { withClient } from './support/postgres';
import { expectRefusal } from './support/requests';
import { chat, type ScriptedUpstream, startScriptedUpstream } from './support/scripted-upstream';
import { openSocket, refusedSocket, type SocketClient } from './support/socket-client';
import { prompt, reply, startSocketApp } from './support/socket-door';
import { recordStatements } from './support/statements';
import { pretendLater } from './support/time';

const WITHOUT_RATES = { RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' };
const meAt = ({ url }: TestApp, token: string) => api(url, token).get('/api/auth/me');
const base64 = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

afterEach(() => jest.restoreAllMocks());

describe('Whom a better-auth server signed in', () => {
  const EMAIL = 'ada@example.com';
  let issuer: BetterAuthServer;
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let token: string;
  let id: string;
  const clients: SocketClient[] = [];
  beforeAll(async () => {
    issuer = await startBetterAuth();
    upstream = await startScriptedUpstream();
    const trusted = {
      AUTH_JWKS_URL: `${issuer.url}/api/auth/jwks`,
      AUTH_ISSUER: issuer.url,
      AUTH_AUDIENCE: AUDIENCE,
    };
    const { stop, ...started } = await startSocketApp(upstream, trusted);
    app = { ...started, stop };
    token = await issuer.signUp(EMAIL);
  }, 20_000);
  afterEach(() => {
    clients.splice(0).forEach(({ webSocket }) => webSocket.terminate());
    upstream.reset();
  });
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
    await issuer.stop();
  });

  it('is a user here from the first request on, no admin, and without an e-mail', async () => {
    const { status, body } = await meAt(app, token);
    expect([status, body]).toEqual([
      200,
      {
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        email: null,
        role: 'user',
        timezone: 'Europe/Berlin',
        created_at: expect.any(String),
      },
    ]);
    id = body.id;
    expect((await meAt(app, token)).body.id).toBe(id);
  });

  it('does not keep the first who signs up here from being the admin, nor has part in the account of his e-mail', async () => {
    const local = await signUp(app.url, { email: EMAIL });
    const { body } = await meAt(app, local.token);
    expect([body.role, body.email]).toEqual(['admin', EMAIL]);
    expect(body.id).not.toBe(id);
    await api(app.url, local.token).post('/api/tasks', { title: 'the admin’s' });
    const again = await meAt(app, await issuer.signUp(`other-${EMAIL}`));
    expect(again.body.role).toBe('user');
    expect((await meAt(app, token)).body).toMatchObject({ id, email: null, role: 'user' });
    expect((await api(app.url, token).get('/api/tasks')).body.items).toEqual([]);
    expect((await meAt(app, (await signUp(app.url)).token)).body.role).toBe('user');
  });

  it('has tasks, turns and completions, as any user', async () => {
    const user = api(app.url, token);
    const task = await user.post('/api/tasks', { title: 'x' });
    expect([task.status, (await user.get('/api/tasks')).body.items]).toEqual([201, [task.body]]);
    upstream.play(chat.path, reply('Hm.'));
    expect((await user.post('/api/chat', { messages: [{ role: 'user', content: 'hi' }] })).body.content).toBe(
      'Hm.',
    );
    expect((await user.get('/v1/models')).status).toBe(200);
    expect((await user.get('/api/conversations')).status).toBe(200);
  });

  it('opens sockets', async () => {
    upstream.play(chat.path, reply('Hm.'));
    for (const options of [{ token }, { protocols: ['bearer', token] }]) {
      const client = await openSocket(app.url, options);
      clients.push(client);
      client.send(prompt('full'));
      expect(await client.next()).toBe('Hm.');
    }
  });

  it('makes keys of his own', async () => {
    const { body } = await api(app.url, token).post('/api/keys', { name: 'x', scopes: ['tasks'] });
    expect((await meAt(app, body.key)).body).toMatchObject({ id, email: null, role: 'user' });
  });

  it('cannot sign in here: there is no password', async () => {
    const answer = await api(app.url).post('/api/auth/signin', { email: `other-${EMAIL}`, password: 'x' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
  });
});

describe('A token of another issuer', () => {
  let issuer: KeySetServer;
  let app: TestApp;
  let local: Session;
  let ecKey: IssuerKey;
  let rsaKey: IssuerKey;
  let edKey: IssuerKey;
  let foreignKey: IssuerKey;
  beforeAll(async () => {
    issuer = await startKeySetServer();
    [ecKey, rsaKey, edKey, foreignKey] = (await Promise.all(
      ['ES256', 'RS256', 'EdDSA', 'ES256'].map((alg) => makeIssuerKey(alg)),
    )) as [IssuerKey, IssuerKey, IssuerKey, IssuerKey];
    issuer.publish(ecKey, rsaKey, edKey);
    app = await createTestApp({ ...WITHOUT_RATES, ...issuer.environment });
    local = await signUp(app.url);
  });
  afterAll(async () => {
    await app.stop();
    await issuer.stop();
  });

  const seconds = (): number => Math.floor(Date.now() / 1000);
  const sign = (...args: Parameters<typeof signToken> extends [unknown, ...infer Rest] ? Rest : never) =>
    signToken(issuer, ...args);
  const countUsers = async (): Promise<number> =>
    (await app.database.query<{ count: number }>('SELECT count(*)::int FROM users'))[0]!.count;

  it.each<[string, () => Promise<string>]>([
    ['EdDSA', () => sign(edKey)],
    ['ES256', () => sign(ecKey)],
    ['RS256', () => sign(rsaKey)],
    ['several audiences, one of them ours', () => sign(ecKey, { aud: ['others', AUDIENCE] })],
    ['a clock some seconds ahead', () => sign(ecKey, { nbf: seconds() + 5, iat: seconds() + 5 })],
    ['a clock some seconds behind', () => sign(ecKey, { exp: seconds() - 5 })],
    ['an end beyond all calendars', () => sign(ecKey, { exp: 1e300 })],
    ['no kid, where one key fits', () => sign(ecKey, {}, { kid: undefined })],
    ['a subject of 255 characters', () => sign(ecKey, { sub: 's'.repeat(255) })],
  ])('is good with %s', async (_, make) => {
    const answer = await meAt(app, await make());
    expect(answer).toMatchObject({ status: 200, body: { role: 'user', email: null } });
  });

  it.each<[string, () => Promise<string> | string]>([
    ['another key', async () => sign({ ...foreignKey, kid: ecKey.kid })],
    ['a key that is not published', () => sign(foreignKey)],
    ['another key of its own named', async () => sign(ecKey, {}, { kid: rsaKey.kid })],
    [
      'a changed subject',
      async () => {
        const [header, payload, signature] = (await sign(ecKey)).split('.');
        const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
        return [header, base64({ ...claims, sub: 'bob' }), signature].join('.');
      },
    ],
    ['no signature', async () => `${(await sign(ecKey)).split('.').slice(0, 2).join('.')}.`],
    [
      'alg none',
      async () => {
        const [, payload] = (await sign(ecKey)).split('.');
        return `${base64({ alg: 'none' })}.${payload}.`;
      },
    ],
    [
      'alg none, with a signature',
      async () => {
        const [, payload, signature] = (await sign(ecKey)).split('.');
        return `${base64({ alg: 'none', kid: ecKey.kid })}.${payload}.${signature}`;
      },
    ],
    ...(['spki', 'jwk'] as const).map((form): [string, () => Promise<string>] => [
      `HS256 with the public key (${form}) for its secret`,
      async () => {
        const [, payload] = (await sign(rsaKey)).split('.');
        const secret =
          form === 'jwk'
            ? JSON.stringify(rsaKey.publicJwk)
            : createPublicKey({ key: rsaKey.publicJwk as JsonWebKey, format: 'jwk' }).export({
                type: 'spki',
                format: 'pem',
              });
        const signed = `${base64({ alg: 'HS256', kid: rsaKey.kid })}.${payload}`;
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      },
    ]),
    [
      'HS256 with our own secret',
      async () => {
        const [, payload] = (await sign(rsaKey)).split('.');
        const signed = `${base64({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
        return `${signed}.${createHmac('sha256', app.settings.auth.jwtSecret!).update(signed).digest('base64url')}`;
      },
    ],
    [
      'RS512',
      async () => {
        const key = await makeIssuerKey('RS512', rsaKey.kid);
        return sign(key);
      },
    ],
    [
      'a key of its own making in its header',
      async () => sign(foreignKey, {}, { jwk: foreignKey.publicJwk, kid: undefined }),
    ],
    [
      'the address of a key set in its header',
      async () => sign(foreignKey, {}, { jku: `${issuer.issuer}/mine`, kid: undefined }),
    ],
    [
      'crit',
      async () => {
        const [, payload, signature] = (await sign(ecKey)).split('.');
        return `${base64({ alg: 'ES256', kid: ecKey.kid, crit: ['x'], x: 1 })}.${payload}.${signature}`;
      },
    ],
    ['another issuer', () => sign(ecKey, { iss: 'https://elsewhere.example' })],
    ['a slash behind the issuer', () => sign(ecKey, { iss: `${issuer.issuer}/` })],
    ['no issuer', () => sign(ecKey, { iss: undefined })],
    ['issuers in a list', () => sign(ecKey, { iss: [issuer.issuer] as unknown as string })],
    ['our own name for its issuer', () => sign(ecKey, { iss: 'keyturn', aud: 'keyturn' })],
    ['another audience', () => sign(ecKey, { aud: 'others' })],
    ['no audience', () => sign(ecKey, { aud: undefined })],
    ['an end that has come', () => sign(ecKey, { exp: seconds() - 60 })],
    ['no end', () => sign(ecKey, { exp: undefined })],
    ['an end in words', () => sign(ecKey, { exp: 'never' as unknown as number })],
    ['a beginning that is to come', () => sign(ecKey, { nbf: seconds() + 60 })],
    ['no subject', () => sign(ecKey, { sub: undefined })],
    ['an empty subject', () => sign(ecKey, { sub: '' })],
    ['a number for its subject', () => sign(ecKey, { sub: 7 as unknown as string })],
    ['a subject of 256 characters', () => sign(ecKey, { sub: 's'.repeat(256) })],
    ['a NUL in its subject', () => sign(ecKey, { sub: 'a\0da' })],
    ['half an emoji in its subject', () => sign(ecKey, { sub: '\ud83d' })],
    ['a list for its claims', () => `${base64({ alg: 'ES256' })}.${base64([])}.x`],
  ])('is refused with %s', async (_, make) => {
    const before = await countUsers();
    const token = await make();
    const answer = await meAt(app, token);
    expectRefusal(answer, ...SIGN_IN_REQUIRED);
    expect(answer.body.message).toBe('Sign in required.');
    expect((await refusedSocket(app.url, { token })).status).toBe(401);
    expect(await countUsers()).toBe(before);
  });

  it('is its subject’s, whatever else it claims', async () => {
    const sub = randomUUID();
    const claims = {
      sub,
      email: local.user.email,
      email_verified: true,
      role: 'admin',
      roles: ['admin'],
      scope: 'admin',
      id: local.user.id,
      sid: randomUUID(),
      typ: 'access',
    };
    const { body } = await meAt(app, await sign(ecKey, claims));
    expect(body).toMatchObject({ role: 'user', email: null });
    expect(body.id).not.toBe(local.user.id);
    expect((await meAt(app, await sign(rsaKey, { sub }))).body.id).toBe(body.id);
    const asLocal = await meAt(app, await sign(ecKey, { sub: local.user.id }));
    expect([asLocal.status, asLocal.body.id === local.user.id]).toEqual([200, false]);
  });

  it.each([
    ['America/New_York', 'America/New_York'],
    ['+02:00', 'UTC'],
    ['Mars/Olympus', 'UTC'],
    ['aMERICA/new_york', 'America/New_York'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    [7, 'UTC'],
    [undefined, 'UTC'],
  ])('has the zone %s: %s', async (zoneinfo, timezone) => {
    const { body } = await meAt(app, await sign(ecKey, { sub: randomUUID(), zoneinfo }));
    expect(body.timezone).toBe(timezone);
  });

  it('makes one user of many first sights at the same time', async () => {
    const sub = randomUUID();
    const before = await countUsers();
    const tokens = await Promise.all(
      Array.from({ length: 12 }, (_, count) => sign(ecKey, { sub, jti: String(count) })),
    );
    const answers = await Promise.all(tokens.map((token) => meAt(app, token)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(await countUsers()).toBe(before + 1);
  });

  it('finds the user that another made between looking and making', async () => {
    const [sub, id] = [randomUUID(), randomUUID()];
    await withClient(app.database.url, async (client) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO users (id, role, timezone) VALUES ($1, 'user', 'UTC')`, [id]);
      await client.query('INSERT INTO external_accounts (issuer, subject, user_id) VALUES ($1, $2, $3)', [
        issuer.issuer,
        sub,
        id,
      ]);
      const answer = meAt(app, await sign(ecKey, { sub }));
      await until(async () => {
        const waiting = await app.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
      await client.query('COMMIT');
      expect((await answer).body.id).toBe(id);
    });
  });

  it.each([
    ['for ten minutes', () => seconds() + 600],
    ['for all eternity', () => 1e300],
  ])('good %s is looked at anew every five seconds', async (_, end) => {
    const token = await sign(ecKey, { sub: randomUUID(), exp: end() });
    const listTasks = () => api(app.url, token).get('/api/tasks');
    const countLooks = async (): Promise<number> =>
      (await recordStatements(listTasks)).filter((text) => text.includes('FROM external_accounts')).length;
    await listTasks();
    expect(await countLooks()).toBe(0);
    pretendLater(5001);
    expect(await countLooks()).toBe(1);
  });

  it('ends when it says so, however often it was used before', async () => {
    const token = await sign(ecKey, { exp: seconds() + 60 });
    expect((await meAt(app, token)).status).toBe(200);
    pretendLater(65_000);
    expect((await meAt(app, token)).status).toBe(200);
    pretendLater(71_000);
    expectRefusal(await meAt(app, token), ...SIGN_IN_REQUIRED);
  });

  it('ends on an open socket, too', async () => {
    const client = await openSocket(app.url, { token: await sign(ecKey, { exp: seconds() + 60 }) });
    pretendLater(71_000);
    client.send(prompt('full'));
    expect(JSON.parse(await client.next())).toMatchObject({ code: 'unauthorized' });
    expect((await client.closed).code).toBe(1008);
  });

  it('is asked about once, however many come', async () => {
    const before = issuer.asked;
    for (let count = 0; count < 5; count++) await meAt(app, await sign(ecKey, { sub: randomUUID() }));
    expect(issuer.asked).toBe(before);
  });

  it('is limited as any user’s is', async () => {
    const limited = await createTestApp({ ...issuer.environment, RATE_LIMIT_PER_MINUTE: '1' });
    try {
      const user = api(limited.url, await sign(ecKey, { role: 'admin' }));
      expect([(await user.post('/api/chat', {})).status, (await user.post('/api/chat', {})).status]).toEqual([
        400, 429,
      ]);
    } finally {
      await limited.stop();
    }
  });

  it('is nothing where no issuer is trusted', async () => {
    const other = await createTestApp(WITHOUT_RATES);
    try {
      expectRefusal(await meAt(other, await sign(ecKey)), ...SIGN_IN_REQUIRED);
    } finally {
      await other.stop();
    }
  });
});

describe('An issuer whose keys', () => {
  let issuer: KeySetServer;
  let app: TestApp;
  let key: IssuerKey;
  let nextKey: IssuerKey;
  beforeAll(async () => {
    [key, nextKey] = [await makeIssuerKey('ES256'), await makeIssuerKey('EdDSA')];
  });
  beforeEach(async () => {
    issuer = await startKeySetServer();
    issuer.publish(key);
    app = await createTestApp({ ...WITHOUT_RATES, ...issuer.environment });
  });
  afterEach(async () => {
    await app.stop();
    await issuer.stop();
  });

  const meBy = async (signer: IssuerKey) => meAt(app, await signToken(issuer, signer, { jti: randomUUID() }));
  const passTime = (ms: number): void => {
    shiftClock(Date, ms);
    shiftClock(performance, ms);
  };
  const shiftClock = (clock: { now(): number }, ms: number): void => {
    const now = clock.now.bind(clock);
    jest.spyOn(clock, 'now').mockImplementation(() => now() + ms);
  };
  const expectUnavailable = (answer: Awaited<ReturnType<typeof meBy>>): void => {
    expectRefusal(answer, 503, 'upstream_unavailable');
    expect(answer.body.message).toBe(
      'The token issuer’s keys cannot be fetched just now. Try again shortly.',
    );
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(answer.body)).not.toContain(new URL(issuer.issuer).port);
  };
  const faults: [string, () => void | Promise<void>][] = [
    ['are behind a closed door', () => issuer.stop()],
    ['answer 500', () => issuer.play((_, response) => response.writeHead(500).end('down'))],
    [
      'answer 404 with a good set',
      () =>
        issuer.play((_, response) => response.writeHead(404).end(JSON.stringify({ keys: [key.publicJwk] }))),
    ],
    [
      'stand elsewhere',
      () =>
        issuer.play(({ url }, response) =>
          url === '/keys'
            ? response.writeHead(302, { location: '/elsewhere' }).end()
            : response.end(JSON.stringify({ keys: [key.publicJwk] })),
        ),
    ],
    ['are no JSON', () => issuer.play((_, response) => response.end('<html>'))],
    ['are null', () => issuer.play((_, response) => response.end('null'))],
    ['are a list', () => issuer.play((_, response) => response.end(JSON.stringify([key.publicJwk])))],
    ['are numbers', () => issuer.play((_, response) => response.end('{"keys":[1]}'))],
    ['are nothing at all', () => issuer.play((_, response) => response.end())],
    [
      'break off',
      () =>
        issuer.play((_, response) => {
          response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
          setImmediate(() => response.destroy());
        }),
    ],
    [
      'have more than 256 KiB',
      () =>
        issuer.play((_, response) =>
          response.end(JSON.stringify({ keys: [key.publicJwk], pad: 'x'.repeat(256 * 1024) })),
        ),
    ],
    [
      'have no end',
      () =>
        issuer.play((_, response) => {
          const more = (): void => {
            while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
          };
          response.on('drain', more);
          more();
        }),
    ],
    [
      'are more than 100',
      () =>
        issuer.play((_, response) =>
          response.end(JSON.stringify({ keys: [key.publicJwk, ...Array<object>(100).fill({ kty: 'EC' })] })),
        ),
    ],
    ['take longer than 3 seconds', () => issuer.play(() => undefined)],
    [
      'come drop by drop',
      () =>
        issuer.play((_, response) => {
          const drop = setInterval(() => response.write(' '), 100);
          response.once('close', () => clearInterval(drop));
        }),
    ],
  ];

  it.each(faults)('%s cannot be believed, nor doubted', async (_, spoil) => {
    await spoil();
    const startedAt = performance.now();
    expectUnavailable(await meBy(key));
    expect(performance.now() - startedAt).toBeLessThan(4500);
    const asked = issuer.asked;
    for (const answer of await Promise.all([meBy(key), meBy(nextKey), meBy(key)])) expectUnavailable(answer);
    expect((await refusedSocket(app.url, { token: await signToken(issuer, key) })).status).toBe(503);
    expect(issuer.asked).toBe(asked);
    expect(app.log()).toContain('issuer_keys_unavailable');
    const local = await signUp(app.url);
    expect((await meAt(app, local.token)).status).toBe(200);
  });

  it.each(faults)('%s are used as they were before', async (_, spoil) => {
    expect((await meBy(key)).status).toBe(200);
    await spoil();
    passTime(11 * 60_000);
    const token = await signToken(issuer, key, { sub: randomUUID() });
    expect((await meAt(app, token)).status).toBe(200);
    expectUnavailable(await meBy(nextKey));
  });

  it('come back are believed again', async () => {
    issuer.play((_, response) => response.writeHead(500).end());
    expectUnavailable(await meBy(key));
    issuer.publish(key);
    passTime(5001);
    expect((await meBy(key)).status).toBe(200);
  });

  it('change is followed at the first token of a new one', async () => {
    expect((await meBy(key)).status).toBe(200);
    issuer.publish(key, nextKey);
    passTime(10_001);
    expect((await meBy(nextKey)).status).toBe(200);
    expect((await meBy(key)).status).toBe(200);
    expect(issuer.asked).toBe(2);
  });

  it('are not asked for again for each token that names one which is not there', async () => {
    expect((await meBy(key)).status).toBe(200);
    for (let count = 0; count < 5; count++) {
      expectRefusal(await meBy(await makeIssuerKey('ES256')), ...SIGN_IN_REQUIRED);
    }
    expect(issuer.asked).toBe(1);
    passTime(10_001);
    const strangers = await Promise.all(Array.from({ length: 5 }, () => makeIssuerKey('ES256')));
    for (const answer of await Promise.all(strangers.map(meBy))) expectRefusal(answer, ...SIGN_IN_REQUIRED);
    expect(issuer.asked).toBe(2);
  });

  it('are taken back end after ten minutes, as soon as a token has come', async () => {
    expect((await meBy(key)).status).toBe(200);
    issuer.publish(nextKey);
    expect((await meBy(key)).status).toBe(200);
    passTime(10 * 60_000);
    expect((await meBy(key)).status).toBe(200);
    await until(async () => (await meBy(key)).status === 401);
    expect((await meBy(nextKey)).status).toBe(200);
    expect(issuer.asked).toBe(2);
  });

  it('are taken back end after an hour, whether or not a token has come', async () => {
    expect((await meBy(key)).status).toBe(200);
    issuer.publish(nextKey);
    passTime(60 * 60_000);
    const token = await signToken(issuer, key, { exp: 1e12 });
    expectRefusal(await meAt(app, token), ...SIGN_IN_REQUIRED);
  });

  it('do not come for half an hour are not waited for, and asked for by one request', async () => {
    expect((await meBy(key)).status).toBe(200);
    issuer.play(() => undefined);
    passTime(30 * 60_000);
    const startedAt = process.hrtime.bigint();
    for (let count = 0; count < 3; count++) expect((await meBy(key)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 5 }, () => meBy(key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(1500);
    expect(issuer.asked).toBe(2);
  });

  it('could not be had are asked for seconds later, also where the clock was put back', async () => {
    const token = await signToken(issuer, key);
    issuer.play((_, response) => response.writeHead(500).end());
    expectUnavailable(await meAt(app, token));
    issuer.publish(key);
    shiftClock(Date, -60 * 60_000);
    shiftClock(performance, 5001);
    expect((await meAt(app, token)).status).toBe(200);
  });

  it.each<[string, object]>([
    ['are secrets', { kty: 'oct', k: 'c2VjcmV0', alg: 'ES256' }],
    ['are private', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd', alg: 'ES256' }],
    ['lack what makes them keys', { kty: 'EC', crv: 'P-256', alg: 'ES256' }],
    ['are for encryption', { use: 'enc' }],
    ['are of another algorithm', { alg: 'ES384' }],
  ])('%s are none', async (_, jwk) => {
    issuer.play((__, response) =>
      response.end(
        JSON.stringify({ keys: [{ ...('kty' in jwk ? {} : key.publicJwk), ...jwk, kid: key.kid }] }),
      ),
    );
    expectRefusal(await meBy(key), ...SIGN_IN_REQUIRED);
  });
});
