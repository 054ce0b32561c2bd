import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { isStorable, IsStorableText, STORABLE_TEXT, toStorable, toStorableJson } from './storable-text';

/** Any sequence of UTF-16 code units, rich in NUL and halves of surrogate pairs. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom('\0', '\ud83d', '\ude00', '😀', 'é'), fc.string({ unit: 'binary' })))
  .map((parts) => parts.join(''));

describe('toStorable', () => {
  it('makes any text storable, changes it no second time, and keeps its length', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = toStorable(text);
        expect(isStorable(stored)).toBe(true);
        expect(toStorable(stored)).toBe(stored);
        expect(stored).toHaveLength(text.length);
        if (isStorable(text)) expect(stored).toBe(text);
      }),
    );
  });

  it('reaches every string and key of JSON data and changes nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText), fc.json())), (value) => {
        const data = { value, number: 1.5, nothing: null, yes: true, list: [[], {}] };
        const stored = toStorableJson(data);
        expect(JSON.stringify(stored)).not.toMatch(/\\u0000|\\ud[89a-f]/);
        expect(toStorableJson(stored)).toEqual(stored);
        expect(stored).toMatchObject({ number: 1.5, nothing: null, yes: true, list: [[], {}] });
      }),
    );
  });

  it('keeps __proto__ as the plain key it is in JSON', () => {
    const text = '{"__proto__":{"admin":true}}';
    const stored = toStorableJson(JSON.parse(text));
    expect(JSON.stringify(stored)).toBe(text);
    expect((stored as { admin?: boolean }).admin).toBeUndefined();
  });
});

class Note {
  @IsStorableText() text: unknown;
}

describe('IsStorableText', () => {
  const faultsOf = (text: unknown) => validateSync(Object.assign(new Note(), { text }));

  it.each([['plain'], ['😀 é \u2028 \ufffd'], [''], [['a', 'b']], [[]], [5], [undefined]])(
    'lets %p pass',
    (text) => expect(faultsOf(text)).toEqual([]),
  );

  it.each([['a\0b'], ['\ud800'], ['\udc00\ud800'], [['fine', 'a\0']]])('refuses %p', (text) => {
    expect(faultsOf(text)[0]?.constraints).toEqual({
      [STORABLE_TEXT]: 'text has a NUL or half a surrogate pair, which cannot be stored',
    });
  });
});
