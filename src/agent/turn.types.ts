import type { StoredToolCall } from '../conversations/message.types';
import type { Change } from '../tools/tool.types';
import type { TokenUsage } from '../usage/usage.types';

/** `calling`: waiting for the model; `tools`: its calls are journalled and about to run. */
export type TurnState = 'calling' | 'tools' | 'completed' | 'cancelled' | 'failed';

/** A turn's result so far, and its final result once the turn has ended. */
export interface TurnResult {
  response: string;
  toolCalls: StoredToolCall[];
  changes: Change[];
  /** Summed over the turn's calls. */
  usage: TokenUsage;
  /** The model that answered, by the provider's name. */
  model: string;
}

/** The right to move a turn: who holds its lease, and where it stands. */
export interface TurnPosition {
  turnId: string;
  conversationId: number;
  leaseToken: string;
  step: number;
}

/** A turn as it is read back. */
export interface Turn {
  id: string;
  conversationId: number;
  state: TurnState;
  isLeaseExpired: boolean;
  isCancelRequested: boolean;
  leaseToken: string;
  step: number;
  model: string;
  error?: { code: string; message: string };
  result?: TurnResult;
  createdAt: Date;
  finishedAt?: Date;
}

export type TurnEvent =
  | { type: 'delta'; text: string }
  | { type: 'tool_call'; call: StoredToolCall }
  | { type: 'tool_result'; id: string; tool: string; isOk: boolean; result: unknown; changes: Change[] }
  | { type: 'completed'; result: TurnResult };

export const isActive = (state: TurnState): boolean => state === 'calling' || state === 'tools';
