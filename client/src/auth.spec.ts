import { createClient } from './client.js';
import { json, refusal, ScriptedServer } from './testing/scripted-server.js';

const server = new ScriptedServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const session = (name: string) => json(200, { token: `token-${name}`, refresh_token: `refresh-${name}` });
const nothing = json(200, {});
const tokensSent = (): unknown[] => server.requests.map(({ headers }) => headers.authorization);
const account = { email: 'ada@example.com', password: 'a long enough passphrase' };

describe('auth', () => {
  it('speaks for who signed in last, until they sign out', async () => {
    server.will(session('ada'), nothing, session('bob'), nothing, nothing, nothing);
    const { auth } = createClient({ baseUrl: server.url });

    await auth.signUp(account);
    await auth.me();
    await auth.signIn(account);
    await auth.me();
    await auth.signOut();
    await auth.me();

    expect(tokensSent()).toEqual([
      undefined,
      'Bearer token-ada',
      undefined,
      'Bearer token-bob',
      'Bearer token-bob',
      undefined,
    ]);
    expect(server.requests[4]).toMatchObject({
      line: 'POST /api/auth/signout',
      body: { refresh_token: 'refresh-bob' },
    });
  });

  it('goes on with what a refresh gave', async () => {
    server.will(session('one'), session('two'), nothing, session('three'));
    const { auth } = createClient({ baseUrl: server.url });

    await auth.signIn(account);
    await auth.refresh();
    await auth.me();
    await auth.refresh();

    expect(server.requests[1]!.body).toEqual({ refresh_token: 'refresh-one' });
    expect(tokensSent()[2]).toBe('Bearer token-two');
    expect(server.requests[3]!.body).toEqual({ refresh_token: 'refresh-two' });
  });

  it('refreshes by a token of the caller’s, else leaves it to the cookie', async () => {
    server.will(session('one'));
    await createClient({ baseUrl: server.url }).auth.refresh('refresh-kept-elsewhere');
    await createClient({ baseUrl: server.url }).auth.refresh();

    expect(server.requests.map(({ body }) => body)).toEqual([
      { refresh_token: 'refresh-kept-elsewhere' },
      {},
    ]);
  });

  it('keeps to the token that it was given', async () => {
    server.will(session('ada'), nothing);
    const { auth } = createClient({ baseUrl: server.url, token: 'kt_key' });

    await auth.signIn(account);
    await auth.me();

    expect(tokensSent()).toEqual([undefined, 'Bearer kt_key']);
  });

  it('stays signed in where signing out failed', async () => {
    server.will(session('ada'), refusal(503, 'database_unavailable'), nothing);
    const { auth } = createClient({ baseUrl: server.url });

    await auth.signIn(account);
    await expect(auth.signOut()).rejects.toMatchObject({ code: 'database_unavailable' });
    await auth.me();

    expect(tokensSent()[2]).toBe('Bearer token-ada');
  });
});
