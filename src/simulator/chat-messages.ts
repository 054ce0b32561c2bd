import { asRecord, type Entry } from './dialogue';
import { textOfContent, missing, wrongType, wrongValue } from './request-shape';
import { invalidRequest } from './wire';

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

/**
 * Reads the messages of a chat completion as entries and enforces the provider's rules: known roles, content where it
 * is required, and each tool call answered by the tool messages right after it.
 * @throws ProviderError
 */
export function readChatMessages(messages: unknown): Entry[] {
  if (messages === undefined) throw missing('messages');
  if (!Array.isArray(messages)) throw wrongType('messages', 'an array');
  if (messages.length === 0) {
    throw invalidRequest("'messages' must hold at least one message.", 'messages', 'empty_array');
  }
  let unanswered: string[] = [];
  const entries = messages.flatMap((value: unknown, index): Entry[] => {
    const path = `messages[${index}]`;
    const message = asRecord(value);
    if (!message) throw wrongType(path, 'an object');
    const { role } = message;
    if (role === undefined) throw missing(`${path}.role`);
    if (typeof role !== 'string' || !ROLES.has(role))
      throw wrongValue(`${path}.role`, `one of ${[...ROLES].join(', ')}`);
    if (role === 'tool') {
      const id = message['tool_call_id'];
      if (typeof id !== 'string') throw missing(`${path}.tool_call_id`);
      if (!unanswered.includes(id)) {
        throw invalidRequest(
          "A message with role 'tool' must answer a call in the 'tool_calls' of the assistant message before it.",
          `${path}.role`,
        );
      }
      unanswered = unanswered.filter((each) => each !== id);
      requireContent(message['content'], path);
      return [{ kind: 'result', callId: id, text: textOfContent(message['content']) }];
    }
    refuseUnanswered(unanswered, path);
    if (role !== 'assistant') {
      requireContent(message['content'], path);
      const kind = role === 'user' ? 'user' : role === 'function' ? 'assistant' : 'instruction';
      return [{ kind, text: textOfContent(message['content']) }];
    }
    const calls = readCalls(message['tool_calls'], path);
    unanswered = calls.map((call) => call.id);
    if (calls.length === 0 && message['function_call'] === undefined) {
      requireContent(message['content'] ?? message['refusal'] ?? (message['audio'] && ''), path);
    }
    const text = textOfContent(message['content']);
    return [...(text === '' ? [] : [{ kind: 'assistant' as const, text }]), ...calls];
  });
  refuseUnanswered(unanswered, `messages[${messages.length}]`);
  return entries;
}

function readCalls(calls: unknown, path: string): Extract<Entry, { kind: 'call' }>[] {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) throw wrongType(`${path}.tool_calls`, 'an array');
  if (calls.length === 0) {
    throw invalidRequest(`'${path}.tool_calls' must not be empty.`, `${path}.tool_calls`, 'empty_array');
  }
  return calls.map((value, index) => {
    const call = asRecord(value);
    const definition = asRecord(call?.['function']) ?? asRecord(call?.['custom']);
    const { name } = definition ?? {};
    const input = definition?.['arguments'] ?? definition?.['input'];
    if (typeof call?.['id'] !== 'string') throw missing(`${path}.tool_calls[${index}].id`);
    if (typeof name !== 'string') throw missing(`${path}.tool_calls[${index}].function.name`);
    if (typeof input !== 'string') throw missing(`${path}.tool_calls[${index}].function.arguments`);
    return { kind: 'call', id: call['id'], name, arguments: input };
  });
}

function requireContent(content: unknown, path: string): void {
  if (typeof content === 'string') return;
  if (!Array.isArray(content) || content.length === 0)
    throw wrongType(`${path}.content`, 'a string or an array of parts');
  content.forEach((part: unknown, index) => {
    if (typeof asRecord(part)?.['type'] !== 'string') throw missing(`${path}.content[${index}].type`);
  });
}

function refuseUnanswered(ids: readonly string[], path: string): void {
  if (ids.length === 0) return;
  throw invalidRequest(
    `Each call in 'tool_calls' of an assistant message needs a tool message right after it; none came for: ${ids.join(', ')}.`,
    path,
  );
}
