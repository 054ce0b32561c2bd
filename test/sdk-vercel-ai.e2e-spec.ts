import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai';
import { APICallError, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { createTestApp, type TestApp } from './support/app';
import { signUp, until } from './support/clients';

const MODEL = 'gpt-4o-mini';

describe('The Vercel AI SDK', () => {
  let app: TestApp;
  let openai: OpenAIProvider;
  const providerOf = (apiKey: string) => createOpenAI({ baseURL: `${app.url}/v1`, apiKey });

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    // The first user is the admin, to whom other rules apply.
    await signUp(app.url);
    openai = providerOf((await signUp(app.url)).token);
  });
  afterAll(() => app.stop());

  const DIALECTS = [
    ['chat', () => openai.chat(MODEL)],
    ['responses', () => openai.responses(MODEL)],
  ] as const;

  describe.each(DIALECTS)('by openai.%s()', (_, model) => {
    it('generates text', async () => {
      const { text, usage, finishReason } = await generateText({ model: model(), prompt: 'say hello there' });
      expect([text, finishReason]).toEqual(['hello there', 'stop']);
      expect(usage.totalTokens).toBeGreaterThan(0);
    });

    it('streams text', async () => {
      const { textStream, usage } = streamText({ model: model(), prompt: 'say hello there' });
      const deltas = [];
      for await (const delta of textStream) deltas.push(delta);
      expect(deltas.length).toBeGreaterThan(1);
      expect(deltas.join('')).toBe('hello there');
      expect((await usage).totalTokens).toBeGreaterThan(0);
    });

    it.each(['generateText', 'streamText'] as const)(
      'runs tools until there is an answer, by %s',
      async (how) => {
        const places: string[] = [];
        const options = {
          model: model(),
          prompt: 'What is the weather in Paris?',
          stopWhen: stepCountIs(4),
          tools: {
            get_weather: tool({
              description: 'Tells the weather',
              inputSchema: z.object({ place: z.string() }),
              execute: ({ place }) => {
                places.push(place);
                return 'rain';
              },
            }),
          },
        };
        const result = how === 'generateText' ? await generateText(options) : streamText(options);
        expect(await result.text).toContain('rain');
        expect((await result.steps).length).toBe(2);
        expect(places).toEqual(['Paris']);
      },
    );

    it('goes on from its own messages', async () => {
      const first = await generateText({ model: model(), prompt: 'say hello there' });
      const { text } = await generateText({
        model: model(),
        messages: [
          { role: 'user', content: 'say hello there' },
          ...first.response.messages,
          { role: 'user', content: 'say goodbye' },
        ],
      });
      expect(text).toBe('goodbye');
    });

    it('makes an object', async () => {
      const schema = z.object({ city: z.string(), days: z.number() });
      const { output } = await generateText({
        model: model(),
        prompt: 'Where to?',
        output: Output.object({ schema }),
      });
      expect(schema.safeParse(output).success).toBe(true);
    });

    it('throws an APICallError with status and code', async () => {
      const asked = generateText({ model: model(), prompt: '[[fault:bad_request]] hello', maxRetries: 0 });
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      expect(APICallError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({
        statusCode: 400,
        isRetryable: false,
        data: { error: { code: 'context_length_exceeded', type: 'invalid_request_error' } },
      });
    });

    it('tries again by itself', async () => {
      const prompt = `[[fault:rate_limit_once#ai-${model().provider}]] say hello there`;
      const { text } = await generateText({ model: model(), prompt, maxRetries: 1 });
      expect(text).toBe('hello there');
    });

    it.each([
      ['before the first byte', 'hang'],
      ['in the middle', 'stall'],
    ])('aborts a stream %s, and the provider hears of it within a second', async (_when, fault) => {
      const abort = new AbortController();
      const seen = app.simulator.requests().length;
      const { textStream } = streamText({
        model: model(),
        prompt: `[[fault:${fault}]] say hello there, you`,
        abortSignal: abort.signal,
      });
      const reading = (async () => {
        for await (const _delta of textStream) abort.abort();
      })();
      const request = () => app.simulator.requests()[seen];
      await until(() => request() !== undefined);
      if (fault === 'hang') abort.abort();
      await reading;
      await until(() => request()!.state === 'aborted', 1000);
    });
  });

  it('refers to what the provider has stored, by item', async () => {
    const seen = app.simulator.requests().length;
    const first = await generateText({ model: openai.responses(MODEL), prompt: 'say hello there' });
    const messages = [...first.response.messages, { role: 'user' as const, content: 'say goodbye' }];
    const { request } = await generateText({ model: openai.responses(MODEL), messages });
    expect(JSON.stringify(request.body)).toContain('item_reference');
    expect(app.simulator.requests().slice(seen)).toHaveLength(2);

    const stranger = providerOf((await signUp(app.url)).token);
    const theirs = generateText({ model: stranger.responses(MODEL), messages, maxRetries: 0 });
    await expect(theirs).rejects.toMatchObject({ statusCode: 404 });
    expect(app.simulator.requests().slice(seen)).toHaveLength(2);
  });

  it('embeds', async () => {
    const { embeddings, usage } = await embedMany({
      model: openai.embedding('text-embedding-3-small'),
      values: ['milk', 'bread'],
    });
    expect(embeddings.map(({ length }) => length)).toEqual([1536, 1536]);
    expect(usage.tokens).toBeGreaterThan(0);
  });

  it('is told that it has to sign in', async () => {
    const asked = generateText({ model: providerOf('none')(MODEL), prompt: 'hello' });
    await expect(asked).rejects.toMatchObject({ statusCode: 401, message: 'Sign in required.' });
  });
});
