import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import { SIMULATOR_MODEL } from './model-reply';
import {
  type Body,
  missing,
  optionalNumber,
  refuseUnknown,
  requireModel,
  wrongType,
  wrongValue,
} from './request-shape';
import { countTokens } from './tokens';
import { invalidRequest } from './wire';

type EmbeddingsBody = Omit<OpenAI.CreateEmbeddingResponse, 'data'> & {
  data: { object: 'embedding'; index: number; embedding: number[] | string }[];
};

const PARAMETERS = new Set(['input', 'model', 'encoding_format', 'dimensions', 'user']);
const DIMENSIONS = 1536;
const LARGE_DIMENSIONS = 3072;
const MOST_INPUTS = 2048;
const NUMBERS_PER_HASH = 8;

/** @throws ProviderError if the provider would refuse the request */
export function embed(body: Body): EmbeddingsBody {
  refuseUnknown(body, PARAMETERS);
  const most = requireModel(body).includes('3-large') ? LARGE_DIMENSIONS : DIMENSIONS;
  const dimensions = optionalNumber(body, 'dimensions', { least: 1, most, isInteger: true }) ?? most;
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') throw wrongValue('encoding_format', "'float' or 'base64'");
  const inputs = readInputs(body['input']);
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  return {
    object: 'list',
    data: inputs.map(({ text }, index) => {
      const vector = unitVector(text, dimensions);
      const embedding = format === 'float' ? [...vector] : Buffer.from(vector.buffer).toString('base64');
      return { object: 'embedding', index, embedding };
    }),
    model: SIMULATOR_MODEL,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Accepts a string, a list of strings, a list of tokens, or a list of token lists. */
function readInputs(input: unknown): { text: string; tokens: number }[] {
  if (input === undefined || input === null) throw missing('input');
  const isTokens = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token) && token >= 0);
  const inputs = Array.isArray(input) && !isTokens(input) ? (input as unknown[]) : [input];
  if (inputs.length === 0 || inputs.length > MOST_INPUTS) {
    throw invalidRequest(`'input' must hold 1 to ${MOST_INPUTS} items.`, 'input', 'invalid_value');
  }
  return inputs.map((each) => {
    if (typeof each === 'string' && each !== '') return { text: each, tokens: countTokens(each) };
    if (isTokens(each)) return { text: `tokens ${each.join(' ')}`, tokens: each.length };
    throw each === ''
      ? wrongValue('input', 'a text must not be empty')
      : wrongType('input', 'text or tokens');
  });
}

/** The same text always gives the same direction. A shorter vector is the start of the longer one. */
function unitVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const seed = createHash('sha256').update(text).digest();
  let squares = 0;
  for (let start = 0; start < dimensions; start += NUMBERS_PER_HASH) {
    const block = createHash('sha256').update(seed).update(String(start)).digest();
    for (let offset = 0; offset < NUMBERS_PER_HASH && start + offset < dimensions; offset += 1) {
      const value = block.readInt32LE(offset * 4) / 2 ** 31;
      vector[start + offset] = value;
      squares += value * value;
    }
  }
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}
