import { BrokenStreamError } from './errors.js';
import { readBlocks } from './event-blocks.js';
import type { CallOptions, Http } from './http.js';
import { ReplyStream } from './reply-stream.js';

/** A message in the form of the model's provider; additional fields are passed on. */
export interface ChatMessage {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | (string & {});
  content?: string | object[] | null;
  name?: string;
  tool_calls?: ChatToolCall[];
  tool_call_id?: string;
  [field: string]: unknown;
}

export interface ChatToolCall {
  id: string;
  type: 'function' | (string & {});
  /** `arguments` is the model's text: JSON, unless the model made a mistake. */
  function: { name: string; arguments: string };
  [field: string]: unknown;
}

export interface ChatTool {
  type: 'function' | (string & {});
  function?: { name: string; description?: string; parameters?: object; strict?: boolean };
  [field: string]: unknown;
}

export interface ChatRequest {
  messages: ChatMessage[];
  /** The answer contains the model's calls of these tools; the server runs none of them. */
  tools?: ChatTool[];
  tool_choice?: string | object;
  /** A model of the server's list, which also selects the provider; default: the server's default model. */
  model?: string;
  temperature?: number;
  max_tokens?: number;
  verbosity?: string;
  reasoning_effort?: string;
  response_format?: object;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  [field: string]: unknown;
}

/** The provider's unchanged completion, plus the first choice's text. */
export interface Completion {
  /** The first choice's text; empty if it has none. */
  content: string;
  id: string;
  model: string;
  choices: CompletionChoice[];
  usage?: Usage;
  [field: string]: unknown;
}

export interface CompletionChoice {
  index: number;
  message: ChatMessage;
  finish_reason: string;
  [field: string]: unknown;
}

/** The result of a streamed completion. */
export interface StreamedCompletion {
  content: string;
  model: string;
  /** null if the provider reported none. */
  usage: Usage | null;
  finish_reason: string;
}

/** Iterates over the pieces of the text. */
export type CompletionStream = ReplyStream<string, StreamedCompletion>;

/** Completions that the server does not store. */
export function chatCalls(http: Http) {
  return {
    chatOnce(request: ChatRequest, options: CallOptions = {}): Promise<Completion> {
      return http.json({ method: 'POST', path: '/api/chat', body: request, ...options });
    },

    /** Completes a chat and yields the text as it is written. Leaving the loop stops the model. */
    chatStream(request: ChatRequest, options: CallOptions = {}): CompletionStream {
      return new ReplyStream(streamCompletion(http, request, options));
    },
  };
}

async function* streamCompletion(
  http: Http,
  request: ChatRequest,
  { signal }: CallOptions,
): AsyncGenerator<string, StreamedCompletion, undefined> {
  const body = await http.stream({ method: 'POST', path: '/api/chat/stream', body: request, signal });
  let content = '';
  let summary: Omit<StreamedCompletion, 'content'> | undefined;
  for await (const block of readBlocks(body, signal)) {
    if (typeof block.delta === 'string') {
      content += block.delta;
      yield block.delta;
    } else if ('finish_reason' in block) {
      summary = block as Omit<StreamedCompletion, 'content'>;
    }
  }
  if (summary === undefined) throw new BrokenStreamError();
  return { content, ...summary };
}
