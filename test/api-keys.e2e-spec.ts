import { createHash, randomUUID } from 'node:crypto';
import { Revocations } from '../src/common/revocations';
import { CommitUnknownError, Database } from '../src/database/database.service';
import { makeKey, type NewKey } from './support/api-keys';
import { createTestApp, type TestApp } from './support/app';
import { SIGN_IN_REQUIRED } from './support/bad-input';
import { api, type Session, signUp, until } from './support/clients';
import { ask, expectRefusal, post } from './support/requests';
import { countTransactions, recordStatements } from './support/statements';
import { endPretending, pretendTime } from './support/time';

const SCOPES = ['chat', 'proxy', 'tasks', 'v1', 'mcp'];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

let app: TestApp;
let admin: Session;
let user: Session;
beforeAll(async () => {
  app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
  admin = await signUp(app.url);
});
beforeEach(async () => {
  user = await signUp(app.url);
});
afterAll(() => app.stop());

const keys = ({ token } = user) => api(app.url, token);
const me = (token: string) => api(app.url, token).get('/api/auth/me');
const stored = async (id: string) =>
  (await app.database.query<Record<string, unknown>>('SELECT * FROM api_keys WHERE id = $1', [id]))[0]!;

describe('An API key', () => {
  it('is shown once and stored as its hash', async () => {
    const expires_at = inSeconds(3600);
    const asked = {
      name: ' nightly 🌙 report ',
      expires_at,
      daily_token_limit: 1000,
      scopes: ['tasks', 'chat'],
    };
    const { status, body } = await keys().post('/api/keys', asked);
    expect(status).toBe(201);
    expect(body).toEqual({
      ...asked,
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      key: expect.stringMatching(/^kt_[\w-]{43}$/),
      prefix: body.key.slice(0, 9),
      last_used_at: null,
      created_at: expect.stringMatching(INSTANT),
    });
    const { key, ...shown } = body;
    expect((await keys().get('/api/keys')).body).toEqual({ items: [shown], next_cursor: null });
    const row = await stored(body.id);
    expect(row.key_hash).toEqual(createHash('sha256').update(key).digest());
    expect(JSON.stringify(row)).not.toContain(key.slice(9));
    await me(key);
    expect(app.log()).not.toContain(key.slice(9));
  });

  it('is good for everything and for good where nothing else is said', async () => {
    const { body } = await keys().post('/api/keys', { name: 'x', expires_at: null, daily_token_limit: null });
    expect(body).toMatchObject({ scopes: SCOPES, expires_at: null, daily_token_limit: null });
  });

  it('has its daily limit where quotas are counted', async () => {
    const { id } = await makeKey(app.url, user.token, { daily_token_limit: 1_000_000_000_000_000 });
    const free = await makeKey(app.url, user.token);
    const limits = await app.database.query(
      'SELECT subject, kind, amount::text FROM quota_limits WHERE subject = ANY($1)',
      [[id, free.id]],
    );
    expect(limits).toEqual([{ subject: id, kind: 'tokens_a_day', amount: '1000000000000000' }]);
  });

  it('speaks for its user, from where a token may stand', async () => {
    const { key } = await makeKey(app.url, user.token);
    for (const headers of [{ authorization: `Bearer ${key}` }, { authorization: `bearer  ${key}` }]) {
      const { status, body } = await api(app.url).get('/api/auth/me', headers);
      expect([status, body.id, body.email]).toEqual([200, user.user.id, user.user.email]);
    }
    const { body } = await api(app.url, key).post('/api/tasks', { title: 'by key' });
    expect((await keys().get(`/api/tasks/${body.id}`)).body.title).toBe('by key');
  });

  it('tells when it was last used, to the minute', async () => {
    const { id, key } = await makeKey(app.url, user.token);
    const lastUsed = async () => (await stored(id)).last_used_at as Date;
    await me(key);
    const first = await lastUsed();
    expect(Math.abs(Date.now() - first.getTime())).toBeLessThan(10_000);
    await me(key);
    expect(await lastUsed()).toEqual(first);
    await app.database.query(`UPDATE api_keys SET last_used_at = now() - interval '61 s' WHERE id = $1`, [
      id,
    ]);
    await Promise.all(Array.from({ length: 5 }, () => me(key)));
    expect((await lastUsed()).getTime()).toBeGreaterThanOrEqual(first.getTime());
    const { body } = await keys().get('/api/keys');
    expect(body.items[0].last_used_at).toBe((await lastUsed()).toISOString());
  });

  it('is looked up in one statement', async () => {
    const { key } = await makeKey(app.url, user.token, { scopes: ['v1'] });
    await me(key);
    const statements = await recordStatements(() => api(app.url, key).get('/v1/models'));
    expect(countTransactions(statements.filter((text) => text.includes('api_keys')))).toBe(1);
  });

  it.each<[string, (key: NewKey) => Promise<string> | string]>([
    ['one that never was', () => `kt_${'A'.repeat(43)}`],
    ['one that was cut', ({ key }) => key.slice(0, -1)],
    ['one with a character too many', ({ key }) => `${key}A`],
    ['one in another case', ({ key }) => `kt_${key.slice(3).toUpperCase()}`],
    ['one with another end', ({ key }) => key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A')],
    ['its prefix', ({ prefix }) => prefix],
    ['its id', ({ id }) => `kt_${id}`],
    ['its hash', ({ key }) => `kt_${createHash('sha256').update(key).digest('base64url')}`],
    ['nothing but the mark', () => 'kt_'],
    ['SQL', () => `kt_'OR''='`],
    [
      'an expired one',
      async ({ id, key }) => {
        await app.database.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [id]);
        return key;
      },
    ],
    [
      'a revoked one',
      async ({ id, key }) => {
        await keys().delete(`/api/keys/${id}`);
        return key;
      },
    ],
    [
      'one whose user is gone',
      async ({ key }) => {
        await app.database.query('DELETE FROM users WHERE id = $1', [user.user.id]);
        return key;
      },
    ],
  ])('is refused where it is %s', async (_, spoil) => {
    const made = await makeKey(app.url, user.token);
    expect((await me(made.key)).status).toBe(200);
    const answer = await me(await spoil(made));
    expectRefusal(answer, ...SIGN_IN_REQUIRED);
    expect(answer.body.message).toBe('Sign in required.');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is no session: it can neither make keys, nor see or end them, nor sign out', async () => {
    const { id, key } = await makeKey(app.url, user.token);
    const byKey = api(app.url, key);
    const answers = [
      await byKey.post('/api/keys', { name: 'child' }),
      await byKey.get('/api/keys'),
      await byKey.delete(`/api/keys/${id}`),
    ];
    for (const answer of answers) {
      expectRefusal(answer, 403, 'forbidden');
      expect(answer.body.message).toBe('API keys may not be used here: sign in.');
    }
    expectRefusal(await byKey.post('/api/auth/signout'), ...SIGN_IN_REQUIRED);
    expect((await me(key)).status).toBe(200);
    expect((await keys().get('/api/keys')).body.items).toHaveLength(1);
  });

  it('of an admin is not rate limited, as he is not', async () => {
    const limited = await createTestApp({ RATE_LIMIT_PER_MINUTE: '1', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    try {
      const statusesOf = async (session: Session): Promise<number[]> => {
        const { key } = await makeKey(limited.url, session.token);
        const send = () => api(limited.url, key).post('/api/chat', {});
        return [(await send()).status, (await send()).status];
      };
      const governor = await signUp(limited.url);
      expect(await statusesOf(governor)).toEqual([400, 400]);
      expect(await statusesOf(await signUp(limited.url))).toEqual([400, 429]);
    } finally {
      await limited.stop();
    }
  });

  it('of an admin is an admin’s, and governs nothing', async () => {
    const { key } = await makeKey(app.url, admin.token);
    expect((await me(key)).body.role).toBe('admin');
    for (const path of ['/api/admin/usage', `/api/admin/users/${user.user.id}/limits`]) {
      expect((await api(app.url, admin.token).get(path)).status).toBe(200);
      expectRefusal(await api(app.url, key).get(path), 403, 'forbidden');
      expectRefusal(await keys().get(path), 403, 'forbidden');
      expectRefusal(await api(app.url).get(path), ...SIGN_IN_REQUIRED);
    }
  });

  it('is made once where the answer of the commit was lost', async () => {
    const database = app.app.get(Database);
    const transaction = database.transaction.bind(database);
    jest.spyOn(database, 'transaction').mockImplementationOnce(async (work) => {
      await transaction(work);
      throw new CommitUnknownError('lost');
    });
    const { key } = await makeKey(app.url, user.token);
    expect((await me(key)).status).toBe(200);
    expect((await keys().get('/api/keys')).body.items).toHaveLength(1);
  });
});

describe('The list of API keys', () => {
  it('is one’s own, newest first, in pages', async () => {
    await makeKey(app.url, admin.token);
    const made: string[] = [];
    for (const name of ['a', 'b', 'c']) made.unshift((await makeKey(app.url, user.token, { name })).id);
    // As if the keys had been made in one transaction.
    await app.database.query(
      `UPDATE api_keys SET created_at = date_trunc('s', now() - interval '1 minute') WHERE user_id = $1 AND name <> 'c'`,
      [user.user.id],
    );
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await keys().get(`/api/keys?limit=1${cursor}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(seen[0]).toBe(made[0]);
    expect([...seen].sort()).toEqual([...made].sort());
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'cursor=x',
    `cursor=${Buffer.from('["a",1]').toString('base64url')}`,
  ])('does not take %s', async (query) => {
    expectRefusal(await keys().get(`/api/keys?${query}`), 400, 'validation_failed');
  });

  it('takes a cursor whose id is none, which is nobody’s key', async () => {
    const cursor = Buffer.from(`[1,"' OR 1=1"]`).toString('base64url');
    expect((await keys().get(`/api/keys?cursor=${cursor}`)).body).toEqual({ items: [], next_cursor: null });
  });

  it('holds 100, also of several that are made at the same time', async () => {
    await app.database.query(
      `INSERT INTO api_keys (id, user_id, key_hash, prefix, name, scopes, expires_at)
       SELECT gen_random_uuid(), $1::uuid, sha256(($1::text || n)::bytea), 'kt_', 'x', '{chat}', now() - interval '1 s'
       FROM generate_series(1, 98) AS n`,
      [user.user.id],
    );
    const made = await Promise.all(Array.from({ length: 6 }, () => keys().post('/api/keys', { name: 'x' })));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 400, 400, 400, 400]);
    const refused = made.find(({ status }) => status === 400)!;
    expectRefusal(refused, 400, 'validation_failed', []);
    expect(refused.body.message).toContain('100 API keys');
    await keys().delete(`/api/keys/${made.find(({ status }) => status === 201)!.body.id}`);
    expect((await keys().post('/api/keys', { name: 'x' })).status).toBe(201);
  });
});

describe('Ending an API key', () => {
  it('takes it off the list and is done once', async () => {
    const { id } = await makeKey(app.url, user.token);
    expect(await keys().delete(`/api/keys/${id}`)).toMatchObject({ status: 204, body: '' });
    expect((await keys().get('/api/keys')).body.items).toEqual([]);
    expectRefusal(await keys().delete(`/api/keys/${id}`), 404, 'not_found');
  });

  it('is its user’s affair: a foreign key answers as a missing one does', async () => {
    const { id, key } = await makeKey(app.url, user.token);
    const answers = [
      await keys(admin).delete(`/api/keys/${id}`),
      await keys(admin).delete(`/api/keys/${randomUUID()}`),
    ];
    for (const answer of answers) expectRefusal(answer, 404, 'not_found');
    expect(answers[0]!.body.message).toBe(answers[1]!.body.message);
    expect((await me(key)).status).toBe(200);
  });

  it.each(['1', 'x', `${randomUUID()}0`, '%00', "'--"])('needs an id, which %s is none', async (id) => {
    expectRefusal(await keys().delete(`/api/keys/${id}`), 400, 'validation_failed', ['id']);
  });

  describe('with another instance beside', () => {
    let other: TestApp;
    beforeAll(async () => {
      other = await createTestApp({}, { database: app.database });
    });
    afterAll(() => other.stop());

    const watchOn = ({ app: instance }: TestApp, id: string) => {
      const told = jest.fn();
      const revocations = instance.get(Revocations);
      revocations.watch(id, told);
      return { told, isForgotten: () => !revocations.watched().includes(id) };
    };

    it('has it refused there at the next request', async () => {
      const { id, key } = await makeKey(app.url, user.token);
      const there = () => api(other.url, key).get('/api/auth/me');
      for (let count = 0; count < 3; count++) expect((await there()).status).toBe(200);
      await keys().delete(`/api/keys/${id}`);
      expectRefusal(await there(), ...SIGN_IN_REQUIRED);
      expectRefusal(await me(key), ...SIGN_IN_REQUIRED);
    });

    it('tells what is under way with it, here at once and there within seconds', async () => {
      const { id } = await makeKey(app.url, user.token);
      const untouched = await makeKey(app.url, user.token);
      const here = watchOn(app, id);
      const there = watchOn(other, id);
      const beside = watchOn(other, untouched.id);
      await keys().delete(`/api/keys/${id}`);
      expect(here.told).toHaveBeenCalledTimes(1);
      await until(() => there.told.mock.calls.length > 0, 5000);
      expect([here.isForgotten(), there.isForgotten(), beside.isForgotten()]).toEqual([true, true, false]);
      expect(beside.told).not.toHaveBeenCalled();
    });

    it.each<[string, string]>([
      ['runs out', `UPDATE api_keys SET expires_at = now() WHERE id = $1`],
      ['goes with its user', `DELETE FROM users WHERE id = (SELECT user_id FROM api_keys WHERE id = $1)`],
    ])('is told of, too, where it %s', async (_, statement) => {
      const { id } = await makeKey(app.url, user.token);
      const { told } = watchOn(app, id);
      await app.database.query(statement, [id]);
      await until(() => told.mock.calls.length > 0, 5000);
    });
  });
});

describe('An admin', () => {
  const keysOf = (id: string, query = '') => keys(admin).get(`/api/admin/users/${id}/keys${query}`);
  const end = (id: string) => keys(admin).delete(`/api/admin/keys/${id}`);

  it('sees a user’s keys as the user does, in pages', async () => {
    for (const name of ['a', 'b']) await makeKey(app.url, user.token, { name });
    const { body } = await keysOf(user.user.id);
    expect(body).toEqual((await keys().get('/api/keys')).body);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['b', 'a']);
    const first = await keysOf(user.user.id, '?limit=1');
    const second = await keysOf(user.user.id, `?limit=1&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items]).toEqual(body.items);
    expect(second.body.next_cursor).toBeNull();
  });

  it('ends a key at once, and what is under way with it', async () => {
    const other = await createTestApp({}, { database: app.database });
    try {
      const { id, key } = await makeKey(app.url, user.token);
      const told = jest.fn();
      app.app.get(Revocations).watch(id, told);
      expect((await api(other.url, key).get('/api/auth/me')).status).toBe(200);
      expect(await end(id)).toMatchObject({ status: 204, body: '' });
      expect(told).toHaveBeenCalledTimes(1);
      for (const { url } of [app, other]) {
        expectRefusal(await api(url, key).get('/api/auth/me'), ...SIGN_IN_REQUIRED);
      }
      expect((await keysOf(user.user.id)).body.items).toEqual([]);
      expectRefusal(await end(id), 404, 'not_found');
    } finally {
      await other.stop();
    }
  });

  it('is told where there is no such user or key', async () => {
    expectRefusal(await keysOf(randomUUID()), 404, 'not_found');
    expectRefusal(await end(randomUUID()), 404, 'not_found');
    expectRefusal(await keysOf('1'), 400, 'validation_failed', ['id']);
    expectRefusal(await end('kt_x'), 400, 'validation_failed', ['id']);
    expectRefusal(await keysOf(user.user.id, '?limit=0'), 400, 'validation_failed', ['limit']);
  });

  it('is no one else, and no key of his', async () => {
    const { id, key } = await makeKey(app.url, user.token);
    const { key: adminKey } = await makeKey(app.url, admin.token);
    for (const token of [user.token, key, adminKey]) {
      expectRefusal(await api(app.url, token).get(`/api/admin/users/${user.user.id}/keys`), 403, 'forbidden');
      expectRefusal(await api(app.url, token).delete(`/api/admin/keys/${id}`), 403, 'forbidden');
    }
    expect((await me(key)).status).toBe(200);
  });
});

describe('A request for an API key', () => {
  const name = 'x';
  const LONE = '\ud83d';
  it.each<[string, unknown, string, (string | number)[]?]>([
    ['no name', {}, 'validation_failed', ['name']],
    ['null for name', { name: null }, 'validation_failed', ['name']],
    ['a number for name', { name: 1 }, 'validation_failed', ['name']],
    ['a list for name', { name: ['x'] }, 'validation_failed', ['name']],
    ['an empty name', { name: '' }, 'validation_failed', ['name']],
    ['a blank name', { name: ' \t\n' }, 'validation_failed', ['name']],
    ['101 characters', { name: 'x'.repeat(101) }, 'validation_failed', ['name']],
    ['51 emoji, which are 102', { name: '😀'.repeat(51) }, 'validation_failed', ['name']],
    ['a NUL in the name', { name: 'a\0b' }, 'text_not_storable'],
    ['half an emoji in the name', { name: LONE }, 'text_not_storable'],
    ['yesterday', { name, expires_at: inSeconds(-86_400) }, 'validation_failed', ['expires_at']],
    ['a second ago', { name, expires_at: inSeconds(-1) }, 'validation_failed', ['expires_at']],
    ['1970', { name, expires_at: '1970-01-01T00:00:00Z' }, 'validation_failed', ['expires_at']],
    ['a date', { name, expires_at: '2099-12-31' }, 'validation_failed', ['expires_at']],
    ['no offset', { name, expires_at: '2099-12-31T23:59:59' }, 'validation_failed', ['expires_at']],
    [
      'the 31st of February',
      { name, expires_at: '2099-02-31T00:00:00Z' },
      'validation_failed',
      ['expires_at'],
    ],
    ['the 25th hour', { name, expires_at: '2099-12-31T25:00:00Z' }, 'validation_failed', ['expires_at']],
    ['a leap second', { name, expires_at: '2099-12-31T23:59:60Z' }, 'validation_failed', ['expires_at']],
    ['the year 10000', { name, expires_at: '+010000-01-01T00:00:00Z' }, 'validation_failed', ['expires_at']],
    [
      'an offset of 99 hours',
      { name, expires_at: '2099-12-31T00:00:00+99:00' },
      'validation_failed',
      ['expires_at'],
    ],
    ['milliseconds since 1970', { name, expires_at: 4_102_444_800_000 }, 'validation_failed', ['expires_at']],
    ['words', { name, expires_at: 'tomorrow' }, 'validation_failed', ['expires_at']],
    ['a limit of 0', { name, daily_token_limit: 0 }, 'validation_failed', ['daily_token_limit']],
    ['a negative limit', { name, daily_token_limit: -1 }, 'validation_failed', ['daily_token_limit']],
    ['half a token', { name, daily_token_limit: 0.5 }, 'validation_failed', ['daily_token_limit']],
    [
      '1e15 and 1',
      { name, daily_token_limit: 1_000_000_000_000_001 },
      'validation_failed',
      ['daily_token_limit'],
    ],
    [
      '2⁶³',
      '{"name":"x","daily_token_limit":9223372036854775808}',
      'validation_failed',
      ['daily_token_limit'],
    ],
    ['1e400', '{"name":"x","daily_token_limit":1e400}', 'validation_failed', ['daily_token_limit']],
    ['-1e400', '{"name":"x","daily_token_limit":-1e400}', 'validation_failed', ['daily_token_limit']],
    ['NaN', '{"name":"x","daily_token_limit":NaN}', 'invalid_json'],
    ['a number as text', { name, daily_token_limit: '1000' }, 'validation_failed', ['daily_token_limit']],
    ['true for a limit', { name, daily_token_limit: true }, 'validation_failed', ['daily_token_limit']],
    ['no scope', { name, scopes: [] }, 'validation_failed', ['scopes']],
    ['null for scopes', { name, scopes: null }, 'validation_failed', ['scopes']],
    ['a scope as text', { name, scopes: 'chat' }, 'validation_failed', ['scopes']],
    ['an unknown scope', { name, scopes: ['chat', 'admin'] }, 'validation_failed', ['scopes']],
    ['a scope in capitals', { name, scopes: ['CHAT'] }, 'validation_failed', ['scopes']],
    ['what every object has', { name, scopes: ['toString'] }, 'validation_failed', ['scopes']],
    ['a scope twice', { name, scopes: ['chat', 'chat'] }, 'validation_failed', ['scopes']],
    ['a list in scopes', { name, scopes: [['chat']] }, 'validation_failed', ['scopes']],
    ['an object for scopes', { name, scopes: { 0: 'chat', length: 1 } }, 'validation_failed', ['scopes']],
    ['a key of one’s own choice', { name, key: 'kt_x' }, 'validation_failed', ['key']],
    ['another user', { name, user_id: randomUUID() }, 'validation_failed', ['user_id']],
    ['a list', [{ name }], 'validation_failed', []],
    ['nothing', undefined, 'validation_failed', ['name']],
  ])('is refused with %s', async (...[, body, code, path]) => {
    const answer = await ask(app.url, post('/api/keys', body), user.token);
    expectRefusal(answer, 400, code, path);
    expect((await keys().get('/api/keys')).body.items).toEqual([]);
  });

  it.each<[string, object]>([
    ['100 characters', { name: 'x'.repeat(100) }],
    ['50 emoji', { name: '😀'.repeat(50) }],
    ['an instant elsewhere', { name, expires_at: '2099-12-31T23:59:59.123456+05:30' }],
    ['a limit of 1', { name, daily_token_limit: 1 }],
    ['a limit of 1e15', { name, daily_token_limit: 1e15 }],
    ['every scope', { name, scopes: SCOPES }],
  ])('is good with %s', async (_, body) => {
    expect((await keys().post('/api/keys', body)).status).toBe(201);
  });

  it.each([
    ['ahead', 7200],
    ['behind', -7200],
  ])('has an end that Postgres judges, where the app’s clock is hours %s', async (_, ahead) => {
    pretendTime(inSeconds(ahead));
    const { token } = await signUp(app.url);
    const user = api(app.url, token);
    const good = await user.post('/api/keys', { name, expires_at: inSeconds(3600) });
    const over = await user.post('/api/keys', { name, expires_at: inSeconds(-3600) });
    const asked = await api(app.url, good.body.key as string).get('/api/tasks');
    endPretending();
    expect([good.status, asked.status]).toEqual([201, 200]);
    expectRefusal(over, 400, 'validation_failed', ['expires_at']);
    expect(over.body.message).toBe('expires_at must be in the future');
  });

  it('needs a caller', async () => {
    expectRefusal(await api(app.url).post('/api/keys', { name }), ...SIGN_IN_REQUIRED);
    expectRefusal(await api(app.url).get('/api/keys'), ...SIGN_IN_REQUIRED);
    expectRefusal(await api(app.url).delete(`/api/keys/${randomUUID()}`), ...SIGN_IN_REQUIRED);
  });
});
