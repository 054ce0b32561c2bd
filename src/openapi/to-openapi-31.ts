/** A JSON object of a document. */
export type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Where a schema holds one other schema, a list of them, or a map of them. */
const HOLDS_ONE = ['items', 'not', 'additionalProperties', 'contentSchema'];
const HOLDS_LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const HOLDS_MAP = ['properties', 'patternProperties', '$defs'];

/** What stands beside a reference and says nothing about the value. */
const ANNOTATIONS = new Set(['description', 'title', 'examples', 'default', 'deprecated']);

/** Values shown to readers. An object in them that looks like a schema is not one. */
const SAMPLES = new Set(['example', 'examples']);

/**
 * A document of OpenAPI 3.0, as `@nestjs/swagger` makes it, as one of 3.1, whose schemas are JSON Schema 2020-12.
 * The document that is given stays as it is.
 */
export function toOpenApi31<Document extends object>(document: Document): Document {
  return { ...(convertObject(document as Json) as Document), openapi: '3.1.0' };
}

function convertObject(object: Json): Json {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      if (SAMPLES.has(key)) return [key, value];
      if (key === 'schema' && isObject(value)) return [key, toSchema2020(value)];
      if (key === 'schemas' && isObject(value)) return [key, mapValues(value, convertSchema)];
      return [key, convertValue(value)];
    }),
  );
}

function convertValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convertValue);
  return isObject(value) ? convertObject(value) : value;
}

const convertSchema = (schema: unknown): unknown => (isObject(schema) ? toSchema2020(schema) : schema);

const mapValues = (object: Json, convert: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));

/** A schema of OpenAPI 3.0 as JSON Schema 2020-12. */
export function toSchema2020(schema: Json): Json {
  const { nullable, example, ...rest } = withInnerSchemas(schema);
  let converted: Json = rest;
  if (example !== undefined) converted.examples = [example];
  for (const bound of ['minimum', 'maximum'] as const) converted = withOwnBound(converted, bound);
  if (Array.isArray(converted.required) && converted.required.length === 0) delete converted.required;
  // A reference says the type itself.
  if (converted.$ref !== undefined) delete converted.type;
  if (converted.type === 'string' && converted.format === 'binary') {
    delete converted.format;
    converted.contentMediaType = 'application/octet-stream';
  }
  converted = withoutLoneAllOf(converted);
  return nullable === true ? orNull(converted) : converted;
}

function withInnerSchemas(schema: Json): Json {
  const converted: Json = { ...schema };
  for (const key of HOLDS_ONE) if (key in converted) converted[key] = convertSchema(converted[key]);
  for (const key of HOLDS_LIST) {
    const list = converted[key];
    if (Array.isArray(list)) converted[key] = list.map(convertSchema);
  }
  for (const key of HOLDS_MAP) {
    const map = converted[key];
    if (isObject(map)) converted[key] = mapValues(map, convertSchema);
  }
  return converted;
}

/** `minimum: 0, exclusiveMinimum: true` is `exclusiveMinimum: 0`. */
function withOwnBound(schema: Json, bound: 'minimum' | 'maximum'): Json {
  const exclusive = bound === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
  if (typeof schema[exclusive] !== 'boolean') return schema;
  const { [exclusive]: isExclusive, [bound]: value, ...rest } = schema;
  if (value === undefined) return rest;
  return isExclusive === true ? { ...rest, [exclusive]: value } : { ...rest, [bound]: value };
}

/** In 3.0 nothing may stand beside a reference, so it is wrapped in `allOf`. */
function withoutLoneAllOf(schema: Json): Json {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf) || allOf.length !== 1) return schema;
  const [only] = allOf as [Json];
  const isNoted = Object.keys(rest).every((key) => ANNOTATIONS.has(key) || key === 'type');
  if (only.$ref === undefined || !isNoted) return schema;
  const { type: _said, ...annotations } = rest;
  return { ...only, ...annotations };
}

/** The same, and null. */
function orNull(schema: Json): Json {
  if (schema.$ref !== undefined || schema.allOf !== undefined) return nullBeside(schema);
  for (const choice of ['oneOf', 'anyOf'] as const) {
    const choices = schema[choice];
    if (Array.isArray(choices)) return { ...schema, [choice]: [...(choices as Json[]), { type: 'null' }] };
  }
  if (schema.type === undefined && schema.enum === undefined) return schema;
  return {
    ...schema,
    ...(schema.type === undefined ? {} : { type: [schema.type, 'null'].flat() }),
    ...(Array.isArray(schema.enum) ? { enum: [...(schema.enum as unknown[]), null] } : {}),
  };
}

function nullBeside(schema: Json): Json {
  const entries = Object.entries(schema);
  const notes = entries.filter(([key]) => ANNOTATIONS.has(key));
  const rules = entries.filter(([key]) => !ANNOTATIONS.has(key));
  return { anyOf: [Object.fromEntries(rules), { type: 'null' }], ...Object.fromEntries(notes) };
}
