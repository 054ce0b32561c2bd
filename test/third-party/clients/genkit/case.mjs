import { openAI } from '@genkit-ai/compat-oai/openai';
import assert from 'node:assert/strict';
import { genkit, z } from 'genkit';
import {
  apiKey,
  baseURL,
  collect,
  COUNTED,
  EMBEDDING_MODEL,
  fixedBaseURL,
  GREETING,
  MODEL,
  QUESTION,
  rejectionOf,
  runSteps,
} from '../../support/steps.mjs';

const genkitOf = ({ url = baseURL, key = apiKey } = {}) =>
  genkit({ plugins: [openAI({ baseURL: url, apiKey: key, maxRetries: 0 })], model: openAI.model(MODEL) });
const ai = genkitOf();

await runSteps({
  'plain call': async () => {
    assert.equal((await ai.generate(GREETING.prompt)).text, GREETING.text);
  },

  stream: async () => {
    const { stream, response } = ai.generateStream(GREETING.prompt);
    const chunks = await collect(stream);
    assert.equal(chunks.map(({ text }) => text).join(''), GREETING.text);
    assert.ok(chunks.length > 1);
    assert.equal((await response).text, GREETING.text);
  },

  'usage as counted': async () => {
    const { text, usage } = await genkitOf({ url: fixedBaseURL }).generate(COUNTED.prompt);
    assert.equal(text, COUNTED.text);
    const { input, output, total } = COUNTED.usage;
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.totalTokens], [input, output, total]);
  },

  tools: async () => {
    const places = [];
    const weather = ai.defineTool(
      {
        name: 'get_weather',
        description: 'Tells the weather',
        inputSchema: z.object({ place: z.string() }),
        outputSchema: z.string(),
      },
      async ({ place }) => {
        places.push(place);
        return 'rain';
      },
    );
    assert.match((await ai.generate({ prompt: QUESTION, tools: [weather] })).text, /rain/);
    assert.deepEqual(places, ['Paris']);
  },

  'structured output': async () => {
    const schema = z.object({ city: z.string(), days: z.number() });
    schema.parse((await ai.generate({ prompt: 'Where to?', output: { schema } })).output);
  },

  embeddings: async () => {
    const [{ embedding }] = await ai.embed({ embedder: openAI.embedder(EMBEDDING_MODEL), content: 'milk' });
    assert.equal(embedding.length, 1536);
  },

  'typed errors': async () => {
    const refused = await rejectionOf(genkitOf({ key: 'wrong' }).generate('hello'));
    assert.equal(refused.status, 'UNAUTHENTICATED');
    const unknown = await rejectionOf(ai.generate({ model: openAI.model('gpt-99'), prompt: 'hello' }));
    // Genkit has no status for a 404: it reports UNKNOWN with the server's message.
    assert.match(unknown.message, /404 .*model/);
  },
});
