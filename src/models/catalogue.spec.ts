import { SIBLING_NAMES } from '../config/providers';
import {
  catalogueNames,
  daysUntilShutdown,
  findModel,
  modelProviders,
  pricedModel,
  priceOf,
  providerOf,
  resolveModel,
} from './catalogue';
import { CATALOGUE } from './catalogue.data';
import type { Rates } from './catalogue.types';

const at = (day: string) => new Date(`${day}T12:00:00Z`);
const tokens = (input: number, cached: number, output: number) => ({ input, cached, output, reasoning: 0 });

describe('the catalogue', () => {
  it.each(CATALOGUE.map((model) => [model.name, model] as const))('is sound about %s', (name, model) => {
    const days = model.prices.map(({ from }) => from);
    expect(days).toEqual([...new Set(days)].sort());
    expect(CATALOGUE.filter((other) => other.name === name)).toHaveLength(1);
    for (const { longContext, from, ...rates } of model.prices) {
      expect(from).toMatch(/^20\d\d-\d\d-\d\d$/);
      for (const { cachedInputNanoUsd, inputNanoUsd, ...others } of [
        rates,
        ...(longContext ? [longContext] : []),
      ]) {
        const numbers = [cachedInputNanoUsd, inputNanoUsd, ...Object.values(others as Rates)];
        expect(numbers.every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
        expect(cachedInputNanoUsd).toBeLessThanOrEqual(inputNanoUsd);
      }
    }
    const refused = Object.keys(model.renames ?? {}).filter((renamed) => model.refuses?.includes(renamed));
    expect(refused).toEqual([]);
    expect(model.shutdownDate ?? '2099-01-01').toMatch(/^20\d\d-\d\d-\d\d$/);
    if (model.replacement !== undefined) {
      // The client's key and route stay as they are.
      expect(findModel(model.replacement)?.provider).toBe(model.provider);
      expect(findModel(model.replacement)?.kind).toBe(model.kind);
    }
    // Ends: no circle of replacements.
    expect(findModel(resolveModel(name, at('2099-01-01')).name)?.shutdownDate).toBeUndefined();
  });
});

describe('catalogueNames', () => {
  it('offers what the given providers serve, embeddings too, and nothing else', () => {
    expect(catalogueNames([])).toEqual([]);
    expect(catalogueNames(new Set(['simulator'] as const))).toEqual(['simulator-1']);
    const names = catalogueNames(['openai', 'gemini']);
    expect(names).toEqual(
      expect.arrayContaining(['gpt-4o-mini', 'text-embedding-3-small', 'gemini-3.8-flash']),
    );
    expect(names.filter((name) => name.startsWith('claude-') || name === 'simulator-1')).toEqual([]);
  });

  it('knows a model of every provider there can be', () => {
    for (const provider of SIBLING_NAMES) expect(catalogueNames([provider])).not.toEqual([]);
  });
});

describe('modelProviders', () => {
  const gemini = { apiKey: 'x', baseUrl: 'https://x' };

  it.each([
    ['openai' as const, {}, ['openai']],
    ['not_configured' as const, { gemini }, ['openai', 'gemini']],
    ['simulator' as const, {}, ['openai', 'simulator']],
    ['simulator' as const, { gemini, anthropic: gemini }, ['openai', 'gemini', 'anthropic', 'simulator']],
  ])('where OpenAI’s place is with %s and the keys are %j are %j', (upstream, siblings, providers) => {
    expect(modelProviders({ upstream, siblings })).toEqual(providers);
  });
});

describe('findModel', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['gpt-image-2-2026-04-21', 'gpt-image-2'],
    ['gpt-4o-mini-2024-07-18-2024-07-18', undefined],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['gpt-4o-latest', undefined],
    ['gpt-4o-2024-08', undefined],
    ['gpt-4o-12345678', undefined],
    ['GPT-4o', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('%s is the entry %s', (name, entry) => expect(findModel(name)?.name).toBe(entry));
});

describe('providerOf', () => {
  it.each([
    ['gpt-4o', 'openai'],
    ['gpt-99-preview', 'openai'],
    ['o3-mini', 'openai'],
    ['text-embedding-ada-003', 'openai'],
    ['whisper-9', 'openai'],
    ['tts-9', 'openai'],
    ['dall-e-3', 'openai'],
    ['omni-moderation-2099-01-01', 'openai'],
    ['ft:gpt-4o-mini-2024-07-18:ours::x', 'openai'],
    ['gemini-99-flash', 'gemini'],
    ['claude-99', 'anthropic'],
    ['claude-haiku-4-5-20251001', 'anthropic'],
    ['simulator-1', 'simulator'],
    ['somebody-elses-model', undefined],
    ['my-gpt-4o', undefined],
    ['', undefined],
  ])('of %s is %s', (name, provider) => expect(providerOf(name)).toBe(provider));
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
    ['a snapshot with a price of its own', 'gpt-4o-2024-05-13', tokens(1e6, 0, 0), 5_000_000],
    ['what clients still ask for', 'gpt-3.5-turbo', tokens(1e6, 0, 1e6), 2_000_000],
    ['an older embedding', 'text-embedding-ada-002', tokens(1e6, 0, 0), 100_000],
    ['a moderation', 'omni-moderation-latest', tokens(1e6, 0, 0), 0],
    ['the simulator', 'simulator-1', tokens(1e6, 0, 1e6), 0],
    [
      'input up to the limit of the short context',
      'gpt-5.6-terra',
      tokens(272_000, 72_000, 1000),
      200_000 * 2 + 72_000 * 0.2 + 12_000,
    ],
    [
      'all input at the long one’s price above it',
      'gpt-5.6-terra',
      tokens(272_010, 72_010, 1000),
      200_000 * 4 + 72_010 * 0.4 + 18_000,
    ],
    ['a long request to Gemini', 'gemini-3.1-pro-preview', tokens(300_000, 0, 1000), 300_000 * 4 + 18_000],
    ['a long request to Claude', 'claude-haiku-5-5', tokens(100_001, 0, 0), Math.ceil(100_001 * 0.5)],
    ['Claude’s dated build', 'claude-haiku-4-5-20251001', tokens(1e6, 0, 0), 1_000_000],
    ['an embedding', 'text-embedding-3-small', tokens(1e6, 0, 0), 20_000],
  ])('counts %s', (_, model, used, costMicroUsd) => {
    expect(priceOf(model, used, at('2026-11-01')).costMicroUsd).toBe(costMicroUsd);
  });

  it.each([
    ['gpt-6-luna', '2026-09-21', null, null],
    ['gpt-6-luna', '2026-09-22', 10_000, '2026-09-22'],
    ['gpt-6-luna', '2030-01-01', 10_000, '2026-09-22'],
    ['gpt-5.6-terra', '2026-07-29', 250_000, '2026-07-09'],
    ['gpt-5.6-terra', '2026-07-30', 200_000, '2026-07-30'],
    ['gpt-5.6-sol', '2026-08-20', 500_000, '2026-07-09'],
    ['gpt-5.6-sol', '2026-08-21', 400_000, '2026-08-21'],
    ['gemini-3.8-flash', '2026-12-31', 75_000, '2026-09-02'],
    ['gemini-3.8-flash', '2027-01-01', 150_000, '2027-01-01'],
  ])(
    'of 100,000 tokens to %s on %s is %p, by the price in force from %p',
    (model, day, costMicroUsd, priceDate) => {
      expect(priceOf(model, tokens(100_000, 0, 0), at(day))).toEqual({ costMicroUsd, priceDate });
    },
  );

  it('of a model whose price is not known is null, not 0', () => {
    expect(priceOf('somebody-elses-model', tokens(10, 0, 10), at('2026-11-01'))).toEqual({
      costMicroUsd: null,
      priceDate: null,
    });
  });

  it.each([
    ['simulator', 'gpt-4o', 'simulator-1'],
    ['openai', 'gpt-4o', 'gpt-4o'],
    ['gemini', 'gemini-3.8-flash', 'gemini-3.8-flash'],
  ])('of a call to %s for %s goes by %s', (provider, requested, priced) => {
    expect(pricedModel(provider, requested)).toBe(priced);
  });
});

describe('resolveModel', () => {
  it.each([
    ['gpt-4o', '2027-01-13', { name: 'gpt-4o' }],
    ['gpt-4o', '2027-01-14', { name: 'gpt-6-luna', replaced: 'gpt-4o' }],
    ['gpt-4o-mini', '2027-06-01', { name: 'gpt-6-luna', replaced: 'gpt-4o-mini' }],
    ['gpt-4o-2024-08-06', '2027-06-01', { name: 'gpt-6-luna', replaced: 'gpt-4o-2024-08-06' }],
    ['gpt-5', '2026-12-11', { name: 'gpt-5.6-sol', replaced: 'gpt-5' }],
    ['gpt-5-mini', '2026-12-11', { name: 'gpt-5.6-terra', replaced: 'gpt-5-mini' }],
    ['gpt-4.1-nano', '2026-10-23', { name: 'gpt-5.6-luna', replaced: 'gpt-4.1-nano' }],
    ['o3-2025-04-16', '2026-12-11', { name: 'gpt-5.6-sol', replaced: 'o3-2025-04-16' }],
    ['whisper-1', '2027-02-26', { name: 'gpt-transcribe', replaced: 'whisper-1' }],
    ['tts-1', '2099-01-01', { name: 'tts-1' }],
    ['gemini-2.5-pro', '2026-12-01', { name: 'gemini-3.8-flash', replaced: 'gemini-2.5-pro' }],
    ['gpt-6-luna', '2099-01-01', { name: 'gpt-6-luna' }],
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
    ['gpt-6-luna', '2026-12-12T00:00:00Z', undefined],
    ['somebody-elses-model', '2026-12-12T00:00:00Z', undefined],
  ])('of %s at %s is %p', (name, now, days) => {
    expect(daysUntilShutdown(name, new Date(now))).toBe(days);
  });
});
