import { api, type Api, signUp } from './clients';
import { createTestApp, type TestApp } from './app';
import { ask, type Ask, expectRefusal } from './requests';

/** What the user who sends the rows owns. */
export interface Owned {
  task: string;
  conversation: string;
  conversationId: number;
  turn: string;
  email: string;
  refreshToken: string;
}

export type Refusal = [status: number, code: string, path?: (string | number)[]];

/** Without a code the request is valid: it tests the other side of a limit. */
export type Row = [what: string, request: Ask | ((owned: Owned) => Ask), status: number, ...Partial<Rest>];
type Rest = [code: string, path: (string | number)[]];

/** @param path where `details` points; empty if it points to the whole request */
export const invalid = (...path: (string | number)[]): Refusal => [400, 'validation_failed', path];
export const NO_JSON: Refusal = [400, 'invalid_json'];
export const NOT_STORABLE: Refusal = [400, 'text_not_storable'];
export const WRONG_TYPE: Refusal = [415, 'unsupported_media_type'];
export const TOO_LARGE: Refusal = [413, 'body_too_large'];
export const NOT_FOUND: Refusal = [404, 'not_found'];
export const SIGN_IN_REQUIRED: Refusal = [401, 'unauthorized'];

export interface Setting {
  app: TestApp;
  token: string;
  user: Api;
  owned: Owned;
  /** The length of the log that `expectUnharmed` has already checked. */
  logRead: number;
}

/** An app without rate limits, and a user with one object of each kind. */
export async function prepare(): Promise<Setting> {
  const app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
  // The first user becomes the admin, to whom other rules apply.
  await signUp(app.url);
  const { token, refresh_token: refreshToken, user: account } = await signUp(app.url);
  const user = api(app.url, token);
  const turn = (await user.post('/api/chat', { message: 'hello' })).body;
  const task = (await user.post('/api/tasks', { title: 'x' })).body;
  const owned = {
    task: `/api/tasks/${task.id}`,
    conversation: `/api/conversations/${turn.conversation_id}`,
    conversationId: turn.conversation_id,
    turn: `/api/turns/${turn.turn_id}`,
    email: account.email,
    refreshToken,
  };
  return { app, token, user, owned, logRead: 0 };
}

/** Checks that the server is healthy and has logged no failure since the last check. */
export async function expectUnharmed(setting: Setting): Promise<void> {
  const { app, logRead } = setting;
  expect((await api(app.url).get('/health')).body.status).toBe('healthy');
  setting.logRead = app.log().length;
  expect(app.log().slice(logRead)).not.toContain('request_failed');
}

/** Sends every row to one app as one user, and checks the server's health after each. */
export function describeRows(title: string, tables: Record<string, Row[]>): void {
  describe(title, () => {
    let setting: Setting;
    beforeAll(async () => {
      setting = await prepare();
    });
    afterEach(() => expectUnharmed(setting));
    afterAll(() => setting.app.stop());

    describe.each(Object.entries(tables))('%s', (_, rows) => {
      it.each(rows)('%s', async (...[, request, status, code, path]) => {
        const { app, token, owned } = setting;
        const answer = await ask(app.url, typeof request === 'function' ? request(owned) : request, token);
        if (code === undefined) expect(answer).toMatchObject({ status });
        else expectRefusal(answer, status, code, path);
      });
    });
  });
}
