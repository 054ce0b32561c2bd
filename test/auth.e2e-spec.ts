import { createHmac, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { CommitUnknownError, Database } from '../src/database/database.service';
import { createTestApp, type TestApp } from './support/app';
import { api, signUp, until } from './support/clients';

const PASSWORD = 'a long enough passphrase';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const newEmail = (): string => `${randomUUID()}@example.com`;

describe('auth', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0' });
    await signUp(app.url, { email: 'admin@example.com' });
  });
  afterAll(() => app.stop());

  const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    api(app.url).post(`/api/auth/${path}`, body, headers);
  const me = (token?: string) => api(app.url, token).get('/api/auth/me');

  describe('signing up', () => {
    it('begins a session', async () => {
      const email = newEmail();
      const before = Date.now();
      const { status, body, headers } = await post('signup', { email, password: PASSWORD });
      expect(status).toBe(201);
      expect(body).toEqual({
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_at: expect.any(String),
        refresh_token: expect.stringMatching(/^ktr_[\w-]{43}$/),
        user: { id: expect.stringMatching(UUID), email, created_at: expect.any(String) },
      });
      const dayMs = 24 * 3_600_000;
      expect(Date.parse(body.expires_at) - before).toBeGreaterThan(dayMs - 2000);
      expect(Date.parse(body.expires_at) - before).toBeLessThan(dayMs + 60_000);
      expect(headers.getSetCookie()).toEqual([
        expect.stringMatching(
          /^keyturn_session=[\w.-]+; Max-Age=86400; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
        ),
        expect.stringMatching(
          /^keyturn_refresh=ktr_[\w-]+; Max-Age=2592000; Path=\/api\/auth; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
        ),
      ]);
      await expect(me(body.token)).resolves.toMatchObject({
        status: 200,
        body: { ...body.user, role: 'user', timezone: 'UTC' },
      });
    });

    it('keeps the time zone, and the address in lower case without blanks', async () => {
      const email = newEmail();
      const { token } = await signUp(app.url, {
        email: `  ${email.toUpperCase()} `,
        timezone: 'America/Argentina/Buenos_Aires',
      });
      const answer = await me(token);
      expect(answer.body).toMatchObject({ email, timezone: 'America/Argentina/Buenos_Aires' });
    });

    it('spells the time zone as it is spelled', async () => {
      const { token } = await signUp(app.url, { timezone: 'europe/BERLIN' });
      expect((await me(token)).body.timezone).toBe('Europe/Berlin');
    });

    it('gives an address away once, also to several who ask at the same time', async () => {
      const email = newEmail();
      const answers = await Promise.all(
        [email, email.toUpperCase(), email, email].map((address) =>
          post('signup', { email: address, password: PASSWORD }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
      await expect(post('signup', { email, password: PASSWORD })).resolves.toMatchObject({
        status: 409,
        body: { code: 'email_taken' },
      });
    });

    it('stores a password as its argon2id hash, and logs none of what was given out', async () => {
      const { user, token, refresh_token } = await signUp(app.url, { password: 'never to be seen 4711' });
      const [row] = await app.database.query<{ password_hash: string; tokens: string }>(
        `SELECT password_hash, (SELECT string_agg(encode(token_hash, 'escape'), '') FROM refresh_tokens) AS tokens
         FROM users WHERE id = $1`,
        [user.id],
      );
      expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(row!.tokens).not.toContain(refresh_token);
      for (const secret of ['never to be seen 4711', token, refresh_token, user.email]) {
        expect(app.log()).not.toContain(secret);
      }
    });

    it('settles a lost commit answer by looking', async () => {
      const database = app.app.get(Database);
      const transaction = database.transaction.bind(database);
      jest.spyOn(database, 'transaction').mockImplementationOnce(async (work) => {
        await transaction(work);
        throw new CommitUnknownError('lost');
      });
      const { token } = await signUp(app.url);
      await expect(me(token)).resolves.toMatchObject({ status: 200 });

      jest.spyOn(database, 'transaction').mockImplementationOnce(() => {
        throw new CommitUnknownError('lost');
      });
      await expect(post('signup', { email: newEmail(), password: PASSWORD })).resolves.toMatchObject({
        status: 503,
        body: { code: 'database_unavailable' },
      });
    });

    it.each([
      ['8 characters', 'x7$kQ!zp'],
      ['128 characters', 'x7$kQ!zp'.repeat(16)],
      ['4 emoji, whose String.length is 8', '🦊🐙🌵🚲'],
      ['64 emoji, whose String.length is 128', '🦊'.repeat(64)],
      ['blanks', ' '.repeat(8)],
    ])('takes a password of %s, and no other at sign-in', async (_, password) => {
      const { user } = await signUp(app.url, { password });
      await expect(post('signin', { email: user.email, password })).resolves.toMatchObject({ status: 200 });
      const cut = password.slice(0, -1);
      await expect(post('signin', { email: user.email, password: cut })).resolves.not.toMatchObject({
        status: 200,
      });
    });

    const email = 'someone@example.com';
    const password = PASSWORD;
    it.each<[string, unknown, string, string | undefined]>([
      ['no body', undefined, 'validation_failed', 'email'],
      ['no password', { email }, 'validation_failed', 'password'],
      ['an address that is none', { email: 'someone', password }, 'validation_failed', 'email'],
      [
        'an address of 255 characters',
        { email: `${'a'.repeat(243)}@example.com`, password },
        'validation_failed',
        'email',
      ],
      ['an address that is a list', { email: [email], password }, 'validation_failed', 'email'],
      ['an address that is null', { email: null, password }, 'validation_failed', 'email'],
      ['a NUL in the address', { email: 'some\0one@example.com', password }, 'validation_failed', 'email'],
      ['a password of 7 characters', { email, password: 'x7$kQ!z' }, 'validation_failed', 'password'],
      ['a password of 129 characters', { email, password: 'x'.repeat(129) }, 'validation_failed', 'password'],
      [
        '65 emoji, whose String.length is 130',
        { email, password: '🦊'.repeat(65) },
        'validation_failed',
        'password',
      ],
      ['a common password', { email, password: 'password1' }, 'validation_failed', 'password'],
      ['a common password in capitals', { email, password: 'QWERTYUIOP' }, 'validation_failed', 'password'],
      ['a password that is a number', { email, password: 1234567890123 }, 'validation_failed', 'password'],
      ['a password that is an object', { email, password: { length: 20 } }, 'validation_failed', 'password'],
      ['a NUL in the password', { email, password: 'a long\0 passphrase' }, 'text_not_storable', undefined],
      [
        'half an emoji in the password',
        { email, password: 'a \ud83d long passphrase' },
        'text_not_storable',
        undefined,
      ],
      [
        'a time zone that is none',
        { email, password, timezone: 'Mars/Olympus' },
        'validation_failed',
        'timezone',
      ],
      ['an offset as time zone', { email, password, timezone: '+02:00' }, 'validation_failed', 'timezone'],
      ['a time zone that is a number', { email, password, timezone: 2 }, 'validation_failed', 'timezone'],
      ['a role', { email, password, role: 'admin' }, 'validation_failed', 'role'],
      ['an id', { email, password, id: randomUUID() }, 'validation_failed', 'id'],
    ])('refuses %s', async (_, body, code, path) => {
      const answer = await post('signup', body);
      expect(answer).toMatchObject({ status: 400, body: { code } });
      if (path !== undefined) expect(answer.body.details[0].path).toEqual([path]);
      await expect(app.database.query('SELECT 1 FROM users WHERE email = $1', [email])).resolves.toEqual([]);
    });

    it('makes exactly one admin of several who are first at the same time', async () => {
      const empty = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0' });
      try {
        const sessions = await Promise.all(Array.from({ length: 8 }, () => signUp(empty.url)));
        const roles = await Promise.all(
          sessions.map(async ({ token }) => (await api(empty.url, token).get('/api/auth/me')).body.role),
        );
        expect(roles.sort()).toEqual(['admin', ...Array<string>(7).fill('user')]);
      } finally {
        await empty.stop();
      }
    });
  });

  describe('signing in', () => {
    it('begins another session', async () => {
      const email = newEmail();
      const first = await signUp(app.url, { email });
      const { status, body } = await post('signin', { email: ` ${email.toUpperCase()}`, password: PASSWORD });
      expect(status).toBe(200);
      expect(body.user).toEqual(first.user);
      expect(body.refresh_token).not.toBe(first.refresh_token);
      for (const token of [first.token, body.token]) {
        await expect(me(token)).resolves.toMatchObject({ status: 200, body: { email } });
      }
    });

    it('tells a wrong password and an unknown address apart in nothing', async () => {
      const { user } = await signUp(app.url);
      const wrong = await post('signin', { email: user.email, password: 'not the passphrase' });
      const unknown = await post('signin', { email: newEmail(), password: 'not the passphrase' });
      expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
      expect({ ...unknown.body, request_id: '' }).toEqual({ ...wrong.body, request_id: '' });
      expect(unknown.status).toBe(wrong.status);
      expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
    });

    it.each([
      ['no password', { email: 'a@example.com' }, 'validation_failed'],
      ['a password that is true', { email: 'a@example.com', password: true }, 'validation_failed'],
      [
        'a password of 129 characters',
        { email: 'a@example.com', password: 'x'.repeat(129) },
        'validation_failed',
      ],
      ['a NUL in the password', { email: 'a@example.com', password: 'a\0b' }, 'text_not_storable'],
      ['a query in place of the address', { email: { $ne: '' }, password: PASSWORD }, 'validation_failed'],
    ])('refuses %s', async (_, body, code) => {
      await expect(post('signin', body)).resolves.toMatchObject({ status: 400, body: { code } });
    });

    it.each([
      ['an account', async () => (await signUp(app.url)).user.email],
      ['an address without one', async () => newEmail()],
    ])('locks %s after ten failures, alike', async (_, addressOf) => {
      const email = await addressOf();
      for (let failures = 0; failures < 10; failures++) {
        const answer = await post('signin', { email, password: 'not the passphrase' });
        expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
      }
      const locked = await post('signin', { email, password: PASSWORD });
      expect(locked).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
      const seconds = Number(locked.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(880);
      expect(seconds).toBeLessThanOrEqual(900);
      const admin = await post('signin', { email: 'admin@example.com', password: PASSWORD });
      expect(admin.status).toBe(200);
    });

    it('turns away whom it has no room for, and then works on', async () => {
      const answers = await Promise.all(
        Array.from({ length: 80 }, () => post('signin', { email: newEmail(), password: PASSWORD })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThan(0);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(80 - refused.length);
      for (const { body, headers } of refused) {
        expect(body.code).toBe('rate_limited');
        expect(headers.get('retry-after')).toBe('2');
      }
      const { status } = await post('signin', { email: 'admin@example.com', password: PASSWORD });
      expect(status).toBe(200);
    });
  });

  describe('access tokens', () => {
    const signInRequired = {
      status: 401,
      body: { error: 'Sign in required.', message: 'Sign in required.', code: 'unauthorized' },
    };
    const jwt = new JwtService();
    let session: Awaited<ReturnType<typeof signUp>>;
    let claims: Record<string, unknown>;
    beforeAll(async () => {
      session = await signUp(app.url);
      claims = jwt.decode(session.token);
    });

    type Options = { secret?: string; algorithm?: 'HS256' | 'HS512' };
    const sign = (over: object, { secret, algorithm = 'HS256' }: Options = {}): string => {
      const payload = Object.fromEntries(
        Object.entries({ ...claims, ...over }).filter(([, value]) => value !== undefined),
      );
      return jwt.sign(payload, { secret: secret ?? app.settings.auth.jwtSecret, algorithm });
    };
    const base64 = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const parts = (): [string, string, string] => session.token.split('.') as [string, string, string];
    const anHourAgo = Math.floor(Date.now() / 1000) - 3600;

    it('is what the tests below are made like', async () => {
      await expect(me(sign({ jti: randomUUID() }))).resolves.toMatchObject({ status: 200 });
    });

    it.each<[string, () => string]>([
      ['an expired one', () => sign({ exp: anHourAgo })],
      ['one without an end', () => sign({ exp: undefined })],
      ['one that is not good yet', () => sign({ nbf: Math.floor(Date.now() / 1000) + 600 })],
      [
        'one with another user written in',
        () => {
          const [header, , signature] = parts();
          return [header, base64({ ...claims, sub: randomUUID() }), signature].join('.');
        },
      ],
      [
        'one with a changed signature',
        () => {
          const [header, payload, signature] = parts();
          return [header, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.');
        },
      ],
      ['one without its signature', () => `${parts().slice(0, 2).join('.')}.`],
      ['alg none', () => `${base64({ alg: 'none', typ: 'JWT' })}.${base64(claims)}.`],
      ['alg None, with the old signature', () => `${base64({ alg: 'None' })}.${parts()[1]}.${parts()[2]}`],
      ['HS512 with our secret', () => sign({}, { algorithm: 'HS512' })],
      [
        'HS256 signed, HS512 claimed',
        () => {
          const head = `${base64({ alg: 'HS512', typ: 'JWT' })}.${parts()[1]}`;
          return `${head}.${createHmac('sha256', app.settings.auth.jwtSecret!).update(head).digest('base64url')}`;
        },
      ],
      ['another secret', () => sign({}, { secret: 'x'.repeat(64) })],
      [
        'an empty secret’s',
        () => {
          const head = `${parts()[0]}.${parts()[1]}`;
          return `${head}.${createHmac('sha256', '').update(head).digest('base64url')}`;
        },
      ],
      ['another issuer', () => sign({ iss: 'someone' })],
      ['no issuer', () => sign({ iss: undefined })],
      ['another audience', () => sign({ aud: 'someone' })],
      ['no audience', () => sign({ aud: undefined })],
      ['another type', () => sign({ typ: 'refresh' })],
      ['no type', () => sign({ typ: undefined })],
      ['no session', () => sign({ sid: undefined })],
      ['a session that never was', () => sign({ sid: randomUUID() })],
      ['a session that is SQL', () => sign({ sid: "' OR 1=1 --" })],
      ['a user that never was', () => sign({ sub: randomUUID() })],
      ['a user that is no id', () => sign({ sub: 'admin' })],
      ['a refresh token', () => session.refresh_token],
      ['a word', () => 'undefined'],
      ['dots', () => '..'],
      ['4 KB of text', () => 'a'.repeat(4096)],
    ])('are refused: %s', async (_, make) => {
      const answer = await me(make());
      expect(answer).toMatchObject(signInRequired);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('of another user’s session is refused', async () => {
      const other = await signUp(app.url);
      const { sid } = jwt.decode(other.token);
      await expect(me(sign({ sid }))).resolves.toMatchObject(signInRequired);
    });

    it.each([
      ['no header', {}],
      ['Basic', { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
      ['Bearer without a token', { authorization: 'Bearer ' }],
    ])('are needed: %s', async (_, headers: Record<string, string>) => {
      await expect(api(app.url).get('/api/auth/me', headers)).resolves.toMatchObject(signInRequired);
      await expect(api(app.url).get('/api/tasks', headers)).resolves.toMatchObject(signInRequired);
    });

    it('are recognised whatever the case of the scheme', async () => {
      const headers = { authorization: `bearer ${session.token}` };
      await expect(api(app.url).get('/api/auth/me', headers)).resolves.toMatchObject({ status: 200 });
    });

    it('say nothing of a user who is gone', async () => {
      const { token, user } = await signUp(app.url);
      const listTasks = () => api(app.url, token).get('/api/tasks');
      await expect(listTasks()).resolves.toMatchObject({ status: 200 });
      await app.database.query('DELETE FROM users WHERE id = $1', [user.id]);
      await expect(me(token)).resolves.toMatchObject(signInRequired);
      await until(async () => (await listTasks()).status === 401, 5500);
    }, 10_000);

    it('end when they say so, however often they were used before', async () => {
      const token = sign({ jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 2 });
      await expect(me(token)).resolves.toMatchObject({ status: 200 });
      await until(async () => (await me(token)).status === 401, 4000);
    });
  });
});
