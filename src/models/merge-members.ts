import { isReserved } from '../common/reserved-keys';
import { isJsonObject, type JsonObject } from './json-object';

/** What is nested deeper is left out: no provider needs it, and a deep walk would overflow the stack. */
const MAX_DEPTH = 16;
/** Each further item is looked for among those that are there. */
const MAX_ITEMS = 1000;
/** What a number or a list adds to the size that is counted. */
const VALUE_SIZE = 8;
/** A text that begins with all of a text this long is that text again, and no further piece of it. */
const MIN_REPEATED_TEXT = 20;

/** Members that name a thing. Each piece repeats them whole. */
const LABELS = new Set(['type', 'format', 'id', 'index', 'name', 'role', 'status', 'model']);
/** Members that nobody can read. A stream brings them whole, repeated whole, or in pieces. */
const OPAQUE = new Set(['signature', 'thought_signature', 'data', 'encrypted_content', 'reasoning_opaque']);

/** Is called with the size of what is kept; it throws when the sum passes the bound. */
export type Grow = (characters: number) => void;

/** Adds to `target` the members that a further piece of a stream brings, all but the `skipped` ones. */
export function mergeMembers(
  target: JsonObject,
  piece: JsonObject,
  grow: Grow,
  skipped: ReadonlySet<string> = NOTHING_SKIPPED,
): void {
  mergeObject(target, piece, grow, skipped, 1);
}

/** Adds the members that `target` lacks. */
export function fillMembers(
  target: JsonObject,
  whole: JsonObject,
  grow: Grow,
  skipped: ReadonlySet<string> = NOTHING_SKIPPED,
): void {
  const missing = Object.entries(whole).filter(([key]) => !Object.hasOwn(target, key));
  mergeObject(target, Object.fromEntries(missing), grow, skipped, 1);
}

/** Adds to `target` the items of a further piece of a list. */
export function mergeItems(target: unknown[], items: readonly unknown[], grow: Grow): void {
  mergeList(target, items, grow, 1);
}

/** All the text in a value that a person could read. */
export function readableText(value: unknown, key = ''): string {
  if (typeof value === 'string') return LABELS.has(key) || OPAQUE.has(key) ? '' : value;
  if (Array.isArray(value)) return value.map((item) => readableText(item, key)).join('');
  if (!isJsonObject(value)) return '';
  return Object.entries(value)
    .map(([name, item]) => readableText(item, name))
    .join('');
}

const NOTHING_SKIPPED: ReadonlySet<string> = new Set();

function mergeObject(
  target: JsonObject,
  piece: JsonObject,
  grow: Grow,
  skipped: ReadonlySet<string>,
  depth: number,
): void {
  for (const [key, value] of Object.entries(piece)) {
    if (skipped.has(key) || isReserved(key) || value === null || value === undefined) continue;
    const isNew = !Object.hasOwn(target, key);
    const merged = merge(isNew ? undefined : target[key], value, key, grow, depth);
    if (merged === undefined) continue;
    if (isNew) grow(key.length);
    target[key] = merged;
  }
}

function merge(known: unknown, value: unknown, key: string, grow: Grow, depth: number): unknown {
  if (typeof value === 'string') {
    grow(value.length);
    return typeof known === 'string' ? mergeText(known, value, key) : value;
  }
  grow(VALUE_SIZE);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return known;
  if (Array.isArray(value)) {
    const list: unknown[] = Array.isArray(known) ? known : [];
    mergeList(list, value, grow, depth + 1);
    return list;
  }
  const object = isJsonObject(known) ? known : {};
  mergeObject(object, value as JsonObject, grow, NOTHING_SKIPPED, depth + 1);
  return object;
}

function mergeText(known: string, text: string, key: string): string {
  if (text === '' || known === '') return known + text;
  if (LABELS.has(key)) return text;
  if (OPAQUE.has(key)) {
    if (known.startsWith(text)) return known;
    return text.startsWith(known) ? text : known + text;
  }
  return known.length >= MIN_REPEATED_TEXT && text.startsWith(known) ? text : known + text;
}

function mergeList(list: unknown[], items: readonly unknown[], grow: Grow, depth: number): void {
  for (const item of items) {
    const known = isJsonObject(item) ? findContinued(list, item) : undefined;
    if (known !== undefined) {
      grow(VALUE_SIZE);
      mergeObject(known, item as JsonObject, grow, NOTHING_SKIPPED, depth);
    } else {
      if (list.length >= MAX_ITEMS) grow(Infinity);
      const added = merge(undefined, item, '', grow, depth);
      if (added !== undefined) list.push(added);
    }
  }
}

/**
 * The item that a further one goes on with: the one with its index and type, or, where there is no index, the last one
 * while it is unsigned. OpenRouter's `reasoning_details` have an index (agno-agi/agno#8861), LiteLLM's
 * `thinking_blocks` have none (BerriAI/litellm#29428). A block in pieces is refused when it goes back.
 */
function findContinued(list: readonly unknown[], item: JsonObject): JsonObject | undefined {
  if (item.index !== undefined && item.index !== null) {
    return list.find(
      (known): known is JsonObject =>
        isJsonObject(known) && known.index === item.index && isSameOrUnknown(known.type, item.type),
    );
  }
  const last = list.at(-1);
  if (!isJsonObject(last) || last.index !== undefined || typeof item.type !== 'string') return undefined;
  const isOpen = !last.signature && !last.data && isSameOrUnknown(last.id, item.id);
  return isOpen && last.type === item.type ? last : undefined;
}

const isSameOrUnknown = (left: unknown, right: unknown): boolean =>
  left === right || left === undefined || right === undefined;
