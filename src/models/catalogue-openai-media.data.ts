import type { CatalogueModel } from './catalogue.types';
import { price } from './prices';

const OPENAI = { provider: 'openai' } as const;

/** Their prices differ for text, pictures and sound, and the ledger counts tokens only. So no price is given. */
const image = { ...OPENAI, kind: 'image', prices: [] } as const;
const transcription = { ...OPENAI, kind: 'transcription', prices: [] } as const;
const speech = { ...OPENAI, kind: 'speech', prices: [] } as const;

const endedPictures = { shutdownDate: '2026-12-01', replacement: 'gpt-image-2.6-flare' } as const;
const endingInFebruary = { shutdownDate: '2027-02-26', replacement: 'gpt-transcribe' } as const;

/**
 * OpenAI's models beside those that talk and embed, as published on developers.openai.com/api/docs (models,
 * deprecations), last read in November 2026. A model whose replacement another API serves has no day of its end here:
 * the provider's own refusal says more than an answer of a model that does not fit.
 */
export const OPENAI_MEDIA_MODELS: readonly CatalogueModel[] = [
  {
    ...OPENAI,
    name: 'omni-moderation-latest',
    kind: 'moderation',
    prices: [price('2024-09-26', { input: 0, cached: 0, output: 0 })],
  },
  {
    ...OPENAI,
    name: 'gpt-3.5-turbo-instruct',
    kind: 'completion',
    prices: [price('2023-09-18', { input: 1.5, cached: 1.5, output: 2 })],
    contextWindow: 4096,
  },
  { ...image, name: 'gpt-image-2.6-sunburst' },
  { ...image, name: 'gpt-image-2.6-flare' },
  { ...image, name: 'gpt-image-2' },
  { ...image, ...endedPictures, name: 'gpt-image-1.5' },
  { ...image, ...endedPictures, name: 'gpt-image-1-mini' },
  { ...image, ...endedPictures, name: 'chatgpt-image-latest' },
  // Which of the newer ones takes its place is our choice.
  { ...image, name: 'gpt-image-1', shutdownDate: '2026-10-23', replacement: 'gpt-image-2.6-flare' },
  { ...transcription, name: 'gpt-transcribe' },
  { ...transcription, ...endingInFebruary, name: 'whisper-1' },
  { ...transcription, ...endingInFebruary, name: 'gpt-4o-transcribe' },
  { ...transcription, ...endingInFebruary, name: 'gpt-4o-mini-transcribe' },
  { ...transcription, ...endingInFebruary, name: 'gpt-4o-transcribe-diarize' },
  { ...speech, name: 'tts-1' },
  { ...speech, name: 'tts-1-hd' },
  { ...speech, name: 'gpt-4o-mini-tts' },
];
