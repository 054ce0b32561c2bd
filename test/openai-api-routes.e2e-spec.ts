import { ask, post } from './support/requests';
import { jsonAnswer, type Script } from './support/scripted-upstream';
import { askRaw, StatelessSetting } from './support/stateless';
import { noonOf, pretendTime } from './support/time';

/** Uses the real models, on days set by the tests. */
jest.unmock('../src/models/catalogue.data');

const COMPLETION = {
  id: 'cmpl-1',
  object: 'text_completion',
  model: 'gpt-3.5-turbo-instruct',
  choices: [{ index: 0, text: 'three', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
};
const COMPACTED = {
  id: 'resp_1',
  object: 'response.compaction',
  output: [],
  usage: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
};
const COUNTED = { object: 'response.input_tokens', input_tokens: 11 };
const MODERATED = { id: 'modr-1', model: 'omni-moderation-latest', results: [{ flagged: false }] };
const PICTURE = {
  created: 1,
  data: [{ b64_json: 'AAAA' }],
  usage: { input_tokens: 10, output_tokens: 4000, total_tokens: 4010 },
};

interface RouteCase {
  route: string;
  body: Record<string, unknown>;
  answer: object;
  /** The ledger's row. */
  booked: { model: string; input: number; output: number; cost: number | null; is_estimated: boolean };
}

/** Each JSON route: the client's request, the provider's answer and the resulting ledger row. */
const ROUTES: RouteCase[] = [
  {
    route: '/completions',
    body: { model: 'gpt-3.5-turbo-instruct', prompt: 'One, two,' },
    answer: COMPLETION,
    booked: { model: 'gpt-3.5-turbo-instruct', input: 1000, output: 500, cost: 2500, is_estimated: false },
  },
  {
    route: '/responses/compact',
    body: { model: 'gpt-5.4', input: 'hi' },
    answer: COMPACTED,
    booked: { model: 'gpt-5.4', input: 1000, output: 100, cost: 4000, is_estimated: false },
  },
  {
    route: '/responses/input_tokens',
    body: { model: 'gpt-5.4', input: 'hi' },
    answer: COUNTED,
    booked: { model: 'none', input: 0, output: 0, cost: 0, is_estimated: false },
  },
  {
    route: '/moderations',
    body: { model: 'omni-moderation-latest', input: 'hi' },
    answer: MODERATED,
    booked: { model: 'omni-moderation-latest', input: 0, output: 0, cost: 0, is_estimated: false },
  },
  {
    route: '/images/generations',
    body: { model: 'gpt-image-2', prompt: 'a cat' },
    answer: PICTURE,
    booked: { model: 'gpt-image-2', input: 10, output: 4000, cost: null, is_estimated: false },
  },
  {
    route: '/images/edits',
    body: { model: 'gpt-image-2', prompt: 'a cat', images: [{ image_url: 'data:image/png;base64,AA' }] },
    answer: PICTURE,
    booked: { model: 'gpt-image-2', input: 10, output: 4000, cost: null, is_estimated: false },
  },
];

const sse = (...events: object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const streamOf = (bytes: string): Script => [
  { status: 200, headers: { 'content-type': 'text/event-stream' } },
  { bytes },
  { end: true },
];

describe('The JSON routes of /v1', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
    pretendTime(noonOf('2026-11-21'));
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const send = (route: string, body: unknown, script: Script = jsonAnswer({})) => {
    setting.upstream.play(`/v1${route}`, script);
    return askRaw(setting.url, post(`/v1${route}`, body), setting.token);
  };
  const sent = (): string => setting.upstream.requests[0]!.body.toString();

  describe.each(ROUTES)('$route', ({ route, body, answer, booked }) => {
    it('passes the body and the answer on as they are, in one row of the ledger', async () => {
      const text = JSON.stringify(body, null, 1);
      const reply = await send(route, text, jsonAnswer(answer));
      expect([reply.status, JSON.parse(reply.bytes.toString())]).toEqual([200, answer]);
      expect(setting.upstream.requests.map(({ path }) => path)).toEqual([`/v1${route}`]);
      expect(sent()).toBe(text);
      const rows = await setting.booked();
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ door: 'v1', outcome: 'completed', ...booked });
    });

    it('refuses a model off the list, and a caller without a token', async () => {
      const { status } = await send(route, { ...body, model: 'gpt-99' });
      expect(status).toBe(404);
      expect((await ask(setting.url, post(`/v1${route}`, body))).status).toBe(401);
      expect(setting.upstream.requests).toHaveLength(0);
    });

    it('passes a provider’s refusal on', async () => {
      const error = { message: 'No such thing.', type: 'invalid_request_error', param: 'x', code: 'odd' };
      const reply = await send(route, body, jsonAnswer({ error }, 400));
      expect([reply.status, JSON.parse(reply.bytes.toString())]).toEqual([400, { error }]);
    });

    it('refuses what names another user’s file', async () => {
      const reply = await send(route, { ...body, x: [{ file_id: 'file-of-somebody' }] });
      // Routes that another server may answer refuse the field's name earlier.
      expect([400, 404]).toContain(reply.status);
      expect(setting.upstream.requests).toHaveLength(0);
    });
  });

  it.each([
    [
      '/responses/compact',
      { input: [{ type: 'message', role: 'user', content: [{ type: 'input_file', file_id: 'file-x' }] }] },
    ],
    ['/responses/compact', { previous_response_id: 'resp_x' }],
    ['/responses/input_tokens', { previous_response_id: 'resp_x' }],
    ['/responses/input_tokens', { conversation: 'conv_x' }],
    ['/images/edits', { prompt: 'x', images: [{ file_id: 'file-x' }] }],
    ['/images/edits', { prompt: 'x', mask: { file_id: 'file-x' } }],
  ])('hides over %s what belongs to another user: %j', async (route, body) => {
    const model = route.startsWith('/images') ? 'gpt-image-2' : 'gpt-4o-mini';
    expect((await send(route, { model, ...body })).status).toBe(404);
    expect(setting.upstream.requests).toHaveLength(0);
  });

  it.each([
    ['/moderations', { input: 'x' }, 'omni-moderation-latest'],
    ['/images/generations', { prompt: 'x' }, 'gpt-image-2'],
    ['/responses/input_tokens', { input: 'x' }, 'gpt-4o-mini'],
  ])('call over %s a model that the client did not name', async (route, body, model) => {
    expect((await send(route, body)).status).toBe(200);
    expect(JSON.parse(sent())).toEqual({ ...body, model });
  });

  it.each(['/completions', '/responses/compact', '/embeddings', '/audio/speech'])(
    'want over %s that the client names a model',
    async (route) => {
      const { status, bytes } = await send(route, {});
      expect([status, bytes.toString()]).toEqual([400, expect.stringContaining('model must be given')]);
    },
  );

  it('replace a model that has ended', async () => {
    pretendTime(noonOf('2026-12-01'));
    const reply = await send('/images/generations', { model: 'gpt-image-1.5', prompt: 'x' });
    pretendTime(noonOf('2026-11-21'));
    expect(reply.headers.get('x-model-replaced')).toBe('gpt-image-1.5=gpt-image-2.6-flare');
    expect(JSON.parse(sent())).toMatchObject({ model: 'gpt-image-2.6-flare' });
  });

  it('answer a wrong method with 405 and leave stored responses alone', async () => {
    const get = await ask(setting.url, { method: 'GET', path: '/v1/completions' }, setting.token);
    expect(get.status).toBe(405);
    const stored = await ask(setting.url, { method: 'GET', path: '/v1/responses/compact' }, setting.token);
    expect(stored.status).toBe(404);
  });

  describe('a stream of the older completions', () => {
    const choice = (text: string) => ({
      object: 'text_completion',
      model: 'gpt-3.5-turbo-instruct',
      choices: [{ index: 0, text }],
    });
    const usage = { ...choice(''), choices: [], usage: COMPLETION.usage };
    const asking = { model: 'gpt-3.5-turbo-instruct', prompt: 'One, two,', stream: true };

    it('passes without the chunk of usage that the client did not ask for, and is booked by it', async () => {
      const words = sse(choice('th'), choice('ree'));
      const reply = await send('/completions', asking, streamOf(`${words}${sse(usage)}data: [DONE]\n\n`));
      expect([reply.status, reply.bytes.toString()]).toEqual([200, `${words}data: [DONE]\n\n`]);
      expect(JSON.parse(sent())).toEqual({ ...asking, stream_options: { include_usage: true } });
      expect((await setting.booked())[0]).toMatchObject({ input: 1000, output: 500, is_estimated: false });
    });

    it('passes with it where the client asked', async () => {
      const bytes = `${sse(choice('three'), usage)}data: [DONE]\n\n`;
      const reply = await send(
        '/completions',
        { ...asking, stream_options: { include_usage: true } },
        streamOf(bytes),
      );
      expect(reply.bytes.toString()).toBe(bytes);
    });

    it('is an ordinary error where the first event is one', async () => {
      const error = {
        message: 'No.',
        type: 'invalid_request_error',
        param: null,
        code: 'context_length_exceeded',
      };
      expect((await send('/completions', asking, streamOf(sse({ error })))).status).toBe(400);
    });
  });

  it('pass a stream of pictures', async () => {
    const bytes = [
      `event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AA"}\n\n`,
      `event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"AA","usage":{"input_tokens":7,"output_tokens":9,"total_tokens":16}}\n\n`,
    ].join('');
    const reply = await send(
      '/images/generations',
      { model: 'gpt-image-2', prompt: 'x', stream: true },
      streamOf(bytes),
    );
    expect([reply.status, reply.bytes.toString()]).toEqual([200, bytes]);
    expect((await setting.booked())[0]).toMatchObject({
      input: 7,
      output: 9,
      cost: null,
      is_estimated: false,
    });
  });
});

describe('Under a limit, /v1', () => {
  const start = (environment: Record<string, string>) => StatelessSetting.start(environment);

  it('refuses pictures and sound to who has a spending limit, before the provider is asked', async () => {
    const setting = await start({ MONTHLY_COST_LIMIT_USD: '100' });
    try {
      for (const [route, body] of [
        ['/images/generations', { model: 'gpt-image-2', prompt: 'x' }],
        // A priced model makes no difference: the pictures it makes have no price.
        ['/images/generations', { model: 'gpt-6-luna', prompt: 'x' }],
        ['/audio/speech', { model: 'tts-1', input: 'x', voice: 'alloy' }],
      ] as const) {
        const { status, body: told } = await ask(setting.url, post(`/v1${route}`, body), setting.token);
        expect([status, JSON.stringify(told)]).toEqual([404, expect.stringContaining('price')]);
      }
      setting.upstream.play('/v1/moderations', jsonAnswer(MODERATED));
      expect((await ask(setting.url, post('/v1/moderations', { input: 'x' }), setting.token)).status).toBe(
        200,
      );
      expect(setting.upstream.requests.map(({ path }) => path)).toEqual(['/v1/moderations']);
    } finally {
      await setting.stop();
    }
  });

  it('bounds the older completions, and lets pictures pass where only tokens are limited', async () => {
    const setting = await start({ DAILY_TOKEN_LIMIT: '100000' });
    try {
      setting.upstream.play('/v1/completions', jsonAnswer(COMPLETION));
      setting.upstream.play('/v1/images/generations', jsonAnswer(PICTURE));
      const asking = { model: 'gpt-3.5-turbo-instruct', prompt: ['a', 'b'], best_of: 'all' };
      const answer = await ask(setting.url, post('/v1/completions', asking), setting.token);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-adjusted-params')).toBe('max_tokens, best_of');
      expect(JSON.parse(setting.upstream.requests[0]!.body.toString())).toEqual({
        ...asking,
        best_of: 1,
        max_tokens: 16,
      });
      const drawing = post('/v1/images/generations', { model: 'gpt-image-2', prompt: 'x' });
      expect((await ask(setting.url, drawing, setting.token)).status).toBe(200);
    } finally {
      await setting.stop();
    }
  });
});
