import fc from 'fast-check';
import { isUsdAmount, LARGEST_USD, toMicroUsd, toUsd } from './usd-amount';

describe('An amount in USD', () => {
  it('is every millionth up to the largest, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LARGEST_USD * 1e6 }), (microUsd) => {
        const written = JSON.parse((microUsd / 1e6).toFixed(6)) as number;
        expect(isUsdAmount(written)).toBe(true);
        expect(toMicroUsd(written)).toBe(microUsd);
        expect(toUsd(microUsd)).toBe(written);
      }),
    );
  });

  it.each([-1, -1e-9, 1e-7, 0.0000015, 1e9 + 1e-6, 1e21, Infinity, NaN, '1', null, [1], true])(
    'is not %p',
    (value) => expect(isUsdAmount(value)).toBe(false),
  );
});
