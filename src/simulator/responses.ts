import type OpenAI from 'openai';
import { BoundedStore } from './bounded-store';
import type { ModelRequest } from './dialogue';
import { type ModelReply, newId, SIMULATOR_MODEL } from './model-reply';
import {
  type Body,
  optionalBoolean,
  optionalNumber,
  readFormat,
  readToolChoice,
  readTools,
  refuseBadSampling,
  refuseUnknown,
  requireModel,
  wrongType,
  wrongValue,
} from './request-shape';
import { type InputItem, isReference, readInputItems, toEntries } from './response-input';
import { invalidRequest, notFound } from './wire';

export type ResponseBody = Omit<OpenAI.Responses.Response, 'output_text'>;

/** A parsed request, with everything needed to answer it. */
export interface ResponseRequest {
  readonly model: ModelRequest;
  readonly items: readonly InputItem[];
  readonly stream: boolean;
  readonly store: boolean;
  /** The request fields that the answer repeats. */
  readonly echo: ReturnType<typeof echoOf>;
}

const PARAMETERS = new Set(
  (
    'background client_metadata context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation ' +
    'parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning ' +
    'safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user'
  ).split(' '),
);
const LEAST_OUTPUT_TOKENS = 16;
const MOST_STORED = 200;
const MOST_STORED_BYTES = 64 * 1024 * 1024;
const MOST_LISTED_ITEMS = 100;

interface StoredResponse {
  readonly response: ResponseBody;
  /** All items before the response, from the start of the conversation. */
  readonly input: readonly InputItem[];
}

/** Keeps responses for `previous_response_id`, references and retrieval, as long as there is room. */
export class ResponseStore {
  private readonly stored = new BoundedStore<StoredResponse>(MOST_STORED, MOST_STORED_BYTES);

  keep(response: ResponseBody, items: readonly InputItem[]): void {
    const input = items.map((item) => ({ id: newId('msg_'), ...item }));
    this.stored.put(response.id, { response, input }, JSON.stringify([response, input]).length);
  }

  /** @throws ProviderError 404 */
  find(id: string): ResponseBody {
    return this.require(id, null).response;
  }

  /**
   * All items of the conversation up to and including that response.
   * @throws ProviderError 404
   */
  itemsUpTo(id: string): readonly InputItem[] {
    return itemsOf(this.require(id, 'previous_response_id'));
  }

  /**
   * The input items of the response, newest first unless `order=asc`.
   * @throws ProviderError 404
   */
  listInput(id: string, query: URLSearchParams): object {
    const input = [...this.require(id, null).input];
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LISTED_ITEMS)
      throw wrongValue('limit', `1 to ${MOST_LISTED_ITEMS}`);
    if (query.get('order') !== 'asc') input.reverse();
    const after = query.get('after');
    const rest = input.slice(after === null ? 0 : input.findIndex((item) => item['id'] === after) + 1);
    const data = rest.slice(0, limit);
    return {
      object: 'list',
      data,
      first_id: data[0]?.['id'],
      last_id: data.at(-1)?.['id'],
      has_more: rest.length > limit,
    };
  }

  /**
   * Finds an item of any stored response.
   * @throws ProviderError 404
   */
  findItem(id: string): InputItem {
    const found = this.stored
      .all()
      .flatMap(itemsOf)
      .find((item) => item['id'] === id);
    if (found) return found;
    throw notFound(`There is no item with the id '${id}'.`, 'input');
  }

  /** @throws ProviderError always: a response is finished when its request is */
  cancel(id: string): never {
    this.require(id, null);
    throw invalidRequest('Only a response that is made in the background can be cancelled.');
  }

  /** @throws ProviderError 404 */
  delete(id: string): { id: string; object: 'response'; deleted: true } {
    this.require(id, null);
    this.stored.delete(id);
    return { id, object: 'response', deleted: true };
  }

  private require(id: string, param: string | null): StoredResponse {
    const found = this.stored.get(id);
    if (found) return found;
    const code = param === null ? null : 'previous_response_not_found';
    throw notFound(`There is no response with the id '${id}'.`, param, code);
  }
}

const itemsOf = ({ response, input }: StoredResponse): readonly InputItem[] => [
  ...input,
  ...(response.output as unknown as InputItem[]),
];

/** @throws ProviderError if the provider would refuse the request */
export function readResponseRequest(body: Body, store: ResponseStore): ResponseRequest {
  refuseUnknown(body, PARAMETERS);
  requireModel(body);
  refuseBadSampling(body);
  if (optionalBoolean(body, 'background')) {
    throw invalidRequest(
      'The simulator answers at once: background must be false.',
      'background',
      'unsupported_value',
    );
  }
  const { instructions, previous_response_id: previousId, text, tools: declared } = body;
  if (instructions !== undefined && instructions !== null && typeof instructions !== 'string') {
    throw wrongType('instructions', 'a string');
  }
  if (previousId !== undefined && previousId !== null && typeof previousId !== 'string') {
    throw wrongType('previous_response_id', 'a string');
  }
  const earlier = typeof previousId === 'string' ? store.itemsUpTo(previousId) : [];
  const given = readInputItems(body['input']);
  const items = [
    ...earlier,
    ...given.map((item) => (isReference(item) ? store.findItem(String(item['id'])) : item)),
  ];
  const hasTools = Array.isArray(declared) && declared.length > 0;
  const tools = readTools(
    declared,
    (tool) => tool,
    (index) => `tools[${index}]`,
  );
  const format = (text as Body | null | undefined)?.['format'];
  const maxOutputTokens = optionalNumber(body, 'max_output_tokens', {
    least: LEAST_OUTPUT_TOKENS,
    most: Number.MAX_SAFE_INTEGER,
    isInteger: true,
  });
  const model: ModelRequest = {
    entries: [
      ...(instructions ? [{ kind: 'instruction' as const, text: instructions }] : []),
      ...toEntries(items),
    ],
    tools,
    toolChoice: readToolChoice(body['tool_choice'], tools, hasTools, (choice) => choice['name']),
    allowsParallelCalls: optionalBoolean(body, 'parallel_tool_calls') ?? true,
    format: readFormat(format, 'text.format', (each) => each),
    maxOutputTokens,
  };
  return {
    model,
    items,
    stream: optionalBoolean(body, 'stream') ?? false,
    store: optionalBoolean(body, 'store') ?? true,
    echo: echoOf(body),
  };
}

export function toResponse(request: ResponseRequest, reply: ModelReply, now: Date): ResponseBody {
  const seconds = Math.floor(now.getTime() / 1000);
  const isCut = reply.finishReason === 'length';
  return {
    id: newId('resp_'),
    object: 'response',
    created_at: seconds,
    ...(!isCut && { completed_at: seconds }),
    status: isCut ? 'incomplete' : 'completed',
    background: false,
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    model: SIMULATOR_MODEL,
    output: outputOf(reply, isCut),
    ...request.echo,
    usage: {
      input_tokens: reply.inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: reply.outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: reply.inputTokens + reply.outputTokens,
    },
  };
}

function outputOf({ text, calls }: ModelReply, isCut: boolean): OpenAI.Responses.ResponseOutputItem[] {
  if (calls.length > 0) {
    return calls.map(({ id, name, arguments: input }) => ({
      type: 'function_call',
      id: newId('fc_'),
      call_id: id,
      name,
      arguments: input,
      status: 'completed',
    }));
  }
  return [
    {
      type: 'message',
      id: newId('msg_'),
      role: 'assistant',
      status: isCut ? 'incomplete' : 'completed',
      content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
    },
  ];
}

function echoOf(body: Body) {
  const given = <Value>(name: string, otherwise: Value): Value => (body[name] ?? otherwise) as Value;
  return {
    instructions: given<string | null>('instructions', null),
    max_output_tokens: given<number | null>('max_output_tokens', null),
    metadata: given<Record<string, string>>('metadata', {}),
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given<string | null>('previous_response_id', null),
    reasoning: given<OpenAI.Reasoning>('reasoning', { effort: null, summary: null }),
    service_tier: 'default' as const,
    store: given('store', true),
    temperature: given('temperature', 1),
    text: given<OpenAI.Responses.ResponseTextConfig>('text', { format: { type: 'text' } }),
    tool_choice: given<OpenAI.Responses.ToolChoiceOptions>('tool_choice', 'auto'),
    tools: given<OpenAI.Responses.Tool[]>('tools', []),
    top_logprobs: 0,
    top_p: given('top_p', 1),
    truncation: given<'auto' | 'disabled'>('truncation', 'disabled'),
  };
}
