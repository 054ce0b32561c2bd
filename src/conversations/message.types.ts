/** A call as it is kept and shown: the arguments as the JSON object they are, `{}` where the model wrote none. */
export interface StoredToolCall {
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  error?: string;
}

/**
 * Members of a provider's reply that it wants back with the message (docs/decisions/0019). They go to this provider
 * only, and no answer, event or log shows them.
 */
export interface ProviderExtras {
  /** As the ledger calls it. */
  provider: string;
  /** The model that made the reply. */
  model: string;
  message?: Record<string, unknown>;
  /** One entry a call, in the order of `toolCalls`. */
  calls?: Record<string, unknown>[];
}

/** What a message says, by its role. */
export type NewMessage =
  | { role: 'user'; content: string }
  | { role: 'assistant'; content: string; toolCalls?: StoredToolCall[]; extras?: ProviderExtras }
  /** `content` is the result as JSON text. */
  | { role: 'tool'; toolCallId: string; content: string };

export type MessageStatus = 'complete' | 'partial';

export interface StoredMessage {
  id: number;
  seq: number;
  turnId: string;
  message: NewMessage;
  status: MessageStatus;
  createdAt: Date;
}

export interface Conversation {
  id: number;
  title: string;
  isArchived: boolean;
  createdAt: Date;
  updatedAt: Date;
}
