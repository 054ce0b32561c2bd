import type OpenAI from 'openai';
import { newId, SIMULATOR_MODEL } from './model-reply';
import { type Body, missing, optionalNumber, refuseUnknown, requireModel, wrongValue } from './request-shape';
import { countTokens } from './tokens';
import { invalidRequest } from './wire';

const SPEECH_PARAMETERS = new Set(
  'input instructions model response_format speed stream_format voice'.split(' '),
);
const IMAGE_PARAMETERS = new Set(
  (
    'background complexity image images input_fidelity mask model moderation n output_compression output_format ' +
    'partial_images prompt quality response_format size stream style user'
  ).split(' '),
);
const MOST_PICTURES = 10;
const TOKENS_A_PICTURE = 272;

/** A grey picture of one pixel. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

/** A quarter of a second of silence: mono, 8 bits, 8,000 samples a second. */
const SAMPLES = 2_000;
const SAMPLE_RATE = 8_000;
const SILENCE = 0x80;

/** A text that cannot be mistaken for a transcript. */
const TRANSCRIPT = 'This is the simulator of Keyturn: it cannot hear.';

/** @throws ProviderError if the provider would refuse the request */
export function drawPictures(body: Body, now: Date): OpenAI.ImagesResponse {
  refuseUnknown(body, IMAGE_PARAMETERS);
  if (typeof body['prompt'] !== 'string' || body['prompt'] === '') throw missing('prompt');
  if (body['stream'] === true || body['stream'] === 'true') {
    throw invalidRequest('The simulator draws at once: stream must be false.', 'stream', 'unsupported_value');
  }
  const given = typeof body['n'] === 'string' ? { n: Number(body['n']) } : body;
  const count = optionalNumber(given, 'n', { least: 1, most: MOST_PICTURES, isInteger: true }) ?? 1;
  const input = countTokens(body['prompt']);
  const output = count * TOKENS_A_PICTURE;
  return {
    created: Math.floor(now.getTime() / 1000),
    data: Array.from({ length: count }, () => ({ b64_json: PICTURE })),
    output_format: 'png',
    usage: {
      input_tokens: input,
      input_tokens_details: { text_tokens: input, image_tokens: 0 },
      output_tokens: output,
      total_tokens: input + output,
    },
  };
}

/**
 * Returns silence as a WAV file, whatever the input and the requested format.
 * @throws ProviderError if the provider would refuse the request
 */
export function speak(body: Body): Buffer {
  refuseUnknown(body, SPEECH_PARAMETERS);
  requireModel(body);
  for (const name of ['input', 'voice']) if (body[name] == null) throw missing(name);
  if (body['stream_format'] === 'sse') throw wrongValue('stream_format', 'the simulator sends audio only');
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + SAMPLES, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(SAMPLES, 40);
  return Buffer.concat([header, Buffer.alloc(SAMPLES, SILENCE)]);
}

/**
 * Returns the same words for every recording: as text if the form asks for it, otherwise as an object.
 * @throws ProviderError if the provider would refuse the request
 */
export function transcribe(form: FormData): string | object {
  if (typeof form.get('model') !== 'string') throw missing('model');
  if (form.get('file') === null) throw missing('file');
  const format = form.get('response_format') ?? 'json';
  if (format === 'text') return `${TRANSCRIPT}\n`;
  if (format !== 'json') throw wrongValue('response_format', "'json' or 'text' with the simulator");
  const output = countTokens(TRANSCRIPT);
  return {
    text: TRANSCRIPT,
    usage: { type: 'tokens', input_tokens: 1, output_tokens: output, total_tokens: 1 + output },
  };
}

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

/**
 * Flags nothing, whatever the input.
 * @throws ProviderError if the provider would refuse the request
 */
export function moderate(body: Body): object {
  refuseUnknown(body, new Set(['input', 'model']));
  const { input } = body;
  if (input === undefined || input === null) throw missing('input');
  const isTexts = Array.isArray(input) && input.every((each) => typeof each === 'string');
  const of = (value: unknown) => Object.fromEntries(CATEGORIES.map((name) => [name, value]));
  const result = { flagged: false, categories: of(false), category_scores: of(0) };
  return {
    id: newId('modr-'),
    model: SIMULATOR_MODEL,
    results: Array.from({ length: isTexts ? input.length : 1 }, () => result),
  };
}
