import type { CatalogueModel } from './catalogue.types';
import { price } from './prices';

/** As Google's OpenAI-compatible endpoint takes them. */
const chat = {
  provider: 'gemini',
  kind: 'chat',
  thinks: true,
  contextWindow: 1_048_576,
  refuses: ['presence_penalty', 'frequency_penalty'],
} as const;

/** Prices and days of the paid tier as published on ai.google.dev/gemini-api/docs (pricing, deprecations), last read in November 2026. */
export const GEMINI_MODELS: readonly CatalogueModel[] = [
  {
    ...chat,
    name: 'gemini-3.8-flash',
    prices: [
      price('2026-09-02', { input: 0.75, cached: 0.075, output: 3.75 }),
      price('2027-01-01', { input: 1.5, cached: 0.15, output: 7.5 }),
    ],
  },
  {
    ...chat,
    name: 'gemini-3.5-flash-lite',
    prices: [price('2026-07-21', { input: 0.3, cached: 0.03, output: 2.5 })],
  },
  {
    ...chat,
    name: 'gemini-3.1-pro-preview',
    prices: [
      price(
        '2026-02-19',
        { input: 2, cached: 0.2, output: 12 },
        { above: 200_000, input: 4, cached: 0.4, output: 18 },
      ),
    ],
  },
  {
    ...chat,
    name: 'gemini-2.5-pro',
    prices: [
      price(
        '2025-06-17',
        { input: 1.25, cached: 0.125, output: 10 },
        { above: 200_000, input: 2.5, cached: 0.25, output: 15 },
      ),
    ],
    shutdownDate: '2026-12-01',
    replacement: 'gemini-3.8-flash',
  },
  {
    ...chat,
    name: 'gemini-2.5-flash',
    prices: [price('2025-06-17', { input: 0.3, cached: 0.03, output: 2.5 })],
    shutdownDate: '2026-12-01',
    replacement: 'gemini-3.5-flash-lite',
  },
];
