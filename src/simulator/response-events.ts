import type OpenAI from 'openai';
import type { ResponseBody } from './responses';
import { splitArguments, splitIntoDeltas } from './tokens';
import { type Frame, frame } from './wire';

type WithoutNumber<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
type Event = WithoutNumber<OpenAI.Responses.ResponseStreamEvent>;
type OutputItem = OpenAI.Responses.ResponseOutputItem;
type Message = Extract<OutputItem, { type: 'message' }>;
type FunctionCall = Extract<OutputItem, { type: 'function_call' }>;

/** The events of a streamed response, numbered from 0. */
export function toResponseEvents(response: ResponseBody): Frame[] {
  const { usage: _usage, completed_at: _completedAt, ...unfinished } = response;
  const begun = {
    ...unfinished,
    status: 'in_progress',
    incomplete_details: null,
    output: [],
    usage: undefined,
  } as const;
  const events: Event[] = [
    { type: 'response.created', response: begun as unknown as OpenAI.Responses.Response },
    { type: 'response.in_progress', response: begun as unknown as OpenAI.Responses.Response },
    ...response.output.flatMap((item, index): Event[] => {
      if (item.type === 'message') return messageEvents(item, index);
      return item.type === 'function_call' ? callEvents(item, index) : [];
    }),
    {
      type: response.status === 'incomplete' ? 'response.incomplete' : 'response.completed',
      response: response as OpenAI.Responses.Response,
    },
  ];
  return events.map((event, number) =>
    frame(
      { ...event, sequence_number: number },
      { event: event.type, isDelta: event.type.endsWith('.delta') },
    ),
  );
}

export function responseErrorFrame(): Frame {
  const message = 'The server had an error in the middle of its answer.';
  return frame(
    { type: 'error', code: 'server_error', message, param: null, sequence_number: 1 },
    { event: 'error' },
  );
}

function messageEvents(item: Message, index: number): Event[] {
  const [part] = item.content;
  const text = part?.type === 'output_text' ? part.text : '';
  const at = { item_id: item.id, output_index: index, content_index: 0 };
  const empty = { type: 'output_text' as const, text: '', annotations: [], logprobs: [] };
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: empty },
    ...splitIntoDeltas(text).map((delta): Event => ({
      type: 'response.output_text.delta',
      ...at,
      delta,
      logprobs: [],
    })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: { ...empty, text } },
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

function callEvents(item: FunctionCall, index: number): Event[] {
  const at = { item_id: item.id ?? '', output_index: index };
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { ...item, status: 'in_progress', arguments: '' },
    },
    ...splitArguments(item.arguments).map((delta): Event => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...at, name: item.name, arguments: item.arguments },
    { type: 'response.output_item.done', output_index: index, item },
  ];
}
