import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, type ChatOpenAIFields, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { createTestApp, type TestApp } from './support/app';
import { signUp, until } from './support/clients';

const MODEL = 'gpt-4o-mini';

describe('@langchain/openai', () => {
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    // The first user is the admin, to whom other rules apply.
    await signUp(app.url);
    token = (await signUp(app.url)).token;
  });
  afterAll(() => app.stop());

  const modelOf = (fields: ChatOpenAIFields = {}) =>
    new ChatOpenAI({
      model: MODEL,
      apiKey: token,
      maxRetries: 0,
      configuration: { baseURL: `${app.url}/v1` },
      ...fields,
    });

  describe.each([
    ['Chat Completions', false],
    ['Responses', true],
  ])('over %s', (_, useResponsesApi) => {
    const model = (fields: ChatOpenAIFields = {}) => modelOf({ useResponsesApi, ...fields });

    it('invokes', async () => {
      const message = await model().invoke('say hello there');
      expect(message.text).toBe('hello there');
      expect(message.usage_metadata!.total_tokens).toBeGreaterThan(0);
    });

    it('streams', async () => {
      const texts: string[] = [];
      for await (const chunk of await model().stream('say hello there')) texts.push(chunk.text);
      expect(texts.filter((text) => text !== '').length).toBeGreaterThan(1);
      expect(texts.join('')).toBe('hello there');
    });

    it('runs a tool and takes its answer', async () => {
      const getWeather = tool(() => 'rain', {
        name: 'get_weather',
        description: 'Tells the weather',
        schema: z.object({ place: z.string() }),
      });
      const bound = model().bindTools([getWeather]);
      const question = new HumanMessage('What is the weather in Paris?');
      const asked = await bound.invoke([question]);
      expect(asked.tool_calls).toMatchObject([{ name: 'get_weather', args: { place: 'Paris' } }]);
      const result: ToolMessage = await getWeather.invoke(asked.tool_calls![0]!);
      expect((await bound.invoke([question, asked, result])).text).toContain('rain');
    });

    it('makes an object', async () => {
      const schema = z.object({ city: z.string(), days: z.number() });
      const answer = await model().withStructuredOutput(schema, { name: 'trip' }).invoke('Where to?');
      expect(schema.safeParse(answer).success).toBe(true);
    });

    it('throws errors with status and code', async () => {
      const bad = model().invoke('[[fault:bad_request]] hello');
      await expect(bad).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
      const nobody = model({ apiKey: 'none' }).invoke('hello');
      await expect(nobody).rejects.toMatchObject({ status: 401 });
    });

    it('asks an empty account once, however often it may retry', async () => {
      const seen = app.simulator.requests().length;
      const empty = model({ maxRetries: 3 }).invoke('[[fault:insufficient_quota]] hello');
      await expect(empty).rejects.toMatchObject({ name: 'InsufficientQuotaError' });
      expect(app.simulator.requests().slice(seen)).toHaveLength(1);
    });

    it.each([
      ['before the first byte', 'hang'],
      ['in the middle', 'stall'],
    ])('aborts a stream %s, and the provider hears of it within a second', async (_when, fault) => {
      const abort = new AbortController();
      const seen = app.simulator.requests().length;
      const read = async (): Promise<void> => {
        const prompt = `[[fault:${fault}]] say hello there, you`;
        const stream = await model().stream(prompt, { signal: abort.signal });
        for await (const chunk of stream) if (chunk.text !== '') abort.abort();
      };
      const reading = expect(read()).rejects.toThrow();
      const request = () => app.simulator.requests()[seen];
      await until(() => request() !== undefined);
      if (fault === 'hang') abort.abort();
      await reading;
      await until(() => request()!.state === 'aborted', 1000);
    });
  });

  it('embeds', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'text-embedding-3-small',
      apiKey: token,
      configuration: { baseURL: `${app.url}/v1` },
    });
    const vectors = await embeddings.embedDocuments(['milk', 'bread']);
    expect(vectors.map(({ length }) => length)).toEqual([1536, 1536]);
    expect(await embeddings.embedQuery('milk')).toEqual(vectors[0]);
  });
});
