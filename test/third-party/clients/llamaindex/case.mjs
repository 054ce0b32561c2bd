import { OpenAI, OpenAIEmbedding, openaiResponses } from '@llamaindex/openai';
import assert from 'node:assert/strict';
import { tool } from 'llamaindex';
import { z } from 'zod';
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
  runSteps,
} from '../../support/steps.mjs';

const settings = { baseURL, apiKey, maxRetries: 0 };
const llm = new OpenAI({ ...settings, model: MODEL });
const fixed = new OpenAI({ ...settings, baseURL: fixedBaseURL, model: MODEL });
const say = (content) => [{ role: 'user', content }];

await runSteps({
  'plain call': async () => {
    const { message } = await llm.chat({ messages: say(GREETING.prompt) });
    assert.equal(message.content, GREETING.text);
  },

  stream: async () => {
    const chunks = await collect(await llm.chat({ messages: say(GREETING.prompt), stream: true }));
    assert.equal(chunks.map(({ delta }) => delta).join(''), GREETING.text);
    assert.ok(chunks.length > 1);
  },

  'usage as counted': async () => {
    const { message, raw } = await fixed.chat({ messages: say(COUNTED.prompt) });
    assert.equal(message.content, COUNTED.text);
    assert.equal(raw.usage.total_tokens, COUNTED.usage.total);
  },

  tools: async () => {
    const places = [];
    const weather = tool({
      name: 'get_weather',
      description: 'Tells the weather',
      parameters: z.object({ place: z.string() }),
      execute: ({ place }) => {
        places.push(place);
        return 'rain';
      },
    });
    const { newMessages, toolCalls } = await llm.exec({ messages: say(QUESTION), tools: [weather] });
    assert.deepEqual(places, ['Paris']);
    assert.equal(toolCalls.length, 1);
    const { message } = await llm.chat({ messages: [...say(QUESTION), ...newMessages], tools: [weather] });
    assert.match(message.content, /rain/);
  },

  responses: async () => {
    const responses = openaiResponses({ ...settings, model: MODEL });
    const { message } = await responses.chat({ messages: say(GREETING.prompt) });
    assert.equal(message.content, GREETING.text);
  },

  embeddings: async () => {
    const embedding = new OpenAIEmbedding({ ...settings, model: EMBEDDING_MODEL });
    const vectors = await embedding.getTextEmbeddings(['milk', 'bread']);
    assert.deepEqual(
      vectors.map(({ length }) => length),
      [1536, 1536],
    );
  },

  'error in mid-stream': async () => {
    const stream = fixed.chat({ messages: say(FAILING.prompt), stream: true });
    const { items, error } = await readUntilError(stream);
    assert.equal(items.map(({ delta }) => delta).join(''), FAILING.text);
    assert.equal(error.code, 'upstream_error');
  },

  'typed errors': async () => {
    const stranger = new OpenAI({ ...settings, apiKey: 'wrong', model: MODEL });
    assert.equal((await rejectionOf(stranger.chat({ messages: say('hello') }))).status, 401);
    const unknown = new OpenAI({ ...settings, model: 'gpt-99' });
    assert.equal((await rejectionOf(unknown.chat({ messages: say('hello') }))).code, 'model_not_found');
  },
});
