import { ask, post } from './support/requests';
import { chat, chatCompletion, jsonAnswer } from './support/scripted-upstream';
import { MESSAGES, StatelessSetting } from './support/stateless';
import { noonOf, pretendTime } from './support/time';

/** Uses the real models, on days set by the tests. */
jest.unmock('../src/models/catalogue.data');

const BODIES: Record<string, object> = {
  '/chat/completions': { model: 'gpt-4o-mini', messages: MESSAGES },
  '/completions': { model: 'gpt-3.5-turbo-instruct', prompt: 'x' },
  '/responses': { model: 'gpt-4o-mini', input: 'x' },
  '/responses/compact': { model: 'gpt-4o-mini', input: 'x' },
  '/embeddings': { model: 'text-embedding-3-small', input: 'x' },
  '/moderations': { input: 'x' },
  '/images/generations': { prompt: 'x' },
  '/audio/speech': { model: 'tts-1', input: 'x', voice: 'alloy' },
};

type Told = { error: { message: string; code: string; param: string } };

describe('The fields of requests under /v1', () => {
  let setting: StatelessSetting;
  beforeAll(async () => {
    setting = await StatelessSetting.start({ ALLOWED_FIELDS: 'top_k,chat_template_kwargs' });
    pretendTime(noonOf('2026-11-21'));
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const send = async (route: string, over: object) => {
    setting.upstream.play(`/v1${route}`, jsonAnswer(chatCompletion()));
    const { status, body } = await ask(
      setting.url,
      post(`/v1${route}`, { ...BODIES[route], ...over }),
      setting.token,
    );
    return { status, error: (body as unknown as Told).error };
  };

  it.each(Object.keys(BODIES))(
    'are refused over %s by name in another case, wherever the request goes',
    async (route) => {
      const { status, error } = await send(route, { Model: 'gpt-4o' });
      expect([status, error.code, error.param]).toEqual([400, 'validation_failed', 'Model']);
      expect(error.message).toContain('must be written model');
      expect(setting.upstream.requests).toHaveLength(0);
    },
  );

  it.each(Object.keys(BODIES))(
    'are refused over %s where the API does not have them and the server is not OpenAI’s',
    async (route) => {
      const { status, error } = await send(route, { repetition_penalty: 1 });
      expect([status, error.code, error.param]).toEqual([400, 'validation_failed', 'repetition_penalty']);
      expect(error.message).toContain('ALLOWED_FIELDS');
      expect(setting.upstream.requests).toHaveLength(0);
    },
  );

  it('pass where the operator allows them', async () => {
    expect((await send('/chat/completions', { top_k: 1, chat_template_kwargs: {} })).status).toBe(200);
    expect(JSON.parse(setting.upstream.requests[0]!.body.toString())).toMatchObject({ top_k: 1 });
  });

  it('are the provider’s business inside others', async () => {
    expect((await send('/chat/completions', { metadata: { Model: 'x', own: 1 } })).status).toBe(200);
  });
});

describe('The fields of requests to OpenAI itself', () => {
  /** As if `OPENAI_BASE_URL` were unset, except that requests go to the test’s provider. */
  const atOpenAi = async (environment: Record<string, string>) => {
    const setting = await StatelessSetting.start({ SIMULATOR: 'on', ...environment });
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion()));
    return setting;
  };
  const asking = post(chat.path, { ...BODIES['/chat/completions'], brand_new: 1 });

  it('pass though this server does not know them', async () => {
    const setting = await atOpenAi({});
    try {
      expect((await ask(setting.url, asking, setting.token)).status).toBe(200);
      expect(setting.upstream.requests[0]!.body.toString()).toContain('brand_new');
    } finally {
      await setting.stop();
    }
  });

  it('are refused by name to who is held against a limit', async () => {
    const setting = await atOpenAi({ DAILY_TOKEN_LIMIT: '100000' });
    try {
      const { status, body } = await ask(setting.url, asking, setting.token);
      expect([status, (body as unknown as Told).error.param]).toEqual([400, 'brand_new']);
      expect(setting.upstream.requests).toHaveLength(0);
      expect(await setting.booked()).toMatchObject([{ outcome: 'failed', cost: 0 }]);
    } finally {
      await setting.stop();
    }
  });
});
