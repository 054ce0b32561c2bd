import type { CatalogueModel } from './catalogue.types';
import { price } from './prices';

/** As Anthropic's OpenAI-compatible endpoint takes them. Its own caching, and so its price, is not reached through there. */
const chat = { provider: 'anthropic', kind: 'chat' } as const;

/** The models that choose by themselves how to sample. */
const adaptive = { ...chat, contextWindow: 1_000_000, refuses: ['temperature', 'top_p'] } as const;

/** Prices and windows as published on platform.claude.com/docs (models, pricing), last read in November 2026. */
export const ANTHROPIC_MODELS: readonly CatalogueModel[] = [
  {
    ...adaptive,
    name: 'claude-opus-5-5',
    prices: [price('2026-09-22', { input: 4, cached: 0.2, output: 20 })],
  },
  {
    ...adaptive,
    name: 'claude-sonnet-5-5',
    prices: [price('2026-09-29', { input: 2, cached: 0.2, output: 10 })],
  },
  {
    ...adaptive,
    name: 'claude-haiku-5-5',
    prices: [
      price(
        '2026-10-07',
        { input: 0.1, cached: 0.01, output: 0.5 },
        { above: 100_000, input: 0.5, cached: 0.05, output: 2.5 },
      ),
    ],
  },
  {
    ...chat,
    name: 'claude-sonnet-4-6',
    prices: [price('2026-02-17', { input: 3, cached: 0.3, output: 15 })],
    contextWindow: 1_000_000,
  },
  {
    ...chat,
    name: 'claude-haiku-4-5',
    prices: [price('2025-10-15', { input: 1, cached: 0.1, output: 5 })],
    contextWindow: 200_000,
  },
];
