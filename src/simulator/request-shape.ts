import {
  asRecord,
  parseJson,
  type AnswerFormat,
  type DeclaredTool,
  type JsonSchema,
  type ToolChoice,
} from './dialogue';
import { invalidRequest } from './wire';

export type Body = Readonly<Record<string, unknown>>;

const FUNCTION_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** @throws ProviderError if the bytes are not a JSON object */
export function readBody(bytes: Buffer): Body {
  const body = asRecord(parseJson(bytes.toString('utf8')));
  if (!body) throw invalidRequest('The body of this request must be a JSON object.');
  return body;
}

/** Refuses unknown parameters, as the provider does. */
export function refuseUnknown(body: Body, known: ReadonlySet<string>): void {
  for (const name of Object.keys(body)) {
    if (!known.has(name)) throw invalidRequest(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
  }
}

/** @throws ProviderError */
export function requireModel({ model }: Body): string {
  if (model === undefined) throw missing('model');
  if (typeof model !== 'string' || model === '') throw wrongType('model', 'a non-empty string');
  return model;
}

export function missing(param: string): Error {
  return invalidRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
}

export function wrongType(param: string, expected: string): Error {
  return invalidRequest(`Invalid type for '${param}': expected ${expected}.`, param, 'invalid_type');
}

export function wrongValue(param: string, rule: string): Error {
  return invalidRequest(`Invalid value for '${param}': ${rule}.`, param, 'invalid_value');
}

export function optionalBoolean(body: Body, param: string): boolean | undefined {
  const value = body[param] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(param, 'a boolean');
  return value;
}

/** A number within bounds; `null` counts as absent, as with the provider. */
export function optionalNumber(
  body: Body,
  param: string,
  { least, most, isInteger = false }: { least: number; most: number; isInteger?: boolean },
): number | undefined {
  const value = body[param] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || (isInteger && !Number.isInteger(value))) {
    throw wrongType(param, isInteger ? 'an integer' : 'a number');
  }
  const kind = isInteger ? 'integer' : 'decimal';
  if (value < least) {
    throw invalidRequest(`'${param}' must be at least ${least}.`, param, `${kind}_below_min_value`);
  }
  if (value > most)
    throw invalidRequest(`'${param}' must be at most ${most}.`, param, `${kind}_above_max_value`);
  return value;
}

export function refuseBadSampling(body: Body): void {
  optionalNumber(body, 'temperature', { least: 0, most: 2 });
  optionalNumber(body, 'top_p', { least: 0, most: 1 });
}

/** The functions of a `tools` list; `functionOf` finds the definition in an entry of type `function`. */
export function readTools(
  tools: unknown,
  functionOf: (tool: Body) => unknown,
  pathOf: (index: number) => string,
): DeclaredTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw wrongType('tools', 'an array');
  return tools.flatMap((tool, index) => {
    const record = asRecord(tool);
    const path = pathOf(index);
    if (typeof record?.['type'] !== 'string') throw missing(`tools[${index}].type`);
    // Tools that the provider runs itself are accepted and never used.
    if (record['type'] !== 'function') return [];
    const definition = asRecord(functionOf(record));
    if (!definition) throw missing(path);
    return [readFunction(definition, path)];
  });
}

function readFunction(definition: Body, path: string): DeclaredTool {
  const { name, description, parameters, strict } = definition;
  if (name === undefined) throw missing(`${path}.name`);
  if (typeof name !== 'string' || !FUNCTION_NAME.test(name)) {
    throw wrongValue(`${path}.name`, 'at most 64 letters, digits, underscores and dashes');
  }
  const schema = parameters === undefined || parameters === null ? {} : asRecord(parameters);
  if (!schema || (schema['type'] !== undefined && schema['type'] !== 'object')) {
    throw invalidRequest(
      `The schema of function '${name}' must be of type "object".`,
      `${path}.parameters`,
      'invalid_function_parameters',
    );
  }
  if (strict === true) refuseLooseSchema(schema, name, `${path}.parameters`);
  return { name, description: typeof description === 'string' ? description : '', parameters: schema };
}

/** Strict mode: every object must have `additionalProperties: false` and require all its properties. */
export function refuseLooseSchema(schema: JsonSchema, name: string, param: string, depth = 0): void {
  if (depth > 20) return;
  const code = param.startsWith('tools') ? 'invalid_function_parameters' : 'invalid_json_schema';
  const properties = asRecord(schema['properties']);
  if (properties || schema['type'] === 'object') {
    const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
    const forgotten = Object.keys(properties ?? {}).find((property) => !required.includes(property));
    if (schema['additionalProperties'] !== false) {
      throw invalidRequest(`Strict schema '${name}': 'additionalProperties' must be false.`, param, code);
    }
    if (forgotten !== undefined) {
      throw invalidRequest(`Strict schema '${name}': 'required' must name '${forgotten}'.`, param, code);
    }
  }
  const inner = [
    ...Object.values(properties ?? {}),
    schema['items'],
    ...(Array.isArray(schema['anyOf']) ? (schema['anyOf'] as unknown[]) : []),
    ...Object.values(asRecord(schema['$defs']) ?? {}),
  ];
  for (const each of inner) {
    const record = asRecord(each);
    if (record) refuseLooseSchema(record, name, param, depth + 1);
  }
}

/** `tool_choice`; `nameOf` finds the function's name in the object form. */
export function readToolChoice(
  choice: unknown,
  tools: readonly DeclaredTool[],
  hasTools: boolean,
  nameOf: (choice: Body) => unknown,
): ToolChoice {
  if (choice === undefined || choice === null) return 'auto';
  if (!hasTools && choice !== 'none' && choice !== 'auto') {
    throw invalidRequest("'tool_choice' needs 'tools'.", 'tool_choice');
  }
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const record = asRecord(choice);
  const name = record?.['type'] === 'function' ? nameOf(record) : undefined;
  if (typeof name !== 'string') throw wrongValue('tool_choice', "'none', 'auto', 'required' or a function");
  if (!tools.some((tool) => tool.name === name)) {
    throw invalidRequest(
      `'tool_choice' names the function '${name}', which is not in 'tools'.`,
      'tool_choice',
    );
  }
  return { name };
}

/** The answer's format; `definition` is where the API keeps the name, schema and strict flag of a `json_schema`. */
export function readFormat(
  format: unknown,
  param: string,
  definitionOf: (format: Body) => unknown,
): AnswerFormat {
  if (format === undefined || format === null) return { type: 'text' };
  const record = asRecord(format);
  if (!record) throw wrongType(param, 'an object');
  if (record['type'] === 'text' || record['type'] === 'json_object') return { type: record['type'] };
  if (record['type'] !== 'json_schema')
    throw wrongValue(`${param}.type`, "'text', 'json_object' or 'json_schema'");
  const definition = asRecord(definitionOf(record));
  if (typeof definition?.['name'] !== 'string') throw missing(`${param}.name`);
  const schema = asRecord(definition['schema']);
  if (!schema) throw missing(`${param}.schema`);
  if (definition['strict'] === true) refuseLooseSchema(schema, definition['name'], param);
  return { type: 'json_schema', schema };
}

/** The text of a content: a string, or parts; only text parts count. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => asRecord(part)?.['text'] ?? asRecord(part)?.['refusal'])
    .filter((text) => typeof text === 'string')
    .join('\n');
}
