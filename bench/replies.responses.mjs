/** A response and its stream, as the Responses API sends them. */
import { deltas, TEXT } from './reply-plan.mjs';

const CREATED = 1763600000;
const MODEL = 'gpt-4o-mini-2024-07-18';
const MESSAGE_ITEM = 'msg_0123456789abcdef';

/** @param id unique for each response, because the server records its owner */
export function response(id) {
  return JSON.stringify(responseObject(id, 'completed', TEXT, 150));
}

function responseObject(id, status, text, outputTokens) {
  const isCompleted = status === 'completed';
  return {
    id,
    object: 'response',
    created_at: CREATED,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: MODEL,
    output: isCompleted ? [messageItem(status, [textPart(text)])] : [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: isCompleted
      ? {
          input_tokens: 120,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: outputTokens,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 120 + outputTokens,
        }
      : null,
    user: null,
    metadata: {},
  };
}

const messageItem = (status, content) => ({
  id: MESSAGE_ITEM,
  type: 'message',
  status,
  role: 'assistant',
  content,
});

const textPart = (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

/**
 * The closing events repeat a fixed text, not the deltas: a long stream would contain itself four times over.
 * @returns one string for each event; only the first and the last contain the id
 */
export function responseEvents(plan, id) {
  const place = { item_id: MESSAGE_ITEM, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: responseObject(id, 'in_progress') },
    { type: 'response.output_item.added', output_index: 0, item: messageItem('in_progress', []) },
    { type: 'response.content_part.added', ...place, part: textPart('') },
    ...deltas(plan).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text: TEXT, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: textPart(TEXT) },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: messageItem('completed', [textPart(TEXT)]),
    },
    { type: 'response.completed', response: responseObject(id, 'completed', TEXT, plan.count) },
  ];
  return events.map(
    ({ type, ...rest }, index) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...rest })}\n\n`,
  );
}
