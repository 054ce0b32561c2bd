import { asRecord, type Entry } from './dialogue';
import { missing, textOfContent, wrongType, wrongValue } from './request-shape';
import { invalidRequest } from './wire';

export type InputItem = Readonly<Record<string, unknown>>;

const ROLES = new Set(['user', 'assistant', 'system', 'developer']);

/**
 * Reads the items of an `input`; a string is one user message.
 * @throws ProviderError
 */
export function readInputItems(input: unknown): InputItem[] {
  if (input === undefined || input === null) throw missing('input');
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  if (!Array.isArray(input)) throw wrongType('input', 'a string or an array of items');
  if (input.length === 0)
    throw invalidRequest("'input' must hold at least one item.", 'input', 'empty_array');
  return input.map((value: unknown, index) => {
    const item = asRecord(value);
    if (!item) throw wrongType(`input[${index}]`, 'an object');
    return item;
  });
}

/** Whether the item stands for an item of a stored response; its `type` may be missing. */
export function isReference({ type, role, id }: InputItem): boolean {
  return type === 'item_reference' || (type == null && role === undefined && typeof id === 'string');
}

/**
 * Converts items to entries. A call and its output must both be present, as the provider demands.
 * @throws ProviderError
 */
export function toEntries(items: readonly InputItem[]): Entry[] {
  const entries = items.flatMap((item, index) => toEntry(item, `input[${index}]`));
  const calls = new Set(entries.flatMap((entry) => (entry.kind === 'call' ? [entry.id] : [])));
  const results = new Set(entries.flatMap((entry) => (entry.kind === 'result' ? [entry.callId] : [])));
  const withoutCall = [...results].find((id) => !calls.has(id));
  if (withoutCall !== undefined) {
    throw invalidRequest(`There is no function call for the output of call_id ${withoutCall}.`, 'input');
  }
  const withoutResult = [...calls].find((id) => !results.has(id));
  if (withoutResult !== undefined) {
    throw invalidRequest(`There is no output for the function call ${withoutResult}.`, 'input');
  }
  return entries;
}

function toEntry(item: InputItem, path: string): Entry[] {
  const { type = 'message', role, call_id: callId } = item;
  switch (type) {
    case 'message': {
      if (typeof role !== 'string' || !ROLES.has(role))
        throw wrongValue(`${path}.role`, `one of ${[...ROLES].join(', ')}`);
      const { content } = item;
      if (typeof content !== 'string' && !Array.isArray(content))
        throw wrongType(`${path}.content`, 'a string or an array');
      const kind = role === 'user' || role === 'assistant' ? role : 'instruction';
      return [{ kind, text: textOfContent(content) }];
    }
    case 'function_call': {
      if (typeof callId !== 'string') throw missing(`${path}.call_id`);
      if (typeof item['name'] !== 'string') throw missing(`${path}.name`);
      if (typeof item['arguments'] !== 'string') throw missing(`${path}.arguments`);
      return [{ kind: 'call', id: callId, name: item['name'], arguments: item['arguments'] }];
    }
    case 'function_call_output': {
      if (typeof callId !== 'string') throw missing(`${path}.call_id`);
      if (item['output'] === undefined) throw missing(`${path}.output`);
      return [{ kind: 'result', callId, text: textOfContent(item['output']) }];
    }
    default:
      // Reasoning and items of provider-run tools mean nothing to a rule-based reader.
      if (typeof type !== 'string') throw wrongType(`${path}.type`, 'a string');
      return [];
  }
}
