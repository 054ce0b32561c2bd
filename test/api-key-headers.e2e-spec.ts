import OpenAI, { AuthenticationError, AzureOpenAI } from 'openai';
import { makeKey } from './support/api-keys';
import { ask, get, post } from './support/requests';
import { chat, chatCompletion, jsonAnswer, responses } from './support/scripted-upstream';
import { StatelessSetting } from './support/stateless';

describe('A token in api-key or x-api-key', () => {
  let setting: StatelessSetting;
  let key: string;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
    ({ key } = await makeKey(setting.url, setting.token, { scopes: ['v1'] }));
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it.each<[string, () => Record<string, string>, number]>([
    ['an API key in api-key', () => ({ 'api-key': key }), 200],
    ['an API key in x-api-key', () => ({ 'x-api-key': key }), 200],
    ['an access token in api-key', () => ({ 'api-key': setting.token }), 200],
    ['a bad token in api-key', () => ({ 'api-key': 'nonsense' }), 401],
    ['an empty api-key', () => ({ 'api-key': '' }), 401],
    ['an empty api-key beside a good x-api-key', () => ({ 'api-key': '', 'x-api-key': key }), 200],
    ['a good Authorization beside a bad api-key', () => ({ ...bearer(key), 'api-key': 'nonsense' }), 200],
    ['a bad Authorization beside a good api-key', () => ({ ...bearer('nonsense'), 'api-key': key }), 401],
    [
      'a good api-key beside a bad cookie',
      () => ({ 'api-key': key, cookie: 'keyturn_session=nonsense' }),
      200,
    ],
  ])('under /v1 with %s', async (_, headers, status) => {
    const given = Object.fromEntries(Object.entries(headers()));
    const response = await fetch(`${setting.url}/v1/models`, { headers: given });
    expect(response.status).toBe(status);
  });

  it.each(['/api/auth/me', '/api/tasks', '/api/usage', '/v1x', '/api/v1/models'])(
    'counts for nothing at %s',
    async (path) => {
      for (const name of ['api-key', 'x-api-key']) {
        const { status } = await ask(setting.url, get(path, { [name]: setting.token }));
        expect([401, 404]).toContain(status);
      }
    },
  );

  it('may be sent by pages of CORS_ORIGINS, which may read the rate headers', async () => {
    const origin = 'http://localhost:5173';
    const preflight = await fetch(`${setting.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'api-key,x-api-key,content-type',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toBe('api-key,x-api-key,content-type');
    const { headers } = await ask(setting.url, get('/v1/models', { origin, 'api-key': key }));
    expect(headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining-requests');
  });

  it('stands in no log', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] };
    for (const token of [key, 'kt_planted-that-is-no-key']) {
      await ask(setting.url, post(chat.path, body, { 'api-key': token }));
      expect(setting.app.log()).not.toContain(token);
    }
    expect(setting.upstream.requests[0]!.headers).not.toHaveProperty('api-key');
  });

  describe('as Azure’s client sends it', () => {
    const azure = (apiKey: string) =>
      new AzureOpenAI({ baseURL: `${setting.url}/v1`, apiKey, apiVersion: '2026-01-01', maxRetries: 0 });

    it('lists models and makes a response', async () => {
      const models = await azure(key).models.list();
      expect(models.data.map(({ id }) => id)).toContain('gpt-4o-mini');
      setting.upstream.play(responses.path, jsonAnswer(responses.whole('Hello.')));
      const response = await azure(key).responses.create({ model: 'gpt-4o-mini', input: 'hi' });
      expect(response.output_text).toBe('Hello.');
    });

    it('hears of a bad token', async () => {
      await expect(azure('nonsense').models.list()).rejects.toThrow(AuthenticationError);
    });

    it('has OpenAI’s client beside it for chat', async () => {
      setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
      const client = new OpenAI({ baseURL: `${setting.url}/v1`, apiKey: key, maxRetries: 0 });
      const { choices } = await client.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'hi' }],
      });
      expect(choices).toHaveLength(1);
    });
  });
});
