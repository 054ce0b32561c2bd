import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { cutText } from '../common/cut-text';
import { faultOfShape } from '../common/json-shape';
import { isReserved } from '../common/reserved-keys';
import { isStorable } from '../common/storable-text';
import { toErrorDetails } from '../common/validation.pipe';
import { invalidArguments } from './typed-tool';

const MOST_CHARACTERS = 64 * 1024;
const LONGEST_DETAIL = 500;

type JsonObject = Record<string, unknown>;

/**
 * Reads the arguments of a call as the model wrote them. No text at all is what some providers send for "none".
 * @throws AppError invalid_arguments
 */
export function parseArguments(text: string): JsonObject {
  if (text.length > MOST_CHARACTERS)
    throw invalidArguments(`the arguments are longer than ${MOST_CHARACTERS}`);
  const value = parseJson(text.trim() === '' ? '{}' : text);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArguments('the arguments must be a JSON object');
  }
  const fault = faultOfShape(value);
  if (fault !== undefined) throw invalidArguments(`the arguments are ${fault}`);
  refuseUnfit(value);
  return value as JsonObject;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidArguments('the arguments are not valid JSON');
  }
}

/** The depth is known to be small here. */
function refuseUnfit(value: unknown): void {
  if (typeof value === 'string' && !isStorable(value)) {
    throw invalidArguments('a text has a NUL or half a surrogate pair');
  }
  if (value === null || typeof value !== 'object') return;
  for (const [key, item] of Object.entries(value)) {
    if (isReserved(key)) throw invalidArguments(`property ${key} should not exist`);
    refuseUnfit(key);
    refuseUnfit(item);
  }
}

/**
 * The arguments as the tool's own input class.
 * @throws AppError invalid_arguments, naming every field that is wrong
 */
export function toInput<Input extends object>(input: Type<Input>, given: JsonObject): Input {
  const instance = plainToInstance(input, withoutNulls(given));
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length === 0) return instance;
  const messages = toErrorDetails(errors).map(({ path, message }) =>
    path.length > 1 ? `${path.slice(0, -1).join('.')}: ${message}` : message,
  );
  throw invalidArguments(cutText(messages.join('; '), LONGEST_DETAIL));
}

/** Models that must name every property give null for the ones they leave out. */
function withoutNulls(value: JsonObject): JsonObject {
  const isObject = (item: unknown): item is JsonObject => typeof item === 'object' && !Array.isArray(item);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, isObject(item) ? withoutNulls(item) : item]),
  );
}
