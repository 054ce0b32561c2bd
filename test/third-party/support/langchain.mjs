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
  readUntilError,
  rejectionOf,
  TOO_LONG,
} from './steps.mjs';

/** The steps for each major version of LangChain, over Chat Completions and over Responses. */
export function langchainSteps({ ChatOpenAI, HumanMessage, OpenAIEmbeddings, tool, z }) {
  const settings = (url) => ({ configuration: { baseURL: url }, apiKey, maxRetries: 0 });
  const both = (url) =>
    [false, true].map(
      (useResponsesApi) => new ChatOpenAI({ ...settings(url), model: MODEL, useResponsesApi }),
    );
  const models = both(baseURL);
  const fixed = both(fixedBaseURL);

  return {
    'plain call': async () => {
      for (const model of models) assert.equal((await model.invoke(GREETING.prompt)).text, GREETING.text);
    },

    stream: async () => {
      for (const model of models) {
        const chunks = await collect(await model.stream(GREETING.prompt));
        assert.equal(chunks.map(({ text }) => text).join(''), GREETING.text);
        assert.ok(chunks.length > 2);
      }
    },

    'usage as counted': async () => {
      const { input, output, total } = COUNTED.usage;
      for (const model of fixed) {
        const whole = await model.invoke(COUNTED.prompt);
        const chunks = await collect(await model.stream(COUNTED.prompt));
        for (const message of [whole, chunks.reduce((sum, chunk) => sum.concat(chunk))]) {
          const { input_tokens, output_tokens, total_tokens } = message.usage_metadata;
          assert.deepEqual([input_tokens, output_tokens, total_tokens], [input, output, total]);
        }
      }
    },

    tools: async () => {
      const schema = z.object({ place: z.string() });
      const weather = tool(() => 'rain', { name: 'get_weather', description: 'Tells the weather', schema });
      for (const model of models) {
        const able = model.bindTools([weather]);
        const question = new HumanMessage(QUESTION);
        const call = await able.invoke([question]);
        assert.deepEqual(
          call.tool_calls.map(({ name, args }) => [name, args]),
          [['get_weather', { place: 'Paris' }]],
        );
        const result = await weather.invoke(call.tool_calls[0]);
        assert.match((await able.invoke([question, call, result])).text, /rain/);
      }
    },

    'structured output': async () => {
      const schema = z.object({ city: z.string(), days: z.number() });
      for (const method of ['jsonSchema', 'functionCalling']) {
        schema.parse(
          await models[0].withStructuredOutput(schema, { name: 'trip', method }).invoke('Where to?'),
        );
      }
    },

    batch: async () => {
      const answers = await models[0].batch([GREETING.prompt, 'say goodbye']);
      assert.deepEqual(
        answers.map(({ text }) => text),
        [GREETING.text, 'goodbye'],
      );
    },

    embeddings: async () => {
      const embeddings = new OpenAIEmbeddings({ ...settings(baseURL), model: EMBEDDING_MODEL });
      const vectors = await embeddings.embedDocuments(['milk', 'bread']);
      assert.deepEqual(
        vectors.map(({ length }) => length),
        [1536, 1536],
      );
    },

    'error in mid-stream': async () => {
      const { items, error } = await readUntilError(fixed[0].stream(FAILING.prompt));
      assert.equal(items.map(({ text }) => text).join(''), FAILING.text);
      assert.equal(error.code, 'upstream_error');
    },

    'typed errors': async () => {
      const stranger = new ChatOpenAI({ ...settings(baseURL), apiKey: 'wrong', model: MODEL });
      assert.equal((await rejectionOf(stranger.invoke('hello'))).status, 401);
      const unknown = new ChatOpenAI({ ...settings(baseURL), model: 'gpt-99' });
      assert.equal((await rejectionOf(unknown.invoke('hello'))).status, 404);
      // LangChain's reaction to a context that is too long differs by version; the status does not.
      for (const model of fixed) assert.match(String(await rejectionOf(model.invoke(TOO_LONG))), /context/i);
    },
  };
}
