import type OpenAI from 'openai';

type Completion = OpenAI.Chat.Completions.ChatCompletion;
type Message = OpenAI.Chat.Completions.ChatCompletionMessage;
type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Delta = OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta;
type FinishReason = OpenAI.Chat.Completions.ChatCompletion.Choice['finish_reason'];

export const CHAT_PATH = '/v1/chat/completions';

const BASE = {
  id: 'chatcmpl-Dq4scripted',
  created: 1_795_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  service_tier: 'default',
  system_fingerprint: 'fp_scripted',
} as const;

/** The usage in every scripted chat answer, unless the test sets another. */
export const CHAT_USAGE: OpenAI.CompletionUsage = {
  prompt_tokens: 21,
  completion_tokens: 7,
  total_tokens: 28,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 2,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

export interface ChatAnswer {
  content?: string | null;
  tool_calls?: Message['tool_calls'];
  finish_reason?: FinishReason;
  model?: string;
  usage?: OpenAI.CompletionUsage;
}

/** The body of an answer that is not streamed. */
export function chatCompletion({
  content = 'Hello.',
  tool_calls,
  finish_reason = tool_calls === undefined ? 'stop' : 'tool_calls',
  model = BASE.model,
  usage = CHAT_USAGE,
}: ChatAnswer = {}): Completion {
  const message: Message = {
    role: 'assistant',
    content,
    refusal: null,
    annotations: [],
    ...(tool_calls === undefined ? {} : { tool_calls }),
  };
  return {
    ...BASE,
    model,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage,
  };
}

export interface ChatStream {
  /** Whether the client asked for the usage chunk; an object sets its contents. */
  usage?: boolean | OpenAI.CompletionUsage;
  finish_reason?: FinishReason;
  model?: string;
}

/**
 * The blocks of a stream, each with its blank line: the role, the deltas, the finish reason, usage if requested,
 * `[DONE]`.
 * @param deltas text, or a whole delta (such as a piece of a tool call)
 */
export function chatFrames(deltas: readonly (string | Delta)[], options: ChatStream = {}): string[] {
  const { usage = false, finish_reason = 'stop', model = BASE.model } = options;
  const base = { ...BASE, model, object: 'chat.completion.chunk' as const };
  const chunk = (delta: Delta, reason: FinishReason | null = null): string =>
    toFrame({
      ...base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(usage === false ? {} : { usage: null }),
    });
  const told = usage === true ? CHAT_USAGE : usage;
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...deltas.map((delta) => chunk(typeof delta === 'string' ? { content: delta } : delta)),
    chunk({}, finish_reason),
    ...(told === false ? [] : [toFrame({ ...base, choices: [], usage: told })]),
    'data: [DONE]\n\n',
  ];
}

export function chatStreamBytes(deltas: readonly (string | Delta)[], options?: ChatStream): Buffer {
  return Buffer.from(chatFrames(deltas, options).join(''));
}

function toFrame(chunk: Chunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
