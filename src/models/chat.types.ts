/** The messages and tools a model is sent, in the terms of Chat Completions. */
export interface ToolCallMessage {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

export type ChatMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: ToolCallMessage[] }
  | { role: 'tool'; tool_call_id: string; content: string };

export interface ToolDefinition {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: object;
}

export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  /** Empty: the model must answer in words. */
  tools: readonly ToolDefinition[];
}

/** A call the model asks for. `argumentsText` is what it wrote: not always JSON. */
export interface RequestedToolCall {
  name: string;
  argumentsText: string;
}

/**
 * Members of a reply that are not read here and that its provider wants back with it, such as Gemini's
 * `extra_content` and DeepSeek's `reasoning_content` (docs/decisions/0019).
 */
export interface ReplyExtras {
  /** Of the message itself. */
  message?: Record<string, unknown>;
  /** One entry a call, in the order of the calls; `function` holds those of the call's function. */
  calls?: Record<string, unknown>[];
}

/** A whole, properly ended reply. */
export interface ModelReply {
  text: string;
  toolCalls: RequestedToolCall[];
  finishReason: string;
  extras?: ReplyExtras;
}
