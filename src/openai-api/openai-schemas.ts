import type { ApiBodyOptions, ApiResponseOptions, ApiResponseSchemaHost } from '@nestjs/swagger';

export type Schema = ApiResponseSchemaHost['schema'];

/** The provider says what is in it: https://platform.openai.com/docs/api-reference */
export const anyFields = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: true,
});

const MODEL: Schema = { type: 'string', description: 'A model of the server’s list; absent: its default.' };
const STREAM: Schema = { type: 'boolean', description: 'Whether the answer comes as server-sent events.' };
const ANYTHING: Schema = {};

export const CHAT_BODY: ApiBodyOptions = {
  schema: anyFields(
    {
      model: MODEL,
      messages: { type: 'array', items: anyFields({}) },
      stream: STREAM,
    },
    ['messages'],
  ),
  examples: {
    hello: { value: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] } },
  },
};

export const RESPONSES_BODY: ApiBodyOptions = {
  schema: anyFields({ model: MODEL, input: ANYTHING, stream: STREAM }),
  examples: { hello: { value: { model: 'gpt-4o-mini', input: 'Say hello.' } } },
};

export const COMPLETIONS_BODY: ApiBodyOptions = {
  schema: anyFields({ model: { type: 'string' }, prompt: ANYTHING, stream: STREAM }, ['model', 'prompt']),
  examples: { count: { value: { model: 'gpt-3.5-turbo-instruct', prompt: 'One, two,' } } },
};

export const COMPACT_BODY: ApiBodyOptions = {
  schema: anyFields({ model: { type: 'string' }, input: ANYTHING }, ['model']),
  examples: { hello: { value: { model: 'gpt-4o-mini', input: 'Say hello.' } } },
};

export const MODERATIONS_BODY: ApiBodyOptions = {
  schema: anyFields(
    {
      model: { type: 'string', description: 'A model of the server’s list; absent: omni-moderation-latest.' },
      input: ANYTHING,
    },
    ['input'],
  ),
  examples: { hello: { value: { input: 'Say hello.' } } },
};

export const EMBEDDINGS_BODY: ApiBodyOptions = {
  schema: anyFields({ model: { type: 'string' }, input: ANYTHING }, ['model', 'input']),
  examples: { two: { value: { model: 'text-embedding-3-small', input: ['milk', 'bread'] } } },
};

export const UPLOAD_SCHEMA: Schema = anyFields(
  { file: { type: 'string', format: 'binary' }, purpose: { type: 'string', example: 'user_data' } },
  ['file', 'purpose'],
);

export const MODEL_SCHEMA: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string', example: 'gpt-4o-mini' },
    object: { type: 'string', enum: ['model'] },
    created: { type: 'integer' },
    owned_by: { type: 'string', example: 'openai' },
  },
};

export const FILE_SCHEMA: Schema = anyFields({
  id: { type: 'string' },
  object: { type: 'string', example: 'file' },
  bytes: { type: 'integer' },
  created_at: { type: 'integer' },
  filename: { type: 'string' },
  purpose: { type: 'string' },
});

export const LIST_SCHEMA: Schema = anyFields({
  object: { type: 'string', example: 'list' },
  data: { type: 'array', items: anyFields({}) },
});

const ANSWER = { schema: anyFields({}) };

export const JSON_ANSWER: ApiResponseOptions = {
  description: 'The provider’s answer as it came',
  content: { 'application/json': ANSWER },
};

export const JSON_OR_STREAM: ApiResponseOptions = {
  description: 'The provider’s answer as it came',
  content: { 'application/json': ANSWER, 'text/event-stream': { schema: { type: 'string' } } },
};
