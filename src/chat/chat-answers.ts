import { type ApiResponseOptions, type ApiResponseSchemaHost, getSchemaPath } from '@nestjs/swagger';
import { ChangeView, TurnAnswer } from './turn.dto';

type Schema = ApiResponseSchemaHost['schema'];

const TURN_ID = 'c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69';

const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
});
const FREE: Schema = { type: 'object', additionalProperties: true };
const TEXT: Schema = { type: 'string' };

/** The provider says what else is in it. */
const COMPLETION: Schema = {
  ...object(
    {
      content: { type: 'string', description: 'The text of the first choice, or an empty text' },
      id: TEXT,
      model: TEXT,
      choices: { type: 'array', items: FREE },
      usage: { ...FREE, nullable: true },
    },
    ['content'],
  ),
  title: 'Completion',
  description: 'The provider’s completion as it came, and its text as `content`.',
  // Not `additionalProperties`: a client could then not tell the two answers apart by their fields.
  unevaluatedProperties: true,
} as Schema;

const TURN_EXAMPLE = {
  conversation_id: 1,
  response: 'You have no tasks.',
  tool_calls: [{ tool: 'list_tasks', arguments: { status: 'all' } }],
  turn_id: TURN_ID,
  model: 'gpt-4o-mini',
  changes: [],
  usage: { prompt_tokens: 310, completion_tokens: 42, total_tokens: 352 },
};

const COMPLETION_EXAMPLE = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
  content: 'Hello.',
};

/** Two answers, by what the body asked for. */
export const CHAT_ANSWER = (): ApiResponseOptions => ({
  description: 'To `message` the turn’s answer, to `messages` the provider’s completion',
  content: {
    'application/json': {
      schema: { oneOf: [{ $ref: getSchemaPath(TurnAnswer) }, COMPLETION] },
      examples: {
        turn: { summary: 'To `message`', value: TURN_EXAMPLE },
        completion: { summary: 'To `messages`', value: COMPLETION_EXAMPLE },
      },
    },
  },
});

/** What stands in a block of `/api/chat/stream`. */
const block = (): Schema => ({
  anyOf: [
    {
      ...object({ turn_id: { type: 'string', format: 'uuid' }, conversation_id: { type: 'integer' } }),
      title: 'Accepted',
    },
    { ...object({ delta: TEXT }), title: 'Delta' },
    { ...object({ tool_call: object({ id: TEXT, tool: TEXT, arguments: FREE }) }), title: 'ToolCall' },
    {
      ...object({
        tool_result: object({
          id: TEXT,
          tool: TEXT,
          ok: { type: 'boolean' },
          result: FREE,
          changes: { type: 'array', items: { $ref: getSchemaPath(ChangeView) } },
        }),
      }),
      title: 'ToolResult',
    },
    {
      ...object({ done: { type: 'boolean', enum: [true] } }),
      allOf: [{ $ref: getSchemaPath(TurnAnswer) }],
      title: 'Done',
    },
    {
      ...object({
        usage: { ...FREE, nullable: true },
        model: { ...TEXT, nullable: true },
        finish_reason: { ...TEXT, nullable: true },
      }),
      title: 'CompletionEnd',
    },
    { $ref: '#/components/schemas/Error' },
  ],
});

const asStream = (...blocks: (object | string)[]): string =>
  blocks.map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join('');

export const STREAM_ANSWER = (): ApiResponseOptions => ({
  description:
    'Blocks of one `data:` line each; the last is `[DONE]`, or after a failure the error. `contentSchema` is of the JSON in one block.',
  content: {
    'text/event-stream': {
      schema: { type: 'string', contentMediaType: 'text/event-stream', contentSchema: block() } as Schema,
      examples: {
        turn: {
          summary: 'To `message`',
          value: asStream(
            { turn_id: TURN_ID, conversation_id: 1 },
            { delta: 'You have ' },
            { delta: 'no tasks.' },
            { done: true, ...TURN_EXAMPLE },
            '[DONE]',
          ),
        },
        completion: {
          summary: 'To `messages`',
          value: asStream(
            { delta: 'Hello.' },
            { usage: COMPLETION_EXAMPLE.usage, model: 'gpt-4o-mini', finish_reason: 'stop' },
            '[DONE]',
          ),
        },
      },
    },
  },
});
