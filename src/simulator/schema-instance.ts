import { asRecord, type JsonSchema } from './dialogue';

const DEEPEST = 24;
const MOST_ITEMS = 100;
const LONGEST_TEXT = 1_000;
const TEXT = 'simulated';
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'someone@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  duration: 'P1D',
};

/** The smallest JSON value that a schema accepts: required properties only, first variant, lower bounds. */
export function minimalInstance(schema: unknown, root: unknown = schema, depth = 0): unknown {
  const rules = asRecord(schema);
  if (!rules || depth > DEEPEST) return null;
  if (typeof rules['$ref'] === 'string')
    return minimalInstance(resolve(rules['$ref'], root), root, depth + 1);
  if ('const' in rules) return rules['const'];
  if (Array.isArray(rules['enum'])) return (rules['enum'] as unknown[])[0] ?? null;
  if ('default' in rules) return rules['default'];
  const variants = [rules['anyOf'], rules['oneOf'], rules['allOf']].find(Array.isArray) as
    unknown[] | undefined;
  if (variants && variants.length > 0) return minimalInstance(variants[0], root, depth + 1);
  switch (typesOf(rules)[0]) {
    case 'object':
      return minimalObject(rules, root, depth);
    case 'array': {
      const length = Math.min(numberOf(rules['minItems']) ?? 0, depth > 4 ? 1 : MOST_ITEMS);
      return Array.from({ length }, () => minimalInstance(rules['items'] ?? {}, root, depth + 1));
    }
    case 'string':
      return minimalText(rules);
    case 'integer':
    case 'number':
      return minimalNumber(rules);
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** The types that a schema allows; guessed from its keywords if it names none. */
export function typesOf(schema: JsonSchema): string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((name): name is string => typeof name === 'string');
  if (asRecord(schema['properties'])) return ['object'];
  return schema['items'] === undefined ? [] : ['array'];
}

function minimalObject(rules: JsonSchema, root: unknown, depth: number): Record<string, unknown> {
  const properties = asRecord(rules['properties']) ?? {};
  const required = Array.isArray(rules['required']) ? (rules['required'] as unknown[]) : [];
  const names = required.filter((name): name is string => typeof name === 'string');
  return Object.fromEntries(
    names.map((name) => [
      name,
      minimalInstance(
        Object.hasOwn(properties, name) ? properties[name] : { type: 'string' },
        root,
        depth + 1,
      ),
    ]),
  );
}

function minimalText(rules: JsonSchema): string {
  const format = typeof rules['format'] === 'string' ? FORMATS[rules['format']] : undefined;
  const longest = numberOf(rules['maxLength']) ?? LONGEST_TEXT;
  const shortest = Math.min(numberOf(rules['minLength']) ?? 0, LONGEST_TEXT);
  return format ?? TEXT.padEnd(shortest, '.').slice(0, Math.max(longest, 0));
}

function minimalNumber(rules: JsonSchema): number {
  const isInteger = typesOf(rules)[0] === 'integer';
  const step = numberOf(rules['multipleOf']) ?? (isInteger ? 1 : undefined);
  const above = numberOf(rules['exclusiveMinimum']);
  const least = numberOf(rules['minimum']) ?? (above === undefined ? undefined : above + (step ?? 1));
  const most = numberOf(rules['maximum']);
  const value = least ?? (most !== undefined && most < 0 ? most : 0);
  return step !== undefined && step > 0 ? Math.ceil(value / step) * step : value;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function resolve(pointer: string, root: unknown): unknown {
  if (!pointer.startsWith('#')) return undefined;
  let found: unknown = root;
  for (const part of pointer.slice(1).split('/').filter(Boolean)) {
    const name = part.replace(/~1/g, '/').replace(/~0/g, '~');
    const parent = asRecord(found);
    found = parent && Object.hasOwn(parent, name) ? parent[name] : undefined;
  }
  return found;
}
