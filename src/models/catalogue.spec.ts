import { catalogueNames, daysUntilShutdown, findModel, priceOf, resolveModel } from './catalogue';
import { CATALOGUE } from './catalogue.data';

const at = (day: string) => new Date(`${day}T12:00:00Z`);
const tokens = (input: number, cached: number, output: number) => ({ input, cached, output, reasoning: 0 });

describe('the catalogue', () => {
  it.each(CATALOGUE.map((model) => [model.name, model] as const))('is sound about %s', (name, model) => {
    const days = model.prices.map(({ from }) => from);
    expect(days).toEqual([...days].sort());
    expect(CATALOGUE.filter((other) => other.name === name)).toHaveLength(1);
    for (const price of model.prices) {
      const numbers = [price.inputNanoUsd, price.cachedInputNanoUsd, price.outputNanoUsd];
      expect(numbers.every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
      expect(price.cachedInputNanoUsd).toBeLessThanOrEqual(price.inputNanoUsd);
    }
    if (model.replacement !== undefined)
      expect(CATALOGUE.map((other) => other.name)).toContain(model.replacement);
    // Ends: no circle of replacements.
    expect(findModel(resolveModel(name, at('2099-01-01')).name)?.shutdownDate).toBeUndefined();
  });
});

describe('catalogueNames', () => {
  it.each([
    ['openai', false],
    ['not_configured', false],
    ['simulator', true],
  ])('where the upstream is %s offers the provider’s models; the simulator’s: %p', (upstream, isOffered) => {
    const names = catalogueNames(upstream);
    expect(names).toEqual(expect.arrayContaining(['gpt-4o-mini', 'gpt-6-luna', 'text-embedding-3-small']));
    expect(names.includes('simulator-1')).toBe(isOffered);
  });
});

describe('findModel', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['gpt-4o-latest', undefined],
    ['gpt-4o-2024-08', undefined],
    ['GPT-4o', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('%s is the entry %s', (name, entry) => expect(findModel(name)?.name).toBe(entry));
});

describe('priceOf', () => {
  it.each([
    ['a million tokens in', 'gpt-4o', tokens(1e6, 0, 0), 2_500_000],
    ['a million tokens out', 'gpt-4o', tokens(0, 0, 1e6), 10_000_000],
    ['the cached part of the input at its own price', 'gpt-4o', tokens(1000, 400, 0), 600 * 2.5 + 400 * 1.25],
    ['all of it cached', 'gpt-4o', tokens(1000, 1000, 0), 1250],
    ['a fraction of a micro-USD, rounded up', 'gpt-4o-mini', tokens(1, 0, 0), 1],
    ['nothing', 'gpt-4o', tokens(0, 0, 0), 0],
    ['a snapshot like its model', 'gpt-4o-2024-08-06', tokens(1e6, 0, 0), 2_500_000],
    ['the simulator', 'simulator-1', tokens(1e6, 0, 1e6), 0],
  ])('counts %s', (_, model, used, costMicroUsd) => {
    expect(priceOf(model, used, at('2026-11-01')).costMicroUsd).toBe(costMicroUsd);
  });

  it.each([
    ['2026-09-21', null, null],
    ['2026-09-22', 100_000, '2026-09-22'],
    ['2030-01-01', 100_000, '2026-09-22'],
  ])('on %s is %p, by the price in force from %p', (day, costMicroUsd, priceDate) => {
    expect(priceOf('gpt-6-luna', tokens(1e6, 0, 0), at(day))).toEqual({ costMicroUsd, priceDate });
  });

  it.each([['somebody-elses-model'], ['gpt-5.6-sol']])(
    'of %s, whose price is not known, is null',
    (model) => {
      expect(priceOf(model, tokens(10, 0, 10), at('2026-11-01'))).toEqual({
        costMicroUsd: null,
        priceDate: null,
      });
    },
  );
});

describe('resolveModel', () => {
  it.each([
    ['gpt-4o', '2027-01-13', { name: 'gpt-4o' }],
    ['gpt-4o', '2027-01-14', { name: 'gpt-6-luna', replaced: 'gpt-4o' }],
    ['gpt-4o-mini', '2027-06-01', { name: 'gpt-6-luna', replaced: 'gpt-4o-mini' }],
    ['gpt-4o-2024-08-06', '2027-06-01', { name: 'gpt-6-luna', replaced: 'gpt-4o-2024-08-06' }],
    ['gpt-5', '2026-12-11', { name: 'gpt-5.6-sol', replaced: 'gpt-5' }],
    ['gpt-5-mini', '2026-12-11', { name: 'gpt-5.6-terra', replaced: 'gpt-5-mini' }],
    ['gpt-4.1', '2099-01-01', { name: 'gpt-4.1' }],
    ['somebody-elses-model', '2099-01-01', { name: 'somebody-elses-model' }],
  ])('asked for %s on %s calls %j', (name, day, resolved) => {
    expect(resolveModel(name, at(day))).toEqual(resolved);
  });
});

describe('daysUntilShutdown', () => {
  it.each([
    ['gpt-5', '2026-12-11T23:59:59Z', 0],
    ['gpt-5', '2026-12-10T00:00:00Z', 1],
    ['gpt-5', '2026-10-12T10:00:00Z', 60],
    ['gpt-5', '2026-12-12T00:00:00Z', -1],
    ['gpt-4.1', '2026-12-12T00:00:00Z', undefined],
    ['somebody-elses-model', '2026-12-12T00:00:00Z', undefined],
  ])('of %s at %s is %p', (name, now, days) => {
    expect(daysUntilShutdown(name, new Date(now))).toBe(days);
  });
});
