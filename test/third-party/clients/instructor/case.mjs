import createInstructor from '@instructor-ai/instructor';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { z } from 'zod';
import {
  apiKey,
  baseURL,
  collect,
  fixedBaseURL,
  MODEL,
  rejectionOf,
  runSteps,
  TRIP,
} from '../../support/steps.mjs';

const schema = z.object({ city: z.string(), days: z.number() });
const clientOf = (mode, { url = baseURL, key = apiKey } = {}) =>
  createInstructor({ client: new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 }), mode });
const request = {
  model: MODEL,
  messages: [{ role: 'user', content: 'Where to?' }],
  response_model: { schema, name: 'trip' },
};

/** The simulator supports neither a schema in words nor the old functions, so the fixed provider answers these. */
const modeStep = (mode) => async () => {
  const messages = [{ role: 'user', content: TRIP.prompt }];
  const client = clientOf(mode, { url: fixedBaseURL });
  const { _meta, ...trip } = await client.chat.completions.create({ ...request, messages });
  assert.deepEqual(trip, TRIP.value);
  assert.equal(_meta.usage.total_tokens, 28);
};

await runSteps({
  TOOLS: async () => {
    const trip = await clientOf('TOOLS').chat.completions.create(request);
    schema.parse(trip);
    assert.ok(trip._meta.usage.total_tokens > 0);
  },

  JSON: modeStep('JSON'),
  JSON_SCHEMA: modeStep('JSON_SCHEMA'),
  FUNCTIONS: modeStep('FUNCTIONS'),

  stream: async () => {
    const parts = await collect(
      await clientOf('TOOLS').chat.completions.create({ ...request, stream: true }),
    );
    schema.parse(parts.at(-1));
  },

  'typed errors': async () => {
    const refused = await rejectionOf(clientOf('TOOLS', { key: 'wrong' }).chat.completions.create(request));
    assert.ok(refused instanceof OpenAI.AuthenticationError);
  },
});
