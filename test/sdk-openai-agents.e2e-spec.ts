import { Agent, MemorySession, OpenAIProvider, Runner, tool } from '@openai/agents';
import OpenAI, { AuthenticationError, BadRequestError } from 'openai';
import { z } from 'zod';
import { createTestApp, type TestApp } from './support/app';
import { signUp, until } from './support/clients';

const MODEL = 'gpt-4o-mini';

describe('@openai/agents', () => {
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    // The first user is the admin, to whom other rules apply.
    await signUp(app.url);
    token = (await signUp(app.url)).token;
  });
  afterAll(() => app.stop());

  function runnerOf(useResponses: boolean, apiKey = token): Runner {
    const openAIClient = new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0 });
    const modelProvider = new OpenAIProvider({ openAIClient: openAIClient as never, useResponses });
    // Tracing would report the agents' actions to OpenAI.
    return new Runner({ modelProvider, tracingDisabled: true });
  }

  describe.each([
    ['Responses', true],
    ['Chat Completions', false],
  ])('over %s', (_, useResponses) => {
    const places: string[] = [];
    const getWeather = tool({
      name: 'get_weather',
      description: 'Tells the weather',
      parameters: z.object({ place: z.string() }),
      execute: ({ place }) => {
        places.push(place);
        return 'rain';
      },
    });
    const forecaster = new Agent({ name: 'Forecaster', model: MODEL, tools: [getWeather] });
    const plain = new Agent({ name: 'Plain', model: MODEL, instructions: 'Be short.' });
    beforeEach(() => void places.splice(0));

    it('runs an agent with a tool', async () => {
      const result = await runnerOf(useResponses).run(forecaster, 'What is the weather in Paris?');
      expect(result.finalOutput).toContain('rain');
      expect(result.rawResponses).toHaveLength(2);
      expect(result.state.usage.totalTokens).toBeGreaterThan(0);
      expect(places).toEqual(['Paris']);
    });

    it('streams an agent with a tool', async () => {
      const result = await runnerOf(useResponses).run(forecaster, 'What is the weather in Paris?', {
        stream: true,
      });
      let text = '';
      for await (const delta of result.toTextStream()) text += delta;
      await result.completed;
      expect(text).toContain('rain');
      expect(result.finalOutput).toBe(text);
      expect(places).toEqual(['Paris']);
    });

    it('goes on from an earlier run', async () => {
      const runner = runnerOf(useResponses);
      const session = new MemorySession();
      await runner.run(plain, 'say hello there', { session });
      const result = await runner.run(plain, 'say goodbye', { session });
      expect(result.finalOutput).toBe('goodbye');
      expect(await session.getItems()).toHaveLength(4);
    });

    it('hands over to another agent', async () => {
      const desk = new Agent({ name: 'Desk', model: MODEL, handoffs: [plain] });
      const result = await runnerOf(useResponses).run(desk, 'transfer to plain');
      expect(result.lastAgent?.name).toBe('Plain');
    });

    it('throws the SDK’s typed errors', async () => {
      const bad = runnerOf(useResponses).run(plain, '[[fault:bad_request]] hello');
      await expect(bad).rejects.toBeInstanceOf(BadRequestError);
      await expect(bad).rejects.toMatchObject({ code: 'context_length_exceeded' });
      const nobody = runnerOf(useResponses, 'none').run(plain, 'hello');
      await expect(nobody).rejects.toBeInstanceOf(AuthenticationError);
    });

    it('is aborted, and the provider hears of it within a second', async () => {
      const abort = new AbortController();
      const seen = app.simulator.requests().length;
      const result = await runnerOf(useResponses).run(plain, '[[fault:stall]] say hello there, you', {
        stream: true,
        signal: abort.signal,
      });
      for await (const _delta of result.toTextStream()) abort.abort();
      await until(() => app.simulator.requests()[seen]?.state === 'aborted', 1000);
    });
  });

  it('goes on from a stored response', async () => {
    const agent = new Agent({ name: 'Plain', model: MODEL });
    const first = await runnerOf(true).run(agent, 'say hello there');
    const previousResponseId = first.lastResponseId!;
    const second = await runnerOf(true).run(agent, 'say goodbye', { previousResponseId });
    expect(second.finalOutput).toBe('goodbye');

    const stranger = runnerOf(true, (await signUp(app.url)).token);
    const theirs = stranger.run(agent, 'say goodbye', { previousResponseId });
    await expect(theirs).rejects.toMatchObject({ status: 404, param: 'previous_response_id' });
  });
});
