import type OpenAI from 'openai';
import { readChatMessages } from './chat-messages';
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
} from './request-shape';
import { splitArguments, splitIntoDeltas } from './tokens';
import { type Frame, frame, invalidRequest } from './wire';

type Completion = OpenAI.Chat.Completions.ChatCompletion;
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Delta = OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta;

const PARAMETERS = new Set(
  (
    'audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities ' +
    'model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention ' +
    'reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools ' +
    'top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
);

/** @throws ProviderError if the provider would refuse the request */
export function readChatRequest(body: Body): ModelRequest {
  refuseUnknown(body, PARAMETERS);
  requireModel(body);
  const entries = readChatMessages(body['messages']);
  const hasTools = body['tools'] !== undefined && body['tools'] !== null;
  if (Array.isArray(body['tools']) && body['tools'].length === 0) {
    throw invalidRequest("'tools' must hold at least one tool, or be left out.", 'tools', 'empty_array');
  }
  const tools = readTools(
    body['tools'],
    (tool) => tool['function'],
    (index) => `tools[${index}].function`,
  );
  const isParallel = optionalBoolean(body, 'parallel_tool_calls');
  if (isParallel !== undefined && !hasTools) {
    throw invalidRequest("'parallel_tool_calls' needs 'tools'.", 'parallel_tool_calls');
  }
  if ((optionalNumber(body, 'n', { least: 1, most: 128, isInteger: true }) ?? 1) !== 1) {
    throw invalidRequest('The simulator makes one choice: n must be 1.', 'n', 'unsupported_value');
  }
  refuseBadSampling(body);
  readStreaming(body);
  return {
    entries,
    tools,
    toolChoice: readToolChoice(
      body['tool_choice'],
      tools,
      hasTools,
      (choice) => (choice['function'] as Body | undefined)?.['name'],
    ),
    allowsParallelCalls: isParallel ?? true,
    format: readFormat(body['response_format'], 'response_format', (format) => format['json_schema']),
    maxOutputTokens: readLimit(body),
  };
}

export function readStreaming(body: Body): { stream: boolean; includesUsage: boolean } {
  const stream = optionalBoolean(body, 'stream') ?? false;
  const options = body['stream_options'] ?? undefined;
  if (options !== undefined && (typeof options !== 'object' || Array.isArray(options))) {
    throw wrongType('stream_options', 'an object');
  }
  if (options !== undefined && !stream) {
    throw invalidRequest("'stream_options' is allowed only with 'stream'.", 'stream_options');
  }
  return { stream, includesUsage: (options as Body | undefined)?.['include_usage'] === true };
}

export function toCompletion(reply: ModelReply, now: Date): Completion {
  const { text, calls, finishReason } = reply;
  return {
    ...envelope(now),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: calls.length > 0 ? null : text,
          refusal: null,
          annotations: [],
          ...(calls.length > 0 && {
            tool_calls: calls.map(({ id, name, arguments: input }) => ({
              id,
              type: 'function' as const,
              function: { name, arguments: input },
            })),
          }),
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: usageOf(reply),
  };
}

/** The chunks of a stream, `[DONE]` last. */
export function toChunks(reply: ModelReply, now: Date, includesUsage: boolean): Frame[] {
  const base = { ...envelope(now), object: 'chat.completion.chunk' as const };
  const chunk = (delta: Delta, finishReason: ModelReply['finishReason'] | null = null): Chunk => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(includesUsage && { usage: null }),
  });
  const content = reply.calls.length > 0 ? null : '';
  const deltas: Delta[] = [
    ...splitIntoDeltas(reply.text).map((piece) => ({ content: piece })),
    ...reply.calls.flatMap(({ id, name, arguments: input }, index) => [
      { tool_calls: [{ index, id, type: 'function' as const, function: { name, arguments: '' } }] },
      ...splitArguments(input).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ];
  return [
    frame(chunk({ role: 'assistant', content, refusal: null })),
    ...deltas.map((delta) => frame(chunk(delta), { isDelta: true })),
    frame(chunk({}, reply.finishReason)),
    ...(includesUsage ? [frame({ ...base, choices: [], usage: usageOf(reply) } satisfies Chunk)] : []),
    frame('[DONE]'),
  ];
}

export function chatErrorFrame(): Frame {
  return frame({
    error: {
      message: 'The server had an error in the middle of its answer.',
      type: 'server_error',
      param: null,
      code: null,
    },
  });
}

function readLimit(body: Body): number | undefined {
  const bounds = { least: 1, most: Number.MAX_SAFE_INTEGER, isInteger: true };
  const limit = optionalNumber(body, 'max_tokens', bounds);
  const newerLimit = optionalNumber(body, 'max_completion_tokens', bounds);
  if (limit !== undefined && newerLimit !== undefined) {
    throw invalidRequest(
      "Give 'max_tokens' or 'max_completion_tokens', not both.",
      'max_tokens',
      'invalid_parameter_combination',
    );
  }
  return newerLimit ?? limit;
}

function envelope(
  now: Date,
): Pick<Completion, 'id' | 'created' | 'model' | 'service_tier' | 'system_fingerprint'> {
  return {
    id: newId('chatcmpl-'),
    created: Math.floor(now.getTime() / 1000),
    model: SIMULATOR_MODEL,
    service_tier: 'default',
    system_fingerprint: 'fp_simulator',
  };
}

function usageOf({ inputTokens, outputTokens }: ModelReply): OpenAI.CompletionUsage {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
