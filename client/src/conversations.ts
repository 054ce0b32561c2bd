import type { CallOptions, Http } from './http.js';
import type { Page, PageQuery } from './page.js';
import type { TurnToolCall } from './turns.js';

export interface Conversation {
  id: number;
  title: string;
  archived: boolean;
  created_at: string;
  updated_at: string;
}

export interface Message {
  id: number;
  turn_id: string;
  role: 'user' | 'assistant' | 'tool';
  content: string;
  tool_calls?: (TurnToolCall & { id: string })[];
  tool_call_id?: string;
  /** `partial`: the text of an interrupted reply. */
  status: 'complete' | 'partial';
  created_at: string;
}

export interface ConversationsQuery extends PageQuery {
  /** true lists the archived conversations instead. */
  archived?: boolean;
}

export interface ConversationPatch {
  title?: string;
  archived?: boolean;
}

export function conversationCalls(http: Http) {
  const pathOf = (id: number): string => `/api/conversations/${encodeURIComponent(id)}`;
  return {
    /** Most recently used first. */
    list(query: ConversationsQuery = {}, options: CallOptions = {}): Promise<Page<Conversation>> {
      return http.json({ method: 'GET', path: '/api/conversations', query, ...options });
    },

    get(id: number, options: CallOptions = {}): Promise<Conversation> {
      return http.json({ method: 'GET', path: pathOf(id), ...options });
    },

    /** The messages, oldest first. */
    messages(id: number, query: PageQuery = {}, options: CallOptions = {}): Promise<Page<Message>> {
      return http.json({ method: 'GET', path: `${pathOf(id)}/messages`, query, ...options });
    },

    /** Renames, archives or restores a conversation. */
    update(id: number, patch: ConversationPatch, options: CallOptions = {}): Promise<Conversation> {
      return http.json({ method: 'PATCH', path: pathOf(id), body: patch, ...options });
    },

    /** Deletes a conversation with its messages. */
    delete(id: number, options: CallOptions = {}): Promise<void> {
      return http.json({ method: 'DELETE', path: pathOf(id), ...options });
    },
  };
}
