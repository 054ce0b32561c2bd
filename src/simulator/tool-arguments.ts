import { asRecord, type DeclaredTool, type JsonSchema } from './dialogue';
import { minimalInstance, typesOf } from './schema-instance';

/** Names that clients give to the simulator's properties in the tools they declare. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  task_id: ['task_id', 'id', 'taskId'],
  title: ['title', 'name', 'text', 'task', 'content'],
  description: ['description', 'details', 'notes'],
  due: ['due', 'due_date', 'due_at', 'dueDate', 'deadline'],
  query: ['query', 'q', 'search'],
  completed: ['completed', 'done', 'is_completed'],
};

type Values = Readonly<Record<string, unknown>>;

/**
 * The arguments of a call: the values that the tool declares. A required argument without a value is `null` if its
 * schema allows null (strict mode), otherwise the smallest value that its schema accepts.
 */
export function fillArguments(tool: DeclaredTool, values: Values): Record<string, unknown> {
  const properties = asRecord(tool.parameters['properties']) ?? {};
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const property = declaredName(name, properties);
    if (property === undefined) continue;
    const fitting = fit(value, asRecord(properties[property]) ?? {}, isRequired(tool, property));
    if (fitting !== undefined) filled[property] = fitting;
  }
  const nested = asRecord(properties['updates']);
  if (nested && !('updates' in filled)) {
    const inner = fillArguments({ ...tool, parameters: nested }, values);
    if (Object.keys(inner).length > 0) filled['updates'] = inner;
  }
  for (const [property, schema] of Object.entries(properties)) {
    if (Object.hasOwn(filled, property) || !isRequired(tool, property)) continue;
    filled[property] = allowsNull(asRecord(schema) ?? {}) ? null : minimalInstance(schema, tool.parameters);
  }
  return filled;
}

/** A call's arguments under the simulator's own names, without nulls: used to recognise an earlier planned call. */
export function ownNames(called: Values): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const [property, value] of Object.entries({ ...called, ...asRecord(called['updates']) })) {
    if (value === null || value === undefined || property === 'updates') continue;
    const name = Object.keys(ALIASES).find((key) => ALIASES[key]?.includes(property)) ?? property;
    own[name] = value;
  }
  return own;
}

export function declares(tool: DeclaredTool, name: string): boolean {
  const properties = asRecord(tool.parameters['properties']) ?? {};
  const nested = asRecord(asRecord(properties['updates'])?.['properties']) ?? {};
  return declaredName(name, properties) !== undefined || declaredName(name, nested) !== undefined;
}

export function requires(tool: DeclaredTool, name: string): boolean {
  const property = declaredName(name, asRecord(tool.parameters['properties']) ?? {});
  return property !== undefined && isRequired(tool, property);
}

function declaredName(name: string, properties: Values): string | undefined {
  return (ALIASES[name] ?? [name]).find((alias) => Object.hasOwn(properties, alias));
}

function isRequired(tool: DeclaredTool, property: string): boolean {
  const { required } = tool.parameters;
  return Array.isArray(required) && required.includes(property);
}

export function allowsNull(schema: JsonSchema): boolean {
  const variants = [schema['anyOf'], schema['oneOf']].find(Array.isArray) as unknown[] | undefined;
  return (
    typesOf(schema).includes('null') ||
    (variants ?? []).some((variant) => allowsNull(asRecord(variant) ?? {}))
  );
}

/** The value in the form that the schema accepts; undefined if it cannot accept it. */
function fit(value: unknown, schema: JsonSchema, required: boolean): unknown {
  const variants = ([schema['anyOf'], schema['oneOf']].find(Array.isArray) as unknown[] | undefined) ?? [
    schema,
  ];
  const schemas = variants.map((variant) => asRecord(variant) ?? {});
  // Strict mode says "not given" with null, so an empty text removes a value instead.
  if (value === null) return allowsNull(schema) && !required ? null : '';
  for (const each of schemas) {
    const options = each['enum'];
    if (Array.isArray(options) && !options.includes(value)) continue;
    const types = typesOf(each);
    if (types.length === 0) return value;
    if (types.includes('array') && Array.isArray(value)) return value;
    if ((types.includes('integer') || types.includes('number')) && typeof value === 'number') return value;
    if (types.includes('boolean') && typeof value === 'boolean') return value;
    if (types.includes('string') && typeof value === 'string') return value;
    if (types.includes('string') && typeof value === 'number') return String(value);
  }
  return undefined;
}
