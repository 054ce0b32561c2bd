import { CommitUnknownError, Database } from '../src/database/database.service';
import { createTestApp, type TestApp } from './support/app';
import { api, type Session, signUp, until } from './support/clients';

type Headings = Record<string, string>;

const signInRequired = { status: 401, body: { code: 'unauthorized', message: 'Sign in required.' } };
const originNotAllowed = { status: 403, body: { code: 'origin_not_allowed' } };

describe('sessions', () => {
  let app: TestApp;
  let session: Session;
  beforeAll(async () => {
    app = await createTestApp({
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      CORS_ORIGINS: 'https://app.example.com',
      TRUST_PROXY: '1',
    });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    session = await signUp(app.url);
  });

  const me = (token?: string, headers?: Headings) => api(app.url, token).get('/api/auth/me', headers);
  const refresh = (refresh_token?: string, headers?: Headings) =>
    api(app.url).post(
      '/api/auth/refresh',
      refresh_token === undefined ? undefined : { refresh_token },
      headers,
    );
  const signOut = (refresh_token?: string, headers?: Headings) =>
    api(app.url).post(
      '/api/auth/signout',
      refresh_token === undefined ? undefined : { refresh_token },
      headers,
    );
  const sessionCookie = ({ token }: Session): Headings => ({
    cookie: `theme=dark; keyturn_session=${token}`,
  });
  const refreshCookie = ({ refresh_token }: Session): Headings => ({
    cookie: `keyturn_refresh=${refresh_token}`,
  });
  const rotate = async (refreshToken: string): Promise<Session> => {
    const { status, body } = await refresh(refreshToken);
    expect(status).toBe(200);
    return body as Session;
  };

  /** Ages the refresh tokens of the session's user, as if they had been used that many seconds earlier. */
  const letPass = (seconds: number) =>
    app.database.query(
      `UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => $2) WHERE user_id = $1`,
      [session.user.id, seconds],
    );
  const setRefreshTokenEnd = (seconds: number) =>
    app.database.query(
      `UPDATE refresh_tokens SET expires_at = now() + make_interval(secs => $2) WHERE user_id = $1`,
      [session.user.id, seconds],
    );
  const countRefreshTokens = async (): Promise<number> =>
    (await app.database.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [session.user.id])).length;

  describe('refreshing', () => {
    it('replaces both tokens and the cookies', async () => {
      const { status, body, headers } = await refresh(session.refresh_token);
      expect(status).toBe(200);
      expect(body).toMatchObject({ token_type: 'Bearer', user: session.user });
      expect(body.refresh_token).toMatch(/^ktr_[\w-]{43}$/);
      expect(body.refresh_token).not.toBe(session.refresh_token);
      expect(body.token).not.toBe(session.token);
      expect(headers.getSetCookie()).toEqual([
        expect.stringContaining(`keyturn_session=${body.token};`),
        expect.stringContaining(`keyturn_refresh=${body.refresh_token};`),
      ]);
      for (const token of [session.token, body.token]) {
        await expect(me(token)).resolves.toMatchObject({ status: 200 });
      }
    });

    it('gives the same successor to several who ask at the same time', async () => {
      const successors = await Promise.all(Array.from({ length: 6 }, () => rotate(session.refresh_token)));
      expect(new Set(successors.map((successor) => successor.refresh_token)).size).toBe(1);
      await expect(me((await rotate(successors[0]!.refresh_token)).token)).resolves.toMatchObject({
        status: 200,
      });
    });

    it('gives the same successor again for 30 seconds', async () => {
      const successor = await rotate(session.refresh_token);
      await letPass(28);
      await expect(rotate(session.refresh_token)).resolves.toMatchObject({
        refresh_token: successor.refresh_token,
      });
    });

    it('ends the whole family when a token comes back after that', async () => {
      const successor = await rotate(session.refresh_token);
      await expect(me(successor.token)).resolves.toMatchObject({ status: 200 });
      await letPass(30);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await expect(refresh(successor.refresh_token)).resolves.toMatchObject(signInRequired);
      for (const token of [session.token, successor.token]) {
        await expect(me(token)).resolves.toMatchObject(signInRequired);
      }
    });

    it('ends the whole family when an older token than the last comes back, even within 30 seconds', async () => {
      const second = await rotate(session.refresh_token);
      const third = await rotate(second.refresh_token);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await expect(refresh(third.refresh_token)).resolves.toMatchObject(signInRequired);
      await expect(me(third.token)).resolves.toMatchObject(signInRequired);
    });

    it('leaves the user’s other sessions alone', async () => {
      const other = await api(app.url).post('/api/auth/signin', {
        email: session.user.email,
        password: 'a long enough passphrase',
      });
      await rotate(session.refresh_token);
      await letPass(30);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await expect(me(other.body.token)).resolves.toMatchObject({ status: 200 });
      await rotate(other.body.refresh_token);
    });

    it('refuses an expired token, and an expired one that was used no differently', async () => {
      await setRefreshTokenEnd(-1);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await setRefreshTokenEnd(60);
      const successor = await rotate(session.refresh_token);
      await setRefreshTokenEnd(-1);
      await letPass(60);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await setRefreshTokenEnd(60);
      await rotate(successor.refresh_token);
    });

    it.each([
      ['nothing', () => undefined],
      ['an empty token', () => ''],
      ['a token that never was', () => `ktr_${'A'.repeat(43)}`],
      ['an access token', () => session.token.slice(0, 256)],
      ['SQL', () => "' OR ''='"],
    ])('refuses %s', async (_, make) => {
      await expect(refresh(make())).resolves.toMatchObject(signInRequired);
    });

    it.each([
      ['a number', { refresh_token: 1 }],
      ['a list', { refresh_token: ['ktr_a'] }],
      ['257 characters', { refresh_token: 'k'.repeat(257) }],
      ['another field', { token: 'ktr_a' }],
    ])('does not take %s', async (_, body) => {
      await expect(api(app.url).post('/api/auth/refresh', body)).resolves.toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    });

    it('settles a lost commit answer with the same successor', async () => {
      const database = app.app.get(Database);
      const transaction = database.transaction.bind(database);
      jest.spyOn(database, 'transaction').mockImplementationOnce(async (work) => {
        await transaction(work);
        throw new CommitUnknownError('lost');
      });
      const successor = await rotate(session.refresh_token);
      await rotate(successor.refresh_token);
    });

    it('keeps a bounded number of tokens', async () => {
      let { refresh_token } = session;
      for (let i = 0; i < 110; i++) ({ refresh_token } = await rotate(refresh_token));
      await expect(countRefreshTokens()).resolves.toBe(100);
    });

    it('forgets expired tokens at the next sign-in, but not while an access token may need its family', async () => {
      const signIn = () =>
        api(app.url).post('/api/auth/signin', {
          email: session.user.email,
          password: 'a long enough passphrase',
        });
      await setRefreshTokenEnd(-3600);
      await signIn();
      await expect(countRefreshTokens()).resolves.toBe(2);
      await expect(me(session.token)).resolves.toMatchObject({ status: 200 });
      await setRefreshTokenEnd(-25 * 3600);
      await signIn();
      await expect(countRefreshTokens()).resolves.toBe(1);
    });
  });

  describe('signing out', () => {
    it.each<[string, () => ReturnType<typeof signOut>]>([
      ['the refresh token', () => signOut(session.refresh_token)],
      ['the refresh cookie', () => signOut(undefined, refreshCookie(session))],
      ['the access token', () => signOut(undefined, { authorization: `Bearer ${session.token}` })],
      ['the session cookie', () => signOut(undefined, sessionCookie(session))],
      [
        'an access token that is no longer good, beside the cookie',
        () => signOut(undefined, { ...refreshCookie(session), authorization: 'Bearer stale' }),
      ],
    ])('by %s ends the session at once, and once more changes nothing', async (_, signOutOnce) => {
      await expect(me(session.token)).resolves.toMatchObject({ status: 200 });
      const answer = await signOutOnce();
      expect(answer).toMatchObject({ status: 204, body: '' });
      expect(answer.headers.getSetCookie()).toEqual([
        'keyturn_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
        'keyturn_refresh=; Path=/api/auth; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
      ]);
      await expect(me(session.token)).resolves.toMatchObject(signInRequired);
      await expect(refresh(session.refresh_token)).resolves.toMatchObject(signInRequired);
      await expect(signOutOnce()).resolves.toMatchObject({ status: 204 });
    });

    it('by a token that was replaced ends its family', async () => {
      const successor = await rotate(session.refresh_token);
      await expect(signOut(session.refresh_token)).resolves.toMatchObject({ status: 204 });
      await expect(refresh(successor.refresh_token)).resolves.toMatchObject(signInRequired);
    });

    it('cannot be outrun by a refresh under way', async () => {
      const [refreshed] = await Promise.all([
        refresh(session.refresh_token),
        signOut(session.refresh_token),
        refresh(session.refresh_token),
      ]);
      if (refreshed.status === 200) {
        await expect(me(refreshed.body.token)).resolves.toMatchObject(signInRequired);
        await expect(refresh(refreshed.body.refresh_token)).resolves.toMatchObject(signInRequired);
      }
      await expect(
        app.database.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1 AND revoked_at IS NULL', [
          session.user.id,
        ]),
      ).resolves.toEqual([]);
    });

    it('by a refresh token that means nothing is done already', async () => {
      await expect(signOut(`ktr_${'A'.repeat(43)}`)).resolves.toMatchObject({ status: 204 });
    });

    it('needs something to go by', async () => {
      await expect(signOut()).resolves.toMatchObject(signInRequired);
      await expect(signOut(undefined, { authorization: 'Bearer stale' })).resolves.toMatchObject(
        signInRequired,
      );
    });

    it('is known to another instance within 5 seconds', async () => {
      const other = await createTestApp({}, { database: app.database });
      try {
        const meThere = () => api(other.url, session.token).get('/api/auth/me');
        await expect(meThere()).resolves.toMatchObject({ status: 200 });
        await signOut(session.refresh_token);
        await until(async () => (await meThere()).status === 401, 5500);
      } finally {
        await other.stop();
      }
      await expect(me((await signUp(app.url)).token)).resolves.toMatchObject({ status: 200 });
    }, 15_000);
  });

  describe('cookies', () => {
    const PROXIED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'chat.example.com' };
    const origins: [string, () => Headings, boolean][] = [
      ['no origin', () => ({}), true],
      ['the server’s own', () => ({ origin: app.url }), true],
      ['the server’s own behind a proxy', () => ({ ...PROXIED, origin: 'https://chat.example.com' }), true],
      ['one of CORS_ORIGINS', () => ({ origin: 'https://app.example.com' }), true],
      ['null', () => ({ origin: 'null' }), false],
      ['a foreign one', () => ({ origin: 'https://evil.example' }), false],
      ['the server’s own with another scheme', () => ({ origin: app.url.replace('http:', 'https:') }), false],
      ['the server’s own with another port', () => ({ origin: `${app.url}0` }), false],
      ['the proxy’s without https', () => ({ ...PROXIED, origin: 'http://chat.example.com' }), false],
      ['one of CORS_ORIGINS with another scheme', () => ({ origin: 'http://app.example.com' }), false],
    ];

    it.each(origins)('with %s', async (_, originOf, isHonoured) => {
      const expected = isHonoured ? { status: 200 } : originNotAllowed;
      const origin = originOf();
      await expect(me(undefined, { ...sessionCookie(session), ...origin })).resolves.toMatchObject(expected);
      await expect(refresh(undefined, { ...refreshCookie(session), ...origin })).resolves.toMatchObject(
        expected,
      );
      await expect(signOut(undefined, { ...refreshCookie(session), ...origin })).resolves.toMatchObject(
        isHonoured ? { status: 204 } : originNotAllowed,
      );
      await expect(me(session.token)).resolves.toMatchObject(isHonoured ? signInRequired : { status: 200 });
    });

    it('are no matter where a token is sent in the open', async () => {
      const foreign = { ...sessionCookie(session), ...{ origin: 'https://evil.example' } };
      const other = await signUp(app.url);
      await expect(me(other.token, foreign)).resolves.toMatchObject({ status: 200, body: other.user });
      await expect(refresh(other.refresh_token, foreign)).resolves.toMatchObject({ status: 200 });
      await expect(signOut(other.refresh_token, foreign)).resolves.toMatchObject({ status: 204 });
      await expect(me(session.token)).resolves.toMatchObject({ status: 200 });
      await expect(me('stale', sessionCookie(session))).resolves.toMatchObject(signInRequired);
    });

    it('are not mixed up: neither stands for the other', async () => {
      const { token, refresh_token } = session;
      const swapped = { cookie: `keyturn_session=${refresh_token}; keyturn_refresh=${token}` };
      await expect(me(undefined, swapped)).resolves.toMatchObject(signInRequired);
      await expect(refresh(undefined, swapped)).resolves.toMatchObject(signInRequired);
    });

    it('are Secure behind https', async () => {
      const { headers } = await refresh(session.refresh_token, { 'x-forwarded-proto': 'https' });
      const cookies = headers.getSetCookie();
      expect(cookies).toHaveLength(2);
      for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    });

    it.each([
      'keyturn_session=',
      'keyturn_session=%',
      'keyturn_session=%00',
      ';;;',
      '=',
      'keyturn_session="a b"',
    ])('that are no tokens are none: %s', async (cookie) => {
      await expect(me(undefined, { cookie })).resolves.toMatchObject(signInRequired);
    });
  });
});
