type Fields = Readonly<Record<string, unknown>>;

/** Fields whose few bytes stand for far more tokens at the provider, wherever they stand. */
const POINTING_FIELDS = new Set([
  'image_url',
  'file_id',
  'file_ids',
  'file_url',
  'file_data',
  'vector_store_ids',
]);
/** The same, by what an item says it is. A compressed file is text and pictures when it is read. */
const POINTING_TYPES = new Set<unknown>(['input_image', 'image_url', 'input_file', 'file', 'item_reference']);
/** Of the request itself: what the provider keeps. */
const KEPT_THINGS = ['previous_response_id', 'conversation', 'prompt'] as const;
/** JSON Schemas and the client's own notes: names in them are data. */
const DATA = new Set(['parameters', 'schema', 'metadata']);

/**
 * Whether a request names something that is not in its bytes as so much text: pictures, files, and what the provider
 * keeps. How much that is, only the provider knows; it fits the model's window.
 */
export function pointsElsewhere(body: Fields): boolean {
  const { input } = body;
  return (
    KEPT_THINGS.some((name) => body[name] != null) ||
    (Array.isArray(input) && input.some(isReference)) ||
    holdsPointer(body)
  );
}

function holdsPointer(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsPointer);
  if (!isObject(value)) return false;
  if (POINTING_TYPES.has(value.type)) return true;
  return Object.entries(value).some(
    ([name, field]) =>
      (POINTING_FIELDS.has(name) && field != null) || (!DATA.has(name) && holdsPointer(field)),
  );
}

/** An item that says nothing but its id. */
const isReference = (item: unknown): boolean =>
  isObject(item) && typeof item.id === 'string' && item.type == null && item.role === undefined;

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
