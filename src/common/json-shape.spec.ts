import { BOUNDED_BY_BYTES, DEEPEST_NESTING, faultOfShape, MOST_KEYS, MOST_VALUES } from './json-shape';

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

  it('counts neither keys nor values where bytes bound them, and nesting still', () => {
    const large = { a: list(MOST_VALUES), b: keys(MOST_KEYS + 1) };
    expect(faultOfShape(large, BOUNDED_BY_BYTES)).toBeUndefined();
    expect(faultOfShape(nested(DEEPEST_NESTING + 1), BOUNDED_BY_BYTES)).toContain('deeper');
  });
});
