import type { Json } from './to-openapi-31';

/** Headers of answers, as OpenAPI has them. */
export const HEADERS = {
  'X-Request-Id': {
    description: 'The request’s id: the client’s own, or one that the server made.',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  },
  'RateLimit-Limit': { description: 'Requests that the window holds.', schema: { type: 'integer' } },
  'RateLimit-Remaining': { description: 'Requests that are left in it.', schema: { type: 'integer' } },
  'RateLimit-Reset': { description: 'Seconds until the window is new.', schema: { type: 'integer' } },
  'x-ratelimit-limit-requests': {
    description: 'The same as `RateLimit-Limit`, by the name that OpenAI’s clients read.',
    schema: { type: 'integer' },
  },
  'x-ratelimit-remaining-requests': {
    description: 'The same as `RateLimit-Remaining`.',
    schema: { type: 'integer' },
  },
  'x-ratelimit-reset-requests': {
    description: 'The time until the window is new, such as `12s`.',
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': { required: true, schema: { type: 'string', enum: ['Bearer'] } },
  'X-Should-Retry': {
    description: '`false` where another try cannot help; OpenAI’s SDKs obey it.',
    schema: { type: 'string', enum: ['false'] },
  },
  'X-Model-Replaced': {
    description: '`old=new`, where the model that was named has ended.',
    schema: { type: 'string' },
  },
  'X-Adjusted-Params': {
    description: 'Parameters that were changed because the model takes them otherwise or not at all.',
    schema: { type: 'string' },
  },
  'X-Cache': {
    description: 'Whether a kept answer was found, where one was looked for.',
    schema: { type: 'string', enum: ['hit', 'miss'] },
  },
} as const satisfies Record<string, Json>;

export type HeaderName = keyof typeof HEADERS;

export const refersTo = (...names: HeaderName[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
