import type OpenAI from 'openai';
import { SIMULATOR_MODEL } from './model-reply';
import { notFound } from './wire';

/** 2026-01-01, for every model: the simulator keeps no real creation dates. */
const CREATED = 1_767_225_600;

const NAMES = [
  SIMULATOR_MODEL,
  'gpt-4o-mini',
  'gpt-4o',
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4.1-nano',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'gpt-5.6-sol',
  'gpt-5.6-terra',
  'gpt-5.6-luna',
  'gpt-6-luna',
  'gpt-6-sol',
  'text-embedding-3-small',
  'text-embedding-3-large',
  'omni-moderation-latest',
  'gpt-3.5-turbo-instruct',
  'gpt-image-2',
  'whisper-1',
  'gpt-transcribe',
  'tts-1',
  'gpt-4o-mini-tts',
];

export function listModels(): { object: 'list'; data: OpenAI.Model[] } {
  return { object: 'list', data: NAMES.map(toModel) };
}

/** @throws ProviderError 404 */
export function findModel(id: string): OpenAI.Model {
  if (!NAMES.includes(id)) throw notFound(`The model '${id}' does not exist.`, 'model', 'model_not_found');
  return toModel(id);
}

function toModel(id: string): OpenAI.Model {
  return { id, object: 'model', created: CREATED, owned_by: id === SIMULATOR_MODEL ? 'keyturn' : 'openai' };
}
