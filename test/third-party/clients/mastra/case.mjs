import { createOpenAI } from '@ai-sdk/openai';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import assert from 'node:assert/strict';
import { z } from 'zod';
import {
  apiKey,
  baseURL,
  collect,
  COUNTED,
  fixedBaseURL,
  GREETING,
  MODEL,
  QUESTION,
  rejectionOf,
  runSteps,
} from '../../support/steps.mjs';

const agentOf = ({ url = baseURL, key = apiKey, model = MODEL, tools } = {}) =>
  new Agent({
    name: 'guide',
    instructions: 'Be brief.',
    model: createOpenAI({ baseURL: url, apiKey: key }).chat(model),
    tools,
    maxRetries: 0,
  });

await runSteps({
  'plain call': async () => {
    const { text } = await agentOf().generate(GREETING.prompt);
    assert.equal(text, GREETING.text);
  },

  stream: async () => {
    const { textStream } = await agentOf().stream(GREETING.prompt);
    const deltas = await collect(textStream);
    assert.equal(deltas.join(''), GREETING.text);
    assert.ok(deltas.length > 1);
  },

  'usage as counted': async () => {
    const fixed = agentOf({ url: fixedBaseURL });
    const { text, usage } = await fixed.generate(COUNTED.prompt);
    assert.deepEqual([text, usage.totalTokens], [COUNTED.text, COUNTED.usage.total]);
    const streamed = await fixed.stream(COUNTED.prompt);
    assert.equal(await streamed.text, COUNTED.text);
    assert.equal((await streamed.usage).totalTokens, COUNTED.usage.total);
  },

  tools: async () => {
    const places = [];
    const get_weather = createTool({
      id: 'get_weather',
      description: 'Tells the weather',
      inputSchema: z.object({ place: z.string() }),
      execute: async ({ context }) => {
        places.push(context.place);
        return 'rain';
      },
    });
    const { text } = await agentOf({ tools: { get_weather } }).generate(QUESTION);
    assert.match(text, /rain/);
    assert.deepEqual(places, ['Paris']);
  },

  'structured output': async () => {
    const schema = z.object({ city: z.string(), days: z.number() });
    const { object } = await agentOf().generate('Where to?', { structuredOutput: { schema } });
    schema.parse(object);
  },

  'typed errors': async () => {
    const refused = await rejectionOf(agentOf({ key: 'wrong' }).generate('hello'));
    assert.match(String(refused.message ?? refused), /Sign in required/);
    const unknown = await rejectionOf(agentOf({ model: 'gpt-99' }).generate('hello'));
    assert.match(String(unknown.message ?? unknown), /model/);
  },
});
