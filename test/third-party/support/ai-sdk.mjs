import assert from 'node:assert/strict';
import {
  apiKey,
  baseURL,
  collect,
  COUNTED,
  EMBEDDING_MODEL,
  FAILING,
  fixedBaseURL,
  GREETING,
  MODEL,
  QUESTION,
  rejectionOf,
  TOO_LONG,
} from './steps.mjs';

/** The steps for each major version of the Vercel AI SDK, by all three ways to an OpenAI-compatible server. */
export function aiSdkSteps({ ai, createOpenAI, createOpenAICompatible, z, readsFlatErrors = true }) {
  const { APICallError, embedMany, generateObject, generateText, stepCountIs, streamText, tool } = ai;

  const modelsAt = (url, key = apiKey) => {
    const openai = createOpenAI({ baseURL: url, apiKey: key });
    const compatible = createOpenAICompatible({
      name: 'keyturn',
      baseURL: url,
      apiKey: key,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
    return {
      chat: openai.chat(MODEL),
      responses: openai.responses(MODEL),
      compatible: compatible.chatModel(MODEL),
      embedding: openai.textEmbeddingModel(EMBEDDING_MODEL),
    };
  };
  const { embedding, ...models } = modelsAt(baseURL);
  const { embedding: _, ...fixed } = modelsAt(fixedBaseURL);

  const tools = (places) => ({
    get_weather: tool({
      description: 'Tells the weather',
      inputSchema: z.object({ place: z.string() }),
      execute: ({ place }) => {
        places.push(place);
        return 'rain';
      },
    }),
  });

  return {
    'plain call': async () => {
      for (const model of Object.values(models)) {
        const { text, finishReason } = await generateText({ model, prompt: GREETING.prompt });
        assert.deepEqual([text, finishReason], [GREETING.text, 'stop']);
      }
    },

    stream: async () => {
      for (const model of Object.values(models)) {
        const deltas = await collect(streamText({ model, prompt: GREETING.prompt }).textStream);
        assert.equal(deltas.join(''), GREETING.text);
        assert.ok(deltas.length > 1);
      }
    },

    'usage as counted': async () => {
      const { input, output, total } = COUNTED.usage;
      for (const model of Object.values(fixed)) {
        const streamed = streamText({ model, prompt: COUNTED.prompt });
        assert.equal(await streamed.text, COUNTED.text);
        const { usage } = await generateText({ model, prompt: COUNTED.prompt });
        for (const counted of [usage, await streamed.usage]) {
          assert.deepEqual(
            [counted.inputTokens, counted.outputTokens, counted.totalTokens],
            [input, output, total],
          );
        }
      }
    },

    tools: async () => {
      for (const model of Object.values(models)) {
        for (const run of [generateText, streamText]) {
          const places = [];
          const result = await run({
            model,
            prompt: QUESTION,
            tools: tools(places),
            stopWhen: stepCountIs(4),
          });
          assert.match(await result.text, /rain/);
          assert.equal((await result.steps).length, 2);
          assert.deepEqual(places, ['Paris']);
        }
      }
    },

    'structured output': async () => {
      const schema = z.object({ city: z.string(), days: z.number() });
      for (const model of Object.values(models)) {
        schema.parse((await generateObject({ model, prompt: 'Where to?', schema })).object);
      }
    },

    embeddings: async () => {
      const { embeddings, usage } = await embedMany({ model: embedding, values: ['milk', 'bread'] });
      assert.deepEqual(
        embeddings.map(({ length }) => length),
        [1536, 1536],
      );
      assert.ok(usage.tokens > 0);
    },

    'error in mid-stream': async () => {
      for (const [family, model] of Object.entries(fixed)) {
        const { fullStream } = streamText({ model, prompt: FAILING.prompt, onError: () => undefined });
        const parts = await collect(fullStream);
        const text = parts.filter(({ type }) => type === 'text-delta').map((part) => part.text);
        assert.equal(text.join(''), FAILING.text);
        if (family === 'responses' && !readsFlatErrors) continue;
        assert.ok(parts.some(({ type }) => type === 'error'));
      }
    },

    'typed errors': async () => {
      const prompt = TOO_LONG;
      for (const family of Object.keys(models)) {
        const refused = await rejectionOf(
          generateText({ model: modelsAt(baseURL, 'wrong')[family], prompt }),
        );
        assert.ok(APICallError.isInstance(refused));
        assert.deepEqual([refused.statusCode, refused.message], [401, 'Sign in required.']);
        const long = await rejectionOf(generateText({ model: fixed[family], prompt }));
        assert.deepEqual([long.statusCode, long.isRetryable], [400, false]);
        assert.equal(JSON.parse(long.responseBody).error.code, 'context_length_exceeded');
      }
    },
  };
}
