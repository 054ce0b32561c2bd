import type { TurnEvent } from '../agent/turn.types';
import { toTurnAnswer } from './turn.dto';

/** A turn event as a block of `/api/chat/stream`. */
export function toBlock(event: TurnEvent, turn: { turnId: string; conversationId: number }): object {
  switch (event.type) {
    case 'delta':
      return { delta: event.text };
    case 'tool_call': {
      const { id, tool, arguments: given } = event.call;
      return { tool_call: { id, tool, arguments: given } };
    }
    case 'tool_result': {
      const { id, tool, isOk, result, changes } = event;
      return { tool_result: { id, tool, ok: isOk, result, changes } };
    }
    case 'completed':
      return { done: true, ...toTurnAnswer(turn.turnId, turn.conversationId, event.result) };
  }
}
