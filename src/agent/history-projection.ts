import type { NewMessage, StoredMessage, StoredToolCall } from '../conversations/message.types';
import type { ChatMessage, ToolCallMessage } from '../models/chat.types';
import { estimateTokens } from '../models/token-estimate';

const LONGEST_OLD_TOOL_RESULT = 2000;
/** Role, separators and ids cost a little beside the text. */
const TOKENS_OF_A_FRAME = 8;

/**
 * What of a conversation a model is shown: the newest whole turns that fit, oldest first. A turn is never cut, so a
 * call never stands without its result. The result's beginning stays the same from turn to turn while nothing drops
 * out, so the provider's prompt cache finds it.
 */
export function projectHistory(messages: readonly StoredMessage[], tokenLimit: number): ChatMessage[] {
  const turns = groupByTurn(messages).map((turn) =>
    turn.map(({ message }) => toChatMessage(capOldResult(message))),
  );
  const shown: ChatMessage[][] = [];
  let tokens = 0;
  for (const turn of turns.reverse()) {
    tokens += turn.reduce((sum, message) => sum + countTokens(message), 0);
    if (tokens > tokenLimit) break;
    shown.unshift(turn);
  }
  return shown.flat();
}

/** The messages that were read may begin in the middle of a turn: what lacks its beginning is left out. */
function groupByTurn(messages: readonly StoredMessage[]): StoredMessage[][] {
  const turns: StoredMessage[][] = [];
  for (const message of messages) {
    const current = turns.at(-1);
    if (current?.[0]?.turnId === message.turnId) current.push(message);
    else turns.push([message]);
  }
  return turns.filter(([first]) => first?.message.role === 'user');
}

export function toChatMessage(message: NewMessage): ChatMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      const { content, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content };
      return {
        role: 'assistant',
        content: content === '' ? null : content,
        tool_calls: toolCalls.map(toToolCall),
      };
    }
  }
}

function toToolCall(call: StoredToolCall): ToolCallMessage {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.tool, arguments: JSON.stringify(call.arguments) },
  };
}

function capOldResult(message: NewMessage): NewMessage {
  if (message.role !== 'tool' || message.content.length <= LONGEST_OLD_TOOL_RESULT) return message;
  return {
    ...message,
    content: `${message.content.slice(0, LONGEST_OLD_TOOL_RESULT).toWellFormed()}… (shortened)`,
  };
}

function countTokens(message: ChatMessage): number {
  const calls =
    message.role === 'assistant' && message.tool_calls !== undefined
      ? JSON.stringify(message.tool_calls)
      : '';
  return estimateTokens((message.content ?? '') + calls) + TOKENS_OF_A_FRAME;
}
