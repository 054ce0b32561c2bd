import type { CatalogueModel } from '../../src/models/catalogue.types';
import { OPENAI_MEDIA_MODELS } from '../../src/models/catalogue-openai-media.data';
import { price } from '../../src/models/prices';

/** The day from which all models here have a price. */
const FIRST_DAY = '2024-07-18';

const chat = { provider: 'openai', kind: 'chat', contextWindow: 128_000 } as const;
const thinking = {
  ...chat,
  thinks: true,
  contextWindow: 400_000,
  renames: { max_tokens: 'max_completion_tokens' },
  refuses: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'logit_bias'],
} as const;
const current = { ...thinking, contextWindow: 1_050_000, reasoningEffortWithTools: 'none' } as const;
const gemini = { provider: 'gemini', kind: 'chat', thinks: true, contextWindow: 1_048_576 } as const;
const anthropic = { provider: 'anthropic', kind: 'chat', contextWindow: 200_000 } as const;

const costs = (input: number, cached: number, output: number) => ({
  prices: [price(FIRST_DAY, { input, cached, output })],
});

/** Models without a last day. They have the names of real models, and similar numbers. */
const LASTING: readonly CatalogueModel[] = [
  { ...chat, name: 'gpt-4o-mini', ...costs(0.15, 0.075, 0.6) },
  { ...chat, name: 'gpt-4o', ...costs(2.5, 1.25, 10) },
  { ...chat, name: 'gpt-4.1-mini', ...costs(0.4, 0.1, 1.6) },
  { ...thinking, name: 'gpt-5', ...costs(1.25, 0.125, 10) },
  { ...thinking, name: 'gpt-5-mini', ...costs(0.25, 0.025, 2) },
  { ...thinking, name: 'gpt-5-nano', ...costs(0.05, 0.005, 0.4) },
  { ...current, name: 'gpt-5.6-luna', ...costs(0.2, 0.02, 1.2) },
  { ...current, name: 'gpt-5.6-sol', ...costs(4, 0.4, 20) },
  { ...current, name: 'gpt-5.6-terra', ...costs(2, 0.2, 12) },
  { ...current, name: 'gpt-6-luna', ...costs(0.1, 0.01, 0.5) },
  { ...gemini, name: 'gemini-2.5-flash', ...costs(0.3, 0.03, 2.5) },
  { ...gemini, name: 'gemini-2.5-pro', ...costs(1.25, 0.125, 10) },
  { ...gemini, name: 'gemini-3.8-flash', ...costs(0.75, 0.075, 3.75) },
  { ...anthropic, name: 'claude-sonnet-4-6', ...costs(3, 0.3, 15) },
  { ...anthropic, name: 'claude-sonnet-5-5', ...costs(2, 0.2, 10) },
  {
    ...costs(0.02, 0.02, 0),
    name: 'text-embedding-3-small',
    provider: 'openai',
    kind: 'embedding',
    contextWindow: 8192,
  },
];

/** The first day without `gpt-ending`; no test run gets near it. */
export const ENDING_DAY = '2099-12-11';

const ENDING: readonly CatalogueModel[] = [
  {
    ...chat,
    name: 'gpt-ended',
    ...costs(0.1, 0.025, 0.4),
    shutdownDate: '2024-10-23',
    replacement: 'gpt-5.6-luna',
  },
  {
    ...chat,
    name: 'gpt-ending',
    ...costs(1.25, 0.125, 10),
    shutdownDate: ENDING_DAY,
    replacement: 'gpt-5.6-sol',
  },
];

/** Replaces the real catalogue in e2e suites: see use-test-catalogue.ts. */
export const TEST_CATALOGUE: readonly CatalogueModel[] = [
  { ...costs(0, 0, 0), name: 'simulator-1', provider: 'simulator', kind: 'chat' },
  ...LASTING,
  ...OPENAI_MEDIA_MODELS.map(({ shutdownDate: _, replacement: __, ...lasting }) => lasting),
  ...ENDING,
];
