import type { TokenUsage } from '../usage/usage.types';
import type { Price, Rates } from './catalogue.types';

const NANO_PER_MICRO = 1000;

export interface UsdPerMillion {
  input: number;
  cached: number;
  output: number;
  cacheWrite?: number;
}

/** Some providers charge for what they write to their cache, a part of the input beside the cached one. */
export type PricedTokens = TokenUsage & { cacheWrite?: number };

/** A price as providers publish it, in force from a day on. */
export function price(
  from: string,
  usd: UsdPerMillion,
  longContext?: UsdPerMillion & { above: number },
): Price {
  if (longContext === undefined) return { from, ...toRates(usd) };
  return {
    from,
    ...toRates(usd),
    longContext: { aboveInputTokens: longContext.above, ...toRates(longContext) },
  };
}

function toRates({ input, cached, output, cacheWrite }: UsdPerMillion): Rates {
  const nano = (usd: number): number => Math.round(usd * 1000);
  return {
    inputNanoUsd: nano(input),
    cachedInputNanoUsd: nano(cached),
    outputNanoUsd: nano(output),
    ...(cacheWrite === undefined ? {} : { cacheWriteNanoUsd: nano(cacheWrite) }),
  };
}

/** @param day YYYY-MM-DD */
export function priceOn(prices: readonly Price[], day: string): Price | undefined {
  return prices.findLast(({ from }) => from <= day);
}

/** In whole micro-USD; fractions round up. */
export function costOf({ longContext, ...short }: Price, tokens: PricedTokens): number {
  const isLong = longContext !== undefined && tokens.input > longContext.aboveInputTokens;
  const rates: Rates = isLong ? longContext : short;
  const written = tokens.cacheWrite ?? 0;
  const fresh = Math.max(0, tokens.input - tokens.cached - written);
  const nanoUsd =
    fresh * rates.inputNanoUsd +
    tokens.cached * rates.cachedInputNanoUsd +
    written * (rates.cacheWriteNanoUsd ?? rates.inputNanoUsd) +
    tokens.output * rates.outputNanoUsd;
  return Math.ceil(nanoUsd / NANO_PER_MICRO);
}
