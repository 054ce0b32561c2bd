import fc from 'fast-check';
import { costOf, price, type PricedTokens, priceOn } from './prices';

const flat = price('2026-01-01', { input: 2, cached: 0.5, output: 8 });
const tiered = price(
  '2026-01-01',
  { input: 2, cached: 0.5, output: 8, cacheWrite: 2.5 },
  { above: 1000, input: 4, cached: 1, output: 12, cacheWrite: 5 },
);
const used = (tokens: Partial<PricedTokens>): PricedTokens => ({
  input: 0,
  cached: 0,
  output: 0,
  reasoning: 0,
  ...tokens,
});

describe('costOf', () => {
  it.each([
    [
      'what is written to the cache at its own price',
      tiered,
      used({ input: 100, cached: 10, cacheWrite: 40 }),
      50 * 2 + 10 * 0.5 + 40 * 2.5,
    ],
    ['it at the long context’s price', tiered, used({ input: 1001, cacheWrite: 1001 }), 1001 * 5],
    ['it like other input where it has no price', flat, used({ input: 100, cacheWrite: 40 }), 200],
    ['reasoning once, as the output it is part of', flat, used({ output: 10, reasoning: 9 }), 80],
    ['more cached tokens than there was input', flat, used({ input: 10, cached: 20 }), 10],
  ])('counts %s', (_, of, tokens, microUsd) => expect(costOf(of, tokens)).toBe(microUsd));

  it('is a whole number that never falls when more is used', () => {
    const count = fc.nat(2_000_000);
    fc.assert(
      fc.property(
        fc.constantFrom(flat, tiered),
        count,
        count,
        count,
        count,
        (of, fresh, cached, output, more) => {
          const tokens = used({ input: fresh + cached, cached, output });
          const cost = costOf(of, tokens);
          expect(Number.isSafeInteger(cost)).toBe(true);
          expect(cost).toBeGreaterThanOrEqual(0);
          expect(costOf(of, { ...tokens, output: output + more })).toBeGreaterThanOrEqual(cost);
          expect(costOf(of, { ...tokens, input: tokens.input + more })).toBeGreaterThanOrEqual(cost);
        },
      ),
    );
  });
});

describe('priceOn', () => {
  const later = price('2026-06-01', { input: 1, cached: 1, output: 1 });

  it.each([
    ['2025-12-31', undefined],
    ['2026-01-01', flat],
    ['2026-05-31', flat],
    ['2026-06-01', later],
  ])('%s', (day, expected) => expect(priceOn([flat, later], day)).toBe(expected));
});
