import type { ApiBodyOptions, ApiResponseOptions } from '@nestjs/swagger';
import { anyFields, JSON_OR_STREAM, type Schema } from './openai-schemas';

export { JSON_OR_STREAM } from './openai-schemas';

const TEXT: Schema = { type: 'string' };
const FILE: Schema = { type: 'string', format: 'binary' };
const STREAM: Schema = { type: 'boolean', description: 'Whether the answer comes as server-sent events.' };
const IMAGE_MODEL: Schema = {
  type: 'string',
  description: 'A model of the server’s list; absent: gpt-image-2.',
};

export const IMAGE_BODY: ApiBodyOptions = {
  schema: anyFields({ model: IMAGE_MODEL, prompt: TEXT, stream: STREAM }, ['prompt']),
  examples: { cat: { value: { model: 'gpt-image-2', prompt: 'A cat on a window sill.' } } },
};

export const EDIT_BODY: ApiBodyOptions = {
  schema: anyFields({ model: IMAGE_MODEL, image: FILE, prompt: TEXT, stream: STREAM }, ['prompt']),
};

export const TRANSCRIPTION_BODY: ApiBodyOptions = {
  schema: anyFields({ file: FILE, model: TEXT, response_format: TEXT, stream: STREAM }, ['file', 'model']),
};

export const TRANSLATION_BODY: ApiBodyOptions = {
  schema: anyFields({ file: FILE, model: TEXT, response_format: TEXT }, ['file', 'model']),
};

export const SPEECH_BODY: ApiBodyOptions = {
  schema: anyFields({ model: TEXT, input: TEXT, voice: TEXT }, ['model', 'input', 'voice']),
  examples: { hello: { value: { model: 'gpt-4o-mini-tts', input: 'Hello.', voice: 'alloy' } } },
};

export const TRANSCRIPT_ANSWER: ApiResponseOptions = {
  ...JSON_OR_STREAM,
  content: {
    ...contentOf(JSON_OR_STREAM),
    'text/plain': { schema: TEXT },
    'text/vtt': { schema: TEXT },
    'application/x-subrip': { schema: TEXT },
  },
};

export const SPEECH_ANSWER: ApiResponseOptions = {
  description: 'The sound as the provider sends it, or events that hold it',
  content: { 'audio/*': { schema: FILE }, 'text/event-stream': { schema: TEXT } },
};

function contentOf(answer: ApiResponseOptions): object {
  return 'content' in answer ? (answer.content ?? {}) : {};
}
