import fc from 'fast-check';
import { estimateTokens } from './token-estimate';

describe('estimateTokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['abcd', 1],
    ['abcde', 2],
    ['задача', 3],
    ['😀', 1],
  ])('of %p is %i', (text, tokens) => expect(estimateTokens(text)).toBe(tokens));

  it('never shrinks as a text grows, and is below the sum of its parts by at most one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const [whole, parts] = [estimateTokens(a + b), estimateTokens(a) + estimateTokens(b)];
        expect(whole).toBeGreaterThanOrEqual(estimateTokens(a));
        expect([parts, parts - 1]).toContain(whole);
      }),
    );
  });
});
