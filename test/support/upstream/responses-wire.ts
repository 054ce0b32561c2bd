import type OpenAI from 'openai';

type Response = OpenAI.Responses.Response;
type OutputItem = OpenAI.Responses.ResponseOutputItem;
type Message = OpenAI.Responses.ResponseOutputMessage;
type Event = OpenAI.Responses.ResponseStreamEvent;
type WithoutNumber<T> = T extends unknown ? Omit<T, 'sequence_number'> : never;

export const RESPONSES_PATH = '/v1/responses';

const MESSAGE_ID = 'msg_scripted';

/** The usage in every scripted response, unless the test sets another. */
export const RESPONSES_USAGE: OpenAI.Responses.ResponseUsage = {
  input_tokens: 21,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 28,
};

export interface ResponseAnswer {
  id?: string;
  content?: string;
  /** Items other than the message, such as function calls. */
  output?: OutputItem[];
  model?: string;
  usage?: OpenAI.Responses.ResponseUsage;
}

/** The body of an answer that is not streamed. */
export function responseBody(answer: ResponseAnswer = {}): Omit<Response, 'output_text'> {
  const { id = 'resp_scripted', content = 'Hello.', model = 'gpt-4o-mini-2024-07-18' } = answer;
  return {
    id,
    object: 'response',
    created_at: 1_795_000_000,
    completed_at: 1_795_000_001,
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model,
    output: answer.output ?? [messageOf(content)],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: answer.usage ?? RESPONSES_USAGE,
  };
}

/** The blocks of a stream with these deltas in one message, each with its blank line. */
export function responsesFrames(
  deltas: readonly string[],
  options: Omit<ResponseAnswer, 'content' | 'output'> = {},
): string[] {
  const text = deltas.join('');
  const whole = responseBody({ ...options, content: text }) as Response;
  const begun: Response = {
    ...whole,
    status: 'in_progress',
    completed_at: null,
    output: [],
    usage: undefined,
  };
  const item = messageOf(text);
  const at = { item_id: MESSAGE_ID, output_index: 0, content_index: 0 };
  const part = (said: string) => ({
    type: 'output_text' as const,
    text: said,
    annotations: [],
    logprobs: [],
  });
  const events: WithoutNumber<Event>[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: part('') },
    ...deltas.map((delta) => ({
      type: 'response.output_text.delta' as const,
      ...at,
      delta,
      logprobs: [],
    })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: part(text) },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ];
  return events.map((event, number) => responsesFrame({ ...event, sequence_number: number }));
}

export function responsesStreamBytes(
  deltas: readonly string[],
  options?: Parameters<typeof responsesFrames>[1],
): Buffer {
  return Buffer.from(responsesFrames(deltas, options).join(''));
}

/** A block, with its blank line. */
export function responsesFrame<Event extends { type: string }>(event: Event): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function messageOf(text: string): Message {
  return {
    id: MESSAGE_ID,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  };
}
