import type { Usage } from './chat.js';
import { BrokenStreamError } from './errors.js';
import { type Block, readBlocks } from './event-blocks.js';
import type { Call, CallOptions, Http } from './http.js';
import { ReplyStream } from './reply-stream.js';

export interface TurnRequest {
  /** The user's message, 1 to 10,000 characters. */
  message: string;
  /** Absent or null begins a new conversation. */
  conversation_id?: number | null;
  /** A model of the server's list; default: the server's default model. */
  model?: string;
}

export interface TurnOptions extends CallOptions {
  /** Identifies the attempt: a retry with the same key does not add the message twice. 1 to 255 characters. */
  idempotencyKey?: string;
}

export interface TurnToolCall {
  tool: string;
  arguments: Record<string, unknown>;
  /** Why the call did not run. */
  error?: string;
}

/** A change in the database, described by the server and never by the model. */
export interface Change {
  tool: string;
  task_id: number;
  change: 'created' | 'updated' | 'completed' | 'reopened' | 'deleted' | 'restored';
  title: string;
}

export interface TurnAnswer {
  conversation_id: number;
  turn_id: string;
  response: string;
  tool_calls: TurnToolCall[];
  changes: Change[];
  model: string;
  /** The sum over the turn's model calls. */
  usage: Usage;
}

export interface Turn extends TurnAnswer {
  state: 'running' | 'completed' | 'cancelled' | 'failed';
  error?: { code: string; message: string };
  created_at: string;
  finished_at: string | null;
}

/** A block of the stream, unchanged except for its added `type`. */
export type TurnEvent =
  | { type: 'accepted'; turn_id: string; conversation_id: number }
  | { type: 'delta'; delta: string }
  | { type: 'tool_call'; tool_call: TurnToolCall & { id: string } }
  | { type: 'tool_result'; tool_result: ToolResult }
  | ({ type: 'done' } & TurnAnswer);

export interface ToolResult {
  id: string;
  tool: string;
  ok: boolean;
  result: unknown;
  changes: Change[];
}

export type TurnStream = ReplyStream<TurnEvent, TurnAnswer>;

/** Turns of the task agent. Leaving a stream does not stop its turn; `turns.cancel` does. */
export function turnCalls(http: Http) {
  return {
    /** Sends a message to the agent, and waits for the whole turn. */
    sendMessage(request: TurnRequest, options: TurnOptions = {}): Promise<TurnAnswer> {
      return http.json(toCall('/api/chat', request, options));
    },

    /** Sends a message to the agent, and yields the turn's events as they arrive. */
    streamMessage(request: TurnRequest, options: TurnOptions = {}): TurnStream {
      return new ReplyStream(streamTurn(http, toCall('/api/chat/stream', request, options)));
    },

    turns: {
      /** A turn: its state, and its answer so far. */
      get(id: string, options: CallOptions = {}): Promise<Turn> {
        return http.json({ method: 'GET', path: `/api/turns/${encodeURIComponent(id)}`, ...options });
      },

      /** Ends a running turn and keeps the text so far. Does not change a finished turn. */
      cancel(id: string, options: CallOptions = {}): Promise<Turn> {
        return http.json({ method: 'POST', path: `/api/turns/${encodeURIComponent(id)}/cancel`, ...options });
      },
    },
  };
}

function toCall(path: string, body: TurnRequest, { signal, idempotencyKey }: TurnOptions): Call {
  return { method: 'POST', path, body, headers: { 'idempotency-key': idempotencyKey }, signal };
}

async function* streamTurn(http: Http, call: Call): AsyncGenerator<TurnEvent, TurnAnswer, undefined> {
  const body = await http.stream(call);
  let accepted: { turnId: string; conversationId: number } | undefined;
  let answer: TurnAnswer | undefined;
  try {
    for await (const block of readBlocks(body, call.signal)) {
      const event = toTurnEvent(block);
      if (event?.type === 'accepted') {
        accepted = { turnId: event.turn_id, conversationId: event.conversation_id };
      } else if (event?.type === 'done') {
        answer = withoutType(event);
      }
      if (event !== undefined) yield event;
    }
  } catch (error) {
    // The turn continues without its reader, who can request it by its id.
    if (error instanceof BrokenStreamError) throw new BrokenStreamError({ ...accepted, cause: error.cause });
    throw error;
  }
  if (answer === undefined) throw new BrokenStreamError(accepted);
  return answer;
}

/** @returns undefined for a kind of block unknown to this version */
function toTurnEvent(block: Block): TurnEvent | undefined {
  const type = (['done', 'delta', 'tool_call', 'tool_result'] as const).find((kind) => kind in block);
  if (type === 'done') {
    const { done: _, ...answer } = block;
    return { type, ...answer } as TurnEvent;
  }
  if (type !== undefined) return { type, ...block } as TurnEvent;
  return 'turn_id' in block ? ({ type: 'accepted', ...block } as TurnEvent) : undefined;
}

function withoutType({ type: _, ...answer }: { type: 'done' } & TurnAnswer): TurnAnswer {
  return answer;
}
