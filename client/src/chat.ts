import { BrokenStreamError } from './errors.js';
import { readBlocks } from './event-blocks.js';
import type { CallOptions, Http } from './http.js';
import { ReplyStream } from './reply-stream.js';

/** A message as the model's provider takes it; fields beyond these pass through. */
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
  /** `arguments` is the text that the model wrote: JSON, if it wrote well. */
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
  /** Their calls come back in the answer; the server runs none of them. */
  tools?: ChatTool[];
  tool_choice?: string | object;
  /** A model of the server's list, which also picks the provider; absent: the server's default. */
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

/** The provider's completion as it came, and the first choice's text beside it. */
export interface Completion {
  /** The first choice's text, empty where it has none. */
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

/** What a streamed completion came to. */
export interface StreamedCompletion {
  content: string;
  model: string;
  /** null where the provider did not say. */
  usage: Usage | null;
  finish_reason: string;
}

/** Iterates over the pieces of the text. */
export type CompletionStream = ReplyStream<string, StreamedCompletion>;

/** Completions that the server keeps nothing of. */
export function chatCalls(http: Http) {
  return {
    /** Completes a chat. */
    chatOnce(request: ChatRequest, options: CallOptions = {}): Promise<Completion> {
      return http.json({ method: 'POST', path: '/api/chat', body: request, ...options });
    },

    /** Completes a chat and tells the text as it is written. Leaving stops the model. */
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
