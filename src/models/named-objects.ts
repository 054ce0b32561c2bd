import { AppError } from '../common/app-error';
import { findDuplicateField } from '../common/duplicate-fields';
import type { NamedObject } from './upstream-object';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that name one object, or several, wherever they stand. */
const NAMING = new Map<string, NamedObject['kind']>([
  ['file_id', 'file'],
  ['file_ids', 'file'],
  ['container', 'container'],
  ['container_id', 'container'],
  ['vector_store_id', 'vector_store'],
  ['vector_store_ids', 'vector_store'],
]);

/** What an earlier answer cites is sent back as it was, and opens nothing. */
const CITING = new Set(['file_citation', 'container_file_citation', 'file_path', 'file_search_call']);

const LONGEST_PARAM = 100;

/** JSON Schemas and the client's own notes: names in them are data. */
const DATA = new Set(['parameters', 'schema', 'metadata']);

/** What the bytes of a body have to hold somewhere for it to name anything; letters may stand there as escapes. */
const MAY_NAME = /file_id|container|vector_store|item_reference|"id"|\\u00/;

/**
 * The objects at the provider that a request for a completion or a response names.
 * @param bytes the request's bytes, which go to the provider unchanged
 * @throws AppError validation_failed where the provider could find other names in the bytes than we do in the body
 */
export function namedObjects(body: Fields, bytes: Buffer): NamedObject[] {
  assertUnambiguous(bytes);
  const named: NamedObject[] = [];
  const { previous_response_id: previous, conversation, input, messages } = body;
  if (typeof previous === 'string') {
    named.push({ kind: 'response', id: previous, param: 'previous_response_id' });
  }
  const conversationId = isObject(conversation) ? conversation.id : conversation;
  if (typeof conversationId === 'string') {
    named.push({ kind: 'conversation', id: conversationId, param: 'conversation' });
  }
  for (const item of listOf(input)) {
    if (isReference(item)) named.push({ kind: 'item', id: item.id, param: 'input' });
  }
  for (const message of listOf(messages)) {
    const audio = isObject(message) ? message.audio : undefined;
    if (isObject(audio) && typeof audio.id === 'string') {
      named.push({ kind: 'item', id: audio.id, param: 'messages' });
    }
  }
  collectMembers(body, named);
  return named;
}

/** The same of a form, whose fields say in brackets what is inside them: `images[][file_id]`. */
export function namedByForm(fields: readonly { name: string; text: string }[]): NamedObject[] {
  return fields.flatMap(({ name, text }) => {
    const param = name.slice(0, LONGEST_PARAM);
    const naming = name.match(/\w+/g)?.find((word) => NAMING.has(word));
    if (naming !== undefined) return [{ kind: NAMING.get(naming)!, id: text, param }];
    return namedInText(text).map((named) => ({ ...named, param }));
  });
}

/** A form's text may be JSON itself. */
function namedInText(text: string): NamedObject[] {
  if (!/^\s*[[{]/.test(text) || !MAY_NAME.test(text)) return [];
  const named: NamedObject[] = [];
  try {
    collect(JSON.parse(text), named);
  } catch {
    // No JSON after all: words that begin with a bracket.
  }
  return named;
}

/** Of two fields of one name parsers take the first or the last. */
function assertUnambiguous(bytes: Buffer): void {
  const duplicate = findDuplicateField(bytes);
  if (duplicate === undefined || !MAY_NAME.test(bytes.toString('latin1'))) return;
  const message = `${duplicate.slice(0, 100)} stands twice in one object`;
  throw new AppError('validation_failed', message, { details: [{ path: [], message }] });
}

/** Goes as deep as the body does, which is bounded. */
function collect(value: unknown, named: NamedObject[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, named);
    return;
  }
  if (isObject(value) && !isCitation(value)) collectMembers(value, named);
}

/** An object with content is a message, whatever type it names. */
const isCitation = (value: Fields): boolean =>
  CITING.has(value.type as string) && !('content' in value) && !('input' in value);

function collectMembers(value: Fields, named: NamedObject[]): void {
  for (const name of Object.keys(value)) {
    const field = value[name];
    const kind = NAMING.get(name);
    if (kind !== undefined) {
      for (const id of Array.isArray(field) ? field : [field]) {
        if (typeof id === 'string') named.push({ kind, id, param: name });
      }
    }
    if (field !== null && typeof field === 'object' && !DATA.has(name)) collect(field, named);
  }
}

/** Its `type` may be left out: an item that is not a message and says nothing but its id is a reference. */
function isReference(item: unknown): item is { id: string } {
  if (!isObject(item) || typeof item.id !== 'string') return false;
  return item.type === 'item_reference' || (item.type == null && item.role === undefined);
}

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
