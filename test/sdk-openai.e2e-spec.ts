import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  toFile,
} from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { createTestApp, type TestApp } from './support/app';
import { signUp, until } from './support/clients';

const MODEL = 'gpt-4o-mini';

const WEATHER = {
  type: 'object',
  properties: { place: { type: 'string' } },
  required: ['place'],
} as const;

describe('The official openai SDK', () => {
  let app: TestApp;
  let client: OpenAI;
  let token: string;
  const clientOf = (apiKey: string, options = {}) =>
    new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0, ...options });

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    // The first user is the admin, to whom other rules apply.
    await signUp(app.url);
    token = (await signUp(app.url)).token;
    client = clientOf(token);
  });
  afterAll(() => app.stop());

  const newest = () => app.simulator.requests().at(-1)!;
  const say = (text: string) => [{ role: 'user' as const, content: text }];

  describe('chat.completions', () => {
    it('creates', async () => {
      const completion = await client.chat.completions.create({
        model: MODEL,
        messages: say('say hello there'),
      });
      expect(completion.choices[0]!.message.content).toBe('hello there');
      expect(completion.usage!.total_tokens).toBeGreaterThan(0);
      expect(completion._request_id).toMatch(/^[\w-]{36}$/);
    });

    it('streams, without the usage it did not ask for', async () => {
      const stream = await client.chat.completions.create({
        model: MODEL,
        messages: say('say hello there'),
        stream: true,
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('hello there');
      expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([]);
    });

    it('streams the usage it asked for', async () => {
      const stream = client.chat.completions.stream({
        model: MODEL,
        messages: say('say hello there'),
        stream_options: { include_usage: true },
      });
      expect(await stream.finalContent()).toBe('hello there');
      expect((await stream.totalUsage()).total_tokens).toBeGreaterThan(0);
    });

    it.each([false, true])('runs tools, stream: %s', async (stream) => {
      const places: string[] = [];
      const getWeather = ({ place }: { place: string }): string => {
        places.push(place);
        return 'rain';
      };
      const options = {
        model: MODEL,
        messages: say('What is the weather in Paris?'),
        tools: [
          {
            type: 'function' as const,
            function: {
              name: 'get_weather',
              description: 'Tells the weather',
              parameters: WEATHER as never,
              parse: JSON.parse as (text: string) => { place: string },
              function: getWeather,
            },
          },
        ],
      };
      const runner = stream
        ? client.chat.completions.runTools({ ...options, stream })
        : client.chat.completions.runTools(options);
      expect(await runner.finalContent()).toContain('rain');
      expect(places).toEqual(['Paris']);
    });
  });

  describe('responses', () => {
    it('creates, and goes on from what was stored', async () => {
      const first = await client.responses.create({ model: MODEL, input: 'say hello there' });
      expect(first.output_text).toBe('hello there');
      const second = await client.responses.create({
        model: MODEL,
        input: 'say goodbye',
        previous_response_id: first.id,
      });
      expect(second).toMatchObject({ output_text: 'goodbye', previous_response_id: first.id });
    });

    it('streams, and goes on from what was streamed', async () => {
      const stream = client.responses.stream({ model: MODEL, input: 'say hello there' });
      let text = '';
      stream.on('response.output_text.delta', ({ delta }) => (text += delta));
      const response = await stream.finalResponse();
      expect([text, response.output_text]).toEqual(['hello there', 'hello there']);
      const second = await client.responses.create({
        model: MODEL,
        input: [{ type: 'item_reference', id: response.output[0]!.id! }, ...say('say goodbye')],
        previous_response_id: response.id,
      });
      expect(second.output_text).toBe('goodbye');
    });

    it('parses', async () => {
      const Answer = z.object({ city: z.string(), days: z.number() });
      const { output_parsed: answer } = await client.responses.parse({
        model: MODEL,
        input: 'Where to, and for how long?',
        text: { format: zodTextFormat(Answer, 'answer') },
      });
      expect(Answer.safeParse(answer).success).toBe(true);
    });

    it('gets, lists the input of, and deletes what was stored', async () => {
      const { id } = await client.responses.create({ model: MODEL, input: 'say hello there' });
      expect((await client.responses.retrieve(id)).output_text).toBe('hello there');
      const items = [];
      for await (const item of client.responses.inputItems.list(id)) items.push(item);
      expect(items).toMatchObject([{ role: 'user', content: 'say hello there' }]);
      await expect(client.responses.cancel(id)).rejects.toBeInstanceOf(BadRequestError);
      await client.responses.delete(id);
      await expect(client.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    });
  });

  it('embeds, in the base64 that it asks for', async () => {
    const { data, usage } = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['milk', 'bread'],
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536]);
    expect(usage.prompt_tokens).toBeGreaterThan(0);
  });

  it('lists the models of the server', async () => {
    const ids = [];
    for await (const { id, owned_by } of client.models.list()) ids.push(`${owned_by} ${id}`);
    expect(ids).toContain(`openai ${MODEL}`);
    expect(ids).toContain('openai text-embedding-3-small');
    expect(await client.models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: 'model' });
    await expect(client.models.retrieve('gpt-99')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('uploads, lists, describes, downloads and deletes files', async () => {
    const content = 'eggs and milk';
    const file = await client.files.create({
      file: await toFile(Buffer.from(content), 'list.txt'),
      purpose: 'user_data',
    });
    expect(file).toMatchObject({ object: 'file', filename: 'list.txt', bytes: content.length });
    const listed = [];
    for await (const each of client.files.list()) listed.push(each);
    expect(listed).toEqual([file]);
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect(await (await client.files.content(file.id)).text()).toBe(content);
    const asked = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: file.id } }] }],
    });
    expect(asked.object).toBe('chat.completion');
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await client.files.list()).data).toEqual([]);
  });

  describe('throws its typed errors', () => {
    const create = (over: object, by = client) =>
      by.chat.completions.create({ model: MODEL, messages: say('hello'), ...over } as never);
    const failing = (fault: string, by = client) => create({ messages: say(`[[fault:${fault}]] hello`) }, by);

    it('AuthenticationError without a good token', async () => {
      const error = await create({}, clientOf('no-token')).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({
        status: 401,
        code: 'unauthorized',
        type: 'invalid_request_error',
        error: { message: 'Sign in required.' },
        requestID: expect.any(String),
      });
    });

    it('NotFoundError for a model off the list', async () => {
      const error = await create({ model: 'gpt-99' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
    });

    it('BadRequestError with the provider’s code and parameter', async () => {
      const error = await create({ temperature: 9 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ code: 'decimal_above_max_value', param: 'temperature' });
    });

    it('RateLimitError where the provider asks for fewer requests', async () => {
      const error = await failing('rate_limit:7').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RateLimitError);
      expect((error as RateLimitError).headers.get('retry-after')).toBe('7');
    });

    it('RateLimitError once where the account is empty, however often it may retry', async () => {
      const before = app.simulator.requests().length;
      const patient = clientOf(token, { maxRetries: 2 });
      const error = await failing('insufficient_quota', patient).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error).toMatchObject({ code: 'insufficient_quota', type: 'insufficient_quota' });
      expect(app.simulator.requests().length - before).toBe(1);
    });

    it('InternalServerError where the provider fails, after its own retries', async () => {
      const before = app.simulator.requests().length;
      const error = await failing('server_error').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
      expect(app.simulator.requests().length - before).toBe(1);
      const retried = await failing('error_once#sdk', clientOf(token, { maxRetries: 1 }));
      expect(retried).toMatchObject({ object: 'chat.completion' });
    });

    it('an error, not an end, where a stream breaks', async () => {
      const stream = await create({ messages: say('[[fault:cut]] say hello there'), stream: true });
      const read = async (): Promise<void> => {
        for await (const _ of stream as unknown as AsyncIterable<unknown>);
      };
      await expect(read()).rejects.toThrow();
    });
  });

  describe('aborts', () => {
    it.each([
      ['before the first byte of JSON', 'hang', false],
      ['before the first byte of a stream', 'hang', true],
      ['in the middle of a stream', 'stall', true],
    ])('%s, and the provider hears of it within a second', async (_, fault, stream) => {
      const abort = new AbortController();
      const seen = app.simulator.requests().length;
      const asked = client.chat.completions
        .create(
          { model: MODEL, messages: say(`[[fault:${fault}]] hello there, you`), stream },
          { signal: abort.signal },
        )
        .then(async (answer) => {
          for await (const _chunk of answer as AsyncIterable<unknown>) abort.abort();
        });
      await until(() => app.simulator.requests().length > seen);
      if (fault === 'hang') abort.abort();
      if (fault === 'hang') await expect(asked).rejects.toBeInstanceOf(APIUserAbortError);
      else await asked;
      await until(() => newest().state === 'aborted', 1000);
    });
  });
});
