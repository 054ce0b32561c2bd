import { cutText } from '../common/cut-text';
import type { NewMessage, StoredMessage, StoredToolCall } from '../conversations/message.types';
import type { ChatMessage, ToolCallMessage } from '../models/chat.types';
import { textOfContent } from '../models/message-content';
import { estimateTokens } from '../models/token-estimate';
import { toCallId } from './call-ids';

const LONGEST_OLD_TOOL_RESULT = 2000;
/** Role, separators and ids cost a little beside the text. */
const TOKENS_OF_A_FRAME = 8;
const REASONING = 'reasoning_content';

/**
 * What of a conversation a model is shown: the newest whole turns that fit, oldest first. A turn is never cut, so a
 * call never stands without its result. The result's beginning stays the same from turn to turn while nothing drops
 * out, so the provider's prompt cache finds it.
 * @param provider the one that is asked, as the ledger calls it
 */
export function projectHistory(
  messages: readonly StoredMessage[],
  tokenLimit: number,
  provider: string,
): ChatMessage[] {
  const turns = groupByTurn(messages).map((turn) =>
    turn.map(({ message }) => toChatMessage(capOldResult(message), provider)),
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

/**
 * A message as a provider reads it. An assistant's message goes back to the provider that made it with the members
 * that came with it (docs/decisions/0019), to any other without them.
 */
export function toChatMessage(message: NewMessage, provider: string): ChatMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content };
    case 'tool':
      return { role: 'tool', tool_call_id: toCallId(message.toolCallId), content: message.content };
    case 'assistant': {
      const { content, toolCalls = [] } = message;
      const extras = message.extras?.provider === provider ? message.extras : undefined;
      if (toolCalls.length === 0) return { role: 'assistant', content, ...extras?.message };
      return {
        role: 'assistant',
        content: content === '' ? null : content,
        ...extras?.message,
        tool_calls: toolCalls.map((call, index) => toToolCall(call, extras?.calls?.[index])),
      };
    }
  }
}

function toToolCall(call: StoredToolCall, extras: Record<string, unknown> = {}): ToolCallMessage {
  return {
    ...extras,
    id: toCallId(call.id),
    type: 'function',
    function: {
      ...(extras.function as object | undefined),
      name: call.tool,
      arguments: JSON.stringify(call.arguments),
    },
  };
}

/**
 * DeepSeek refuses a list in which one of the assistant's messages lacks its thoughts (MoonshotAI/kimi-cli#2141). A
 * reply that was cut off has none, nor has one of another provider: they get empty ones where any has some.
 */
export function fillReasoning(messages: readonly ChatMessage[]): ChatMessage[] {
  const lacksIt = (message: ChatMessage): boolean => message.role === 'assistant' && !(REASONING in message);
  const isWanted = messages.some((message) => message.role === 'assistant' && REASONING in message);
  if (!isWanted) return [...messages];
  return messages.map((message) => (lacksIt(message) ? { ...message, [REASONING]: '' } : message));
}

/** A message without what only its provider reads, for the log. */
export function withoutExtras(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant') return message;
  const { role, tool_calls: calls } = message;
  const content = textOf(message);
  if (calls === undefined) return { role, content };
  const plain = calls.map(({ id, type, function: { name, arguments: given } }) => ({
    id,
    type,
    function: { name, arguments: given },
  }));
  return { role, content, tool_calls: plain };
}

/** A provider's own content can be a list of parts. */
function textOf({ content }: ChatMessage): string | null {
  const value: unknown = content;
  return Array.isArray(value) ? textOfContent(value) : content;
}

function capOldResult(message: NewMessage): NewMessage {
  if (message.role !== 'tool' || message.content.length <= LONGEST_OLD_TOOL_RESULT) return message;
  return {
    ...message,
    content: `${cutText(message.content, LONGEST_OLD_TOOL_RESULT)}… (shortened)`,
  };
}

/** Counts all that goes out: of an assistant's message also its calls, and what its provider wants back. */
function countTokens(message: ChatMessage): number {
  const { role, content, ...rest } = message;
  const value: unknown = content ?? '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const more = role === 'assistant' && Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
  return estimateTokens(text + more) + TOKENS_OF_A_FRAME;
}
