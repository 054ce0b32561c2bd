import { signUp } from './support/clients';
import { ask, get, post } from './support/requests';
import { chat, chatCompletion, jsonAnswer } from './support/scripted-upstream';
import { MESSAGES, StatelessSetting } from './support/stateless';
import { noonOf, pretendTime } from './support/time';

/** Uses the real models, on days set by the tests. */
jest.unmock('../src/models/catalogue.data');

const SLASHED = 'meta-llama/Llama-3.3-70B-Instruct';
const DEEP = 'org/team/model:free';

describe('The names of models', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({
      ALLOWED_MODELS: `gpt-4o-mini,gpt-5,gpt-5-mini,${SLASHED},${DEEP}`,
    });
    pretendTime(noonOf('2026-11-21'));
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const find = (path: string) => ask(setting.url, get(`/v1/models/${path}`), setting.token);
  const complete = (model: string, path = chat.path, token = setting.token) => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion({ model })));
    return ask(setting.url, post(path, { model, messages: MESSAGES }), token);
  };
  const sentModel = (): unknown =>
    (JSON.parse(setting.upstream.requests[0]!.body.toString()) as { model: unknown }).model;

  describe('with slashes', () => {
    it.each([
      ['as it is', SLASHED, SLASHED],
      ['encoded', encodeURIComponent(SLASHED), SLASHED],
      ['of three parts, as it is', DEEP, DEEP],
      ['of three parts, half of it encoded', 'org/team%2Fmodel%3Afree', DEEP],
      ['without any', 'gpt-4o-mini', 'gpt-4o-mini'],
    ])('finds a listed id %s', async (_, path, id) => {
      const answer = await find(path);
      expect([answer.status, answer.body.id]).toEqual([200, id]);
    });

    it.each([
      ['half of one', 'meta-llama'],
      ['one with more behind it', `${SLASHED}/x`],
      ['one with a slash at its end', `${SLASHED}/`],
      ['one with two slashes', 'meta-llama//Llama-3.3-70B-Instruct'],
      ['a path upwards', '..%2fmodels'],
      ['a list of letters', '%2f%2f%2f'],
    ])('does not find %s', async (_, path) => {
      const { status, body } = await find(path);
      expect([status, (body as { error: { code: string } }).error.code]).toEqual([404, 'model_not_found']);
    });

    it.each(['%', 'a/%zz', '%c3%28', 'a%2'])('refuses the undecodable %s', async (path) => {
      const { status, body } = await find(path);
      expect([400, 404]).toContain(status);
      expect((body as { error: { type: string } }).error.type).toBe('invalid_request_error');
    });

    it('calls the model by its whole id', async () => {
      expect((await complete(SLASHED)).status).toBe(200);
      expect(sentModel()).toBe(SLASHED);
    });
  });

  describe('with a date', () => {
    it.each([
      ['/v1/chat/completions', 'gpt-4o-mini-2024-07-18'],
      ['/v1/chat/completions', 'gpt-5-2025-08-07'],
      ['/api/chat', 'gpt-4o-mini-2024-07-18'],
    ])(
      'are allowed over %s with their family, go out as written and cost the same: %s',
      async (path, model) => {
        const answer = await complete(model, path);
        expect(answer.status).toBe(200);
        expect(sentModel()).toBe(model);
        const [call] = await setting.booked();
        expect(call!.model).toBe(model.replace(/-\d{4}-\d{2}-\d{2}$/, ''));
        expect(call!.cost).toBeGreaterThan(0);
      },
    );

    it('are described under the name that was asked for', async () => {
      expect((await find('gpt-4o-mini-2024-07-18')).body.id).toBe('gpt-4o-mini-2024-07-18');
    });

    it('end with their family', async () => {
      pretendTime(noonOf('2026-12-12'));
      try {
        const { token } = await signUp(setting.url);
        const answer = await complete('gpt-5-mini-2025-08-07', chat.path, token);
        expect(answer.headers.get('x-model-replaced')).toBe('gpt-5-mini-2025-08-07=gpt-5.6-terra');
        expect(sentModel()).toBe('gpt-5.6-terra');
      } finally {
        pretendTime(noonOf('2026-11-21'));
      }
    });

    it.each([
      ['another suffix', 'gpt-4o-mini-latest'],
      ['half a date', 'gpt-4o-mini-2024-07'],
      ['a date of a model off the list', 'gpt-4o-2024-08-06'],
      ['a date and something more', 'gpt-4o-mini-2024-07-18-x'],
      ['two dates', 'gpt-4o-mini-2024-07-18-2024-07-18'],
    ])('are not allowed with %s', async (_, model) => {
      expect((await complete(model)).status).toBe(404);
      expect(setting.upstream.requests).toHaveLength(0);
    });
  });

  describe('off the list', () => {
    const ODD = `a“b\n\u202e${'x'.repeat(300)}`;

    it.each([
      ['/v1/chat/completions', 404, 'model_not_found'],
      ['/v1/responses', 404, 'model_not_found'],
      ['/v1/embeddings', 404, 'model_not_found'],
      ['/api/chat', 400, 'model_not_allowed'],
      ['/api/chat/stream', 400, 'model_not_allowed'],
      ['/api/chat-gemini', 400, 'model_not_allowed'],
    ])('are named in the refusal of %s', async (path, status, code) => {
      const refuse = async (model: string) => {
        const body = {
          model,
          ...(path.endsWith('s') && !path.includes('completions') ? { input: 'x' } : { messages: MESSAGES }),
        };
        const answer = await ask(setting.url, post(path, body), setting.token);
        const told = answer.body as { error: unknown; message: string; code: string };
        const error = (typeof told.error === 'object' ? told.error : told) as {
          message: string;
          code: string;
        };
        expect([answer.status, error.code]).toEqual([status, code]);
        return error.message;
      };
      expect(await refuse('gpt-99')).toMatch(/gpt-99.*GET \/v1\/models/);
      // The other doors limit the name's length earlier.
      if (!path.startsWith('/v1')) return;
      const odd = await refuse(ODD);
      expect(odd).toContain(`a“b${'x'.repeat(90)}`);
      expect(odd).not.toMatch(/[\n\u202e]/);
      expect(odd.length).toBeLessThan(250);
    });

    it('are named where a model is looked for', async () => {
      const { body } = await find('no/such-model');
      expect((body as { error: { message: string } }).error.message).toContain('no/such-model');
    });
  });
});
