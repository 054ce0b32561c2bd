import { ANTHROPIC_MODELS } from './catalogue-anthropic.data';
import { GEMINI_MODELS } from './catalogue-gemini.data';
import { OPENAI_MODELS } from './catalogue-openai.data';
import type { CatalogueModel } from './catalogue.types';
import { price } from './prices';

export const SIMULATOR_MODEL = 'simulator-1';

/** What is known of each model; docs/catalogue.md says how to keep it true. */
export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: SIMULATOR_MODEL,
    provider: 'simulator',
    kind: 'chat',
    prices: [price('2024-01-01', { input: 0, cached: 0, output: 0 })],
  },
  ...OPENAI_MODELS,
  ...GEMINI_MODELS,
  ...ANTHROPIC_MODELS,
];

/** What the names of OpenAI's models begin with, for those the catalogue does not know. */
export const OPENAI_PREFIXES = [
  'gpt-',
  'chatgpt-',
  'o1',
  'o3',
  'o4',
  'text-embedding-',
  'omni-moderation-',
  'whisper-',
  'tts-',
  'dall-e-',
  'ft:',
] as const;
