type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const SAMPLES = new Set(['example', 'examples', 'default', 'enum']);

/**
 * Returns the document with closed schemas: an answer may hold only documented fields. Clients need not be so strict,
 * since fields may be added; the tests are, so that no field is added without being documented.
 */
export function closeSchemas(document: Json): Json {
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => {
      if (SAMPLES.has(key)) return [key, value];
      // Component schemas are parts of other schemas, which are closed where they use them.
      if (key === 'schemas' && isObject(value)) return [key, mapValues(value, closeInner)];
      if (key === 'schema') return [key, closed(value)];
      if (Array.isArray(value))
        return [key, value.map((item) => (isObject(item) ? closeSchemas(item) : item))];
      return [key, isObject(value) ? closeSchemas(value) : value];
    }),
  );
}

const mapValues = (object: Json, change: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

/** The schema of a whole value. */
function closed(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const inner = closeInner(schema) as Json;
  const namesFields = ['properties', 'allOf', '$ref'].some((key) => key in schema);
  const isSaid = 'additionalProperties' in schema || 'unevaluatedProperties' in schema;
  return namesFields && !isSaid ? { ...inner, unevaluatedProperties: false } : inner;
}

/** Parts of `allOf` stay open: each adds to the description of the same value. */
function closeInner(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const changed: Json = { ...schema };
  if (isObject(schema.properties)) changed.properties = mapValues(schema.properties, closed);
  for (const key of ['items', 'additionalProperties', 'contentSchema'])
    if (key in schema) changed[key] = closed(schema[key]);
  for (const key of ['oneOf', 'anyOf']) {
    const choices = schema[key];
    if (Array.isArray(choices)) changed[key] = choices.map('properties' in schema ? closeInner : closed);
  }
  return changed;
}
