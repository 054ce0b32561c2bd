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

/** A whole, properly ended reply. */
export interface ModelReply {
  text: string;
  toolCalls: RequestedToolCall[];
  finishReason: string;
}
