import fc from 'fast-check';
import {
  DEEPEST_NESTING,
  faultOfJsonText,
  faultOfShape,
  MOST_KEYS,
  MOST_VALUES,
  WIDE_BOUNDS,
} from './json-shape';

const nested = (levels: number): object => {
  let value: object = {};
  for (let level = 1; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
};
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, key) => [`k${key}`, 1]));
const list = (count: number) => Array<number>(count).fill(1);

describe('faultOfShape', () => {
  it.each<[string, object]>([
    ['nothing', {}],
    ['scalars', { a: 1, b: 'x', c: null }],
    ['the deepest nesting', nested(DEEPEST_NESTING)],
    ['the most keys', keys(MOST_KEYS)],
    ['the most keys, further down, twice', { a: [keys(MOST_KEYS), keys(MOST_KEYS)] }],
    ['the most values', { a: list(MOST_VALUES - 1) }],
    ['a list longer than an object may be', { a: list(MOST_KEYS + 1) }],
  ])('lets %s pass', (_, body) => {
    expect(faultOfShape(body)).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['a level too many', nested(DEEPEST_NESTING + 1), 'deeper'],
    ['200,000 levels', nested(200_000), 'deeper'],
    ['a key too many', keys(MOST_KEYS + 1), 'fields'],
    ['a key too many further down', { a: [{ b: keys(MOST_KEYS + 1) }] }, 'fields'],
    ['a value too many', { a: list(MOST_VALUES) }, 'values'],
    [
      'a value too many in all',
      { a: list(MOST_VALUES / 2 - 1), b: list(MOST_VALUES / 2 - 1), c: 1 },
      'values',
    ],
  ])('finds %s', (_, body, fault) => {
    expect(faultOfShape(body)).toContain(fault);
  });

  it('takes wide objects and long lists of a body that is passed on, and no deeper ones', () => {
    const large = { a: list(MOST_VALUES), b: keys(MOST_KEYS + 1) };
    expect(faultOfShape(large, WIDE_BOUNDS)).toBeUndefined();
    expect(faultOfShape(nested(DEEPEST_NESTING + 1), WIDE_BOUNDS)).toContain('deeper');
  });
});

describe('faultOfJsonText', () => {
  const MIB = 1024 ** 2;
  const { mostValues } = WIDE_BOUNDS;
  const fault = (text: string): string | undefined => faultOfJsonText(Buffer.from(text), WIDE_BOUNDS);
  const text = 'x'.repeat(MIB);

  it.each<[string, string]>([
    ['text', JSON.stringify({ a: text })],
    ['brackets and commas in a string', JSON.stringify({ a: '[{,'.repeat(mostValues) })],
    ['escaped quotes', JSON.stringify({ a: `"\\"${'\\",['.repeat(mostValues)}` })],
    ['the most values', `{"a":[${'1,'.repeat(mostValues - 2)}1]}`],
    ['the most empty objects', `[${'{},'.repeat(mostValues - 1)}{}]`],
    [
      'the deepest nesting',
      `{"b":"${text}","a":${'['.repeat(DEEPEST_NESTING - 1)}${']'.repeat(DEEPEST_NESTING - 1)}}`,
    ],
    ['nesting that ends, again and again', `[${'[[[]]],'.repeat(200_000)}1]`],
    ['a string without an end', `{"a":"${text}`],
    ['a small body, which is parsed first', '['.repeat(1000)],
  ])('lets %s pass', (_, body) => {
    expect(fault(body)).toBeUndefined();
  });

  it.each<[string, string, string]>([
    ['a million numbers', `[${'1,'.repeat(mostValues)}1]`, 'values'],
    ['a million objects', `[${'{},'.repeat(mostValues + 1)}{}]`, 'values'],
    ['objects without commas between them', `{"a":${'[{}]'.repeat(mostValues)}`, 'values'],
    ['a level too many', `{"b":"${text}","a":${'['.repeat(DEEPEST_NESTING)}`, 'deeper'],
    ['a million levels', '['.repeat(2 * MIB), 'deeper'],
    ['values behind an escaped quote', `{"b":"\\\\","a":[${'1,'.repeat(mostValues)}1]}`, 'values'],
  ])('finds %s before they are parsed', (_, body, expected) => {
    expect(fault(body)).toContain(expected);
  });

  it('lets everything pass in which the parsed form has no fault', () => {
    const bounds = { mostKeys: Infinity, mostValues: 20 };
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), fc.string(), (value, filler) => {
        // Large enough to be looked at.
        const body = { value, filler: filler.padEnd(MIB, '"\\[') };
        if (faultOfShape(body, bounds) !== undefined) return;
        expect(faultOfJsonText(Buffer.from(JSON.stringify(body)), bounds)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});
