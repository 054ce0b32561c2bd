import { OPENAI_MEDIA_MODELS } from './catalogue-openai-media.data';
import type { CatalogueModel, Price } from './catalogue.types';
import { price } from './prices';

/** From GPT-5.6 on: writing to the cache costs 1.25 times the input; above 272K input tokens all input costs 2 times, output 1.5. */
function tieredPrice(from: string, input: number, cached: number, output: number): Price {
  return price(
    from,
    { input, cached, output, cacheWrite: input * 1.25 },
    { above: 272_000, input: input * 2, cached: cached * 2, output: output * 1.5, cacheWrite: input * 2.5 },
  );
}

/** Models that think before they answer. */
const reasoning = {
  thinks: true,
  renames: { max_tokens: 'max_completion_tokens' },
  refuses: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'logit_bias'],
} as const;

const chat = { provider: 'openai', kind: 'chat' } as const;
const embedding = { provider: 'openai', kind: 'embedding', contextWindow: 8192 } as const;
/** Many older models ended on this day. */
const endedInOctober = { shutdownDate: '2026-10-23' } as const;

/** GPT-5.4, GPT-5.6 and GPT-6. Without `none` named, their default effort is one that refuses tools. */
const current = {
  ...chat,
  ...reasoning,
  contextWindow: 1_050_000,
  reasoningEffortWithTools: 'none',
} as const;

/**
 * Prices, windows and days as published on developers.openai.com/api/docs (pricing, models, deprecations), last read
 * in November 2026.
 */
export const OPENAI_MODELS: readonly CatalogueModel[] = [
  {
    ...chat,
    name: 'gpt-4o-mini',
    prices: [price('2024-07-18', { input: 0.15, cached: 0.075, output: 0.6 })],
    contextWindow: 128_000,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...chat,
    name: 'gpt-4o',
    prices: [price('2024-10-01', { input: 2.5, cached: 1.25, output: 10 })],
    contextWindow: 128_000,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...chat,
    ...endedInOctober,
    // The first build cost more than those after it, and ended before them.
    name: 'gpt-4o-2024-05-13',
    prices: [price('2024-05-13', { input: 5, cached: 5, output: 15 })],
    contextWindow: 128_000,
    replacement: 'gpt-5.6-sol',
  },
  {
    ...chat,
    name: 'gpt-4.1',
    prices: [price('2025-04-14', { input: 2, cached: 0.5, output: 8 })],
    contextWindow: 1_047_576,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...chat,
    name: 'gpt-4.1-mini',
    prices: [price('2025-04-14', { input: 0.4, cached: 0.1, output: 1.6 })],
    contextWindow: 1_047_576,
    shutdownDate: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...chat,
    name: 'gpt-4.1-nano',
    prices: [price('2025-04-14', { input: 0.1, cached: 0.025, output: 0.4 })],
    contextWindow: 1_047_576,
    shutdownDate: '2026-10-23',
    replacement: 'gpt-5.6-luna',
  },
  {
    ...chat,
    ...endedInOctober,
    name: 'gpt-4-turbo',
    prices: [price('2024-04-09', { input: 10, cached: 10, output: 30 })],
    contextWindow: 128_000,
    replacement: 'gpt-5.6-sol',
  },
  {
    ...chat,
    ...endedInOctober,
    name: 'gpt-3.5-turbo',
    prices: [price('2024-02-16', { input: 0.5, cached: 0.5, output: 1.5 })],
    contextWindow: 16_385,
    replacement: 'gpt-5.6-terra',
  },
  {
    ...chat,
    ...reasoning,
    name: 'o3',
    prices: [
      price('2025-04-16', { input: 10, cached: 2.5, output: 40 }),
      price('2025-06-10', { input: 2, cached: 0.5, output: 8 }),
    ],
    contextWindow: 200_000,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-sol',
  },
  {
    ...chat,
    ...reasoning,
    ...endedInOctober,
    name: 'o3-mini',
    prices: [price('2025-01-31', { input: 1.1, cached: 0.55, output: 4.4 })],
    contextWindow: 200_000,
    replacement: 'gpt-5.6-sol',
  },
  {
    ...chat,
    ...reasoning,
    ...endedInOctober,
    name: 'o4-mini',
    prices: [price('2025-04-16', { input: 1.1, cached: 0.275, output: 4.4 })],
    contextWindow: 200_000,
    replacement: 'gpt-5.6-terra',
  },
  {
    ...chat,
    ...reasoning,
    name: 'gpt-5',
    prices: [price('2025-08-07', { input: 1.25, cached: 0.125, output: 10 })],
    contextWindow: 400_000,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-sol',
  },
  {
    ...chat,
    ...reasoning,
    name: 'gpt-5-mini',
    prices: [price('2025-08-07', { input: 0.25, cached: 0.025, output: 2 })],
    contextWindow: 400_000,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-terra',
  },
  {
    ...chat,
    ...reasoning,
    name: 'gpt-5-nano',
    prices: [price('2025-08-07', { input: 0.05, cached: 0.005, output: 0.4 })],
    contextWindow: 400_000,
    shutdownDate: '2026-12-11',
    replacement: 'gpt-5.6-luna',
  },
  {
    ...current,
    name: 'gpt-5.4',
    prices: [
      price(
        '2026-03-05',
        { input: 2.5, cached: 0.25, output: 15 },
        { above: 272_000, input: 5, cached: 0.5, output: 22.5 },
      ),
    ],
  },
  {
    ...current,
    name: 'gpt-5.6-sol',
    // The second is a promotion "at least through" 2026-11-21; no day of its end is published.
    prices: [tieredPrice('2026-07-09', 5, 0.5, 30), tieredPrice('2026-08-21', 4, 0.4, 20)],
  },
  {
    ...current,
    name: 'gpt-5.6-terra',
    prices: [tieredPrice('2026-07-09', 2.5, 0.25, 15), tieredPrice('2026-07-30', 2, 0.2, 12)],
  },
  {
    ...current,
    name: 'gpt-5.6-luna',
    prices: [tieredPrice('2026-07-09', 1, 0.1, 6), tieredPrice('2026-07-30', 0.2, 0.02, 1.2)],
  },
  { ...current, name: 'gpt-6-sol', prices: [tieredPrice('2026-09-22', 2, 0.2, 10)] },
  { ...current, name: 'gpt-6-luna', prices: [tieredPrice('2026-09-22', 0.1, 0.01, 0.5)] },
  {
    ...embedding,
    name: 'text-embedding-3-small',
    prices: [price('2024-01-25', { input: 0.02, cached: 0.02, output: 0 })],
  },
  {
    ...embedding,
    name: 'text-embedding-3-large',
    prices: [price('2024-01-25', { input: 0.13, cached: 0.13, output: 0 })],
  },
  {
    ...embedding,
    name: 'text-embedding-ada-002',
    prices: [price('2023-06-13', { input: 0.1, cached: 0.1, output: 0 })],
  },
  ...OPENAI_MEDIA_MODELS,
];
