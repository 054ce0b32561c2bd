import fc from 'fast-check';
import { JsonOutlineReader, type Outline } from './json-outline';

function outlineOf(text: string | Buffer, size = 7): Outline | undefined {
  const reader = new JsonOutlineReader();
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  return reader.outline;
}

const short = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed()),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const shallow = fc.dictionary(
  fc.string({ maxLength: 8 }),
  fc.oneof(
    short,
    fc.dictionary(fc.string({ maxLength: 8 }), short),
    fc.array(fc.dictionary(fc.string(), short)),
  ),
);

describe('JsonOutlineReader', () => {
  it('keeps short values near the top as JSON.parse has them, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        shallow,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 3 }),
        (value, size, indent) => {
          const text = JSON.stringify(value, null, indent);
          expect(outlineOf(text, size)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it.each<[string, unknown, Outline]>([
    ['long text', { a: 'x'.repeat(5000), b: 1 }, { b: 1 }],
    ['long text with escapes', { a: '"\\'.repeat(5000), b: 1 }, { b: 1 }],
    ['plain values in arrays', { a: [1, 2, null, true], b: 1 }, { a: [], b: 1 }],
    ['what is nested deep', { a: { b: { c: { d: { e: { f: 1 } } } } } }, { a: { b: { c: { d: {} } } } }],
    ['long names', { ['x'.repeat(5000)]: 1, b: 1 }, { b: 1 }],
  ])('leaves out %s', (_, value, expected) => {
    for (const size of [1, 7, 100_000]) expect(outlineOf(JSON.stringify(value), size)).toEqual(expected);
  });

  it('takes no text for structure', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (said, size) => {
        const text = `${said}","usage":{"a":1},"b":"`;
        expect(outlineOf(JSON.stringify({ text, usage: 2 }), size)).toEqual({ text, usage: 2 });
      }),
    );
  });

  it('gives what came before JSON broke off', () => {
    expect(outlineOf('{"a":1,"usage":{"b":2},"c":[{"d":"e')).toEqual({ a: 1, usage: { b: 2 }, c: [{}] });
  });

  it('keeps the last of two values of one name', () => {
    expect(outlineOf('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it('keeps `__proto__` as a name like any other', () => {
    const outline = outlineOf('{"__proto__":{"a":1},"b":2}')!;
    expect(Object.keys(outline)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(outline)).toBe(Object.prototype);
  });

  it.each(['', '[]', '5', 'null', 'text', '"text"', '\u0000\u0001', ']}', ':'])(
    'finds no object in %j',
    (text) => {
      expect(outlineOf(text)).toBeUndefined();
    },
  );

  it('reads nothing after the object', () => {
    expect(outlineOf('{"a":1}{"a":2},"a":3')).toEqual({ a: 1 });
  });

  it('holds a bounded number of values', () => {
    const text = JSON.stringify({ items: Array.from({ length: 100_000 }, () => ({ a: 1 })), usage: 2 });
    const outline = outlineOf(text, 65_536)!;
    expect((outline.items as unknown[]).length).toBeLessThan(20_001);
    expect(outline.usage).toBe(2);
  });

  it('holds a bounded number of values at the top', () => {
    const text = JSON.stringify(
      Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`a${at}`, 1])),
    );
    expect(Object.keys(outlineOf(text, 65_536)!).length).toBeLessThan(40_001);
  });

  it('keeps what comes after something nested deep', () => {
    expect(outlineOf(`{"a":${'['.repeat(5000)}{"x":1}${']'.repeat(5000)},"b":{"c":2}}`)).toMatchObject({
      b: { c: 2 },
    });
  });

  it.each([
    ['many short texts', '"",'.repeat(100_000)],
    ['many escapes', `"${'\\"'.repeat(500_000)}",`],
    ['many brackets', '['.repeat(1_000_000)],
  ])('passes over %s in a second at most', (_, inside) => {
    const startedAt = performance.now();
    const reader = new JsonOutlineReader();
    reader.add(Buffer.from(`{"a":[${inside}`));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('passes over 64 MiB of text in a second at most', () => {
    const reader = new JsonOutlineReader();
    const startedAt = performance.now();
    reader.add(Buffer.from('{"picture":"'));
    const piece = Buffer.alloc(65_536, 'A');
    for (let sent = 0; sent < 64 * 1024 * 1024; sent += piece.length) reader.add(piece);
    reader.add(Buffer.from('","usage":1}'));
    expect(reader.outline).toEqual({ usage: 1 });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
