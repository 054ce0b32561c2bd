import { createTestApp, type TestApp } from './support/app';
import { ENDING_DAY } from './support/catalogue.data';
import { api, type Session, signUp } from './support/clients';
import { SIGN_IN_REQUIRED } from './support/bad-input';
import { ask, expectRefusal, post } from './support/requests';
import { chat, chatCompletion, jsonAnswer } from './support/scripted-upstream';
import { MESSAGES, StatelessSetting } from './support/stateless';
import { endPretending, noonOf, pretendLater, pretendTime } from './support/time';

const MINUTE_MS = 60_000;
const DAYS = ['2020-02-29', '2026-11-21', '2028-02-29', '2099-12-31'];

afterEach(endPretending);

/** One clock sets the date for the whole app, and sessions work on any day. */
describe('On another day of the app', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0', ACCESS_TOKEN_TTL: '15m' });
  });
  afterAll(() => app.stop());

  const me = (token: string) => api(app.url, token).get('/api/auth/me');
  const refresh = async ({ refresh_token }: Session) =>
    api(app.url).post('/api/auth/refresh', { refresh_token });
  const timesOf = (token: string): { iat: number; exp: number } =>
    JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

  it.each(DAYS)('a user signs up, calls, refreshes and signs out on %s', async (day) => {
    pretendTime(noonOf(day));
    const session = await signUp(app.url);
    expect((await me(session.token)).status).toBe(200);
    const refreshed = await refresh(session);
    expect(refreshed.status).toBe(200);
    const token = refreshed.body.token as string;
    expect((await me(token)).status).toBe(200);
    expect((await api(app.url, token).post('/api/auth/signout')).status).toBe(204);
    expectRefusal(await me(token), ...SIGN_IN_REQUIRED);
  });

  it.each(DAYS)('a token is of that day on %s', async (day) => {
    pretendTime(noonOf(day));
    const { iat, exp } = timesOf((await signUp(app.url)).token);
    const noon = Date.parse(noonOf(day)) / 1000;
    expect(iat - noon).toBeLessThan(60);
    expect(iat).toBeGreaterThanOrEqual(noon);
    expect([900, 901]).toContain(exp - iat);
  });

  it('a token ends by the app’s clock, and its session, which Postgres judges, goes on', async () => {
    const session = await signUp(app.url);
    pretendLater(14 * MINUTE_MS);
    expect((await me(session.token)).status).toBe(200);
    pretendLater(16 * MINUTE_MS);
    expectRefusal(await me(session.token), ...SIGN_IN_REQUIRED);
    const refreshed = await refresh(session);
    expect((await me(refreshed.body.token as string)).status).toBe(200);
  });

  it('a token of tomorrow is good, for only its end counts', async () => {
    pretendTime('2030-01-02T12:00:00Z');
    const { token } = await signUp(app.url);
    pretendTime('2030-01-01T12:00:00Z');
    expect((await me(token)).status).toBe(200);
  });
});

describe('A default model', () => {
  let setting: StatelessSetting;
  beforeAll(async () => {
    setting = await StatelessSetting.start({ OPENAI_MODEL: 'gpt-ending' });
  });
  afterAll(() => setting.stop());

  it.each([
    ['before its end', '2099-12-10', 'gpt-ending', null],
    ['from its end on', ENDING_DAY, 'gpt-5.6-sol', 'gpt-ending=gpt-5.6-sol'],
  ])('is asked %s as what it is then', async (_, day, model, replaced) => {
    pretendTime(noonOf(day));
    setting.upstream.reset();
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const { token } = await signUp(setting.url);
    const answer = await ask(setting.url, post('/api/chat', { messages: MESSAGES }), token);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-model-replaced')).toBe(replaced);
    expect(JSON.parse(setting.upstream.requests[0]!.body.toString()).model).toBe(model);
  });
});
