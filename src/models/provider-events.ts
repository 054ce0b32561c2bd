import { APIError } from 'openai';
import type { AppError } from '../common/app-error';
import { toUpstreamError, UpstreamReplyError } from './upstream-errors';

/** An event of a provider's stream: a chunk of Chat Completions, which has `choices`, or a typed one of the Responses API. */
export type ProviderEvent = Record<string, unknown>;

const RESPONSES_PREAMBLE = new Set(['response.created', 'response.queued', 'response.in_progress']);

/**
 * @returns undefined for `[DONE]`
 * @throws UpstreamReplyError where the data is no JSON object
 */
export function parseEvent(data: string): ProviderEvent | undefined {
  if (data === '[DONE]') return undefined;
  const event = parseJson(data);
  if (event !== null && typeof event === 'object') return event as ProviderEvent;
  throw new UpstreamReplyError('upstream_invalid_response', 'an event that is no JSON object');
}

/** Whether the model has made something: before that, the answer can still turn out to be an error. */
export function hasContent(event: ProviderEvent): boolean {
  if (typeof event.type === 'string') return !RESPONSES_PREAMBLE.has(event.type);
  const choices = Array.isArray(event.choices) ? (event.choices as (ProviderEvent | null)[]) : [];
  const isContent = choices.some((choice) => choice?.finish_reason != null || isDelta(choice?.delta));
  return isContent || event.usage != null;
}

/** The Responses API's own end of an answer that failed, whatever came before it. */
export function isFailure(event: ProviderEvent): boolean {
  return event.type === 'response.failed';
}

export function isError(event: ProviderEvent): boolean {
  if (typeof event.type === 'string') return event.type === 'error';
  return event.error !== null && typeof event.error === 'object';
}

/** What an error event is to our client: the same as if the provider had answered with it at once. */
export function toEventError(event: ProviderEvent): AppError {
  const error = event.error ?? event;
  const status = STATUS_OF_CODE.get(String((error as { code?: unknown }).code)) ?? 500;
  return toUpstreamError(APIError.generate(status, { error }, undefined, new Headers()));
}

const STATUS_OF_CODE = new Map([
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['context_length_exceeded', 400],
  ['invalid_prompt', 400],
]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A role alone is none. */
function isDelta(delta: unknown): boolean {
  if (delta === null || typeof delta !== 'object') return false;
  return Object.entries(delta).some(([name, value]) => name !== 'role' && !isNothing(value));
}

const isNothing = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);
