import fc from 'fast-check';
import { findBracketed } from './bracketed';

const ANYTHING = /./s;

/** Tries every beginning with every end. */
function naively(text: string, wanted: RegExp): string | undefined {
  for (let open = 0; open < text.length; open++) {
    for (let close = open + 2; close < text.length; close++) {
      const inner = text.slice(open + 2, close);
      const isBracketed = text.slice(open, open + 2) === '[[' && text.slice(close, close + 2) === ']]';
      const isPlain = !inner.includes('[') && !inner.includes(']');
      if (isBracketed && isPlain && wanted.test(inner)) return inner;
    }
  }
  return undefined;
}

describe('findBracketed', () => {
  it('finds what trying everything finds', () => {
    const texts = fc.array(fc.constantFrom('[', '[[', ']', ']]', 'a', '7', ' ', '!'), { maxLength: 24 });
    fc.assert(
      fc.property(texts, fc.constantFrom(ANYTHING, /^[0-9]+$/, /^\w[\w\s]*$/), (parts, wanted) => {
        const text = parts.join('');
        expect(findBracketed(text, wanted)).toBe(naively(text, wanted));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['[[a]]', 'a'],
    ['x [[[a]]] y', 'a'],
    ['[[ [[a]] ]]', 'a'],
    ['[[a] [[b]]', 'b'],
    ['[a]] [[b]', undefined],
    ['[[]]', undefined],
    ['a]]', undefined],
    ['[a]', undefined],
  ])('in %p: %p', (text, inner) => {
    expect(findBracketed(text, ANYTHING)).toBe(inner);
  });

  it.each([
    ['openings', '['],
    ['openings with text', '[[a'],
    ['ends', 'a]]'],
    ['half pairs', '[[a]'],
    ['pairs that are not wanted', '[[a!]]'],
    ['digits without an end', '[[1 '],
  ])('takes no longer a letter for 8 million letters of %s', (_, part) => {
    const time = (length: number): number => {
      const text = `${part.repeat(length / part.length)}[[${'1'.repeat(length)}`;
      const startedAt = performance.now();
      expect(findBracketed(text, /^[0-9]+$/)).toBeUndefined();
      return performance.now() - startedAt;
    };
    // Quadratic work on so much takes hours.
    expect(time(4_000_000)).toBeLessThan(4000);
  });
});
