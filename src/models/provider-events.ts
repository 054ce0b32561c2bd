import { APIError } from 'openai';
import type { AppError } from '../common/app-error';
import { dataOf, eventNameOf } from '../common/event-stream';
import { toUpstreamError, UpstreamReplyError } from './upstream-errors';

/** An event of a provider's stream: a chunk of Chat Completions, which has `choices`, or a typed one of the Responses API. */
export type ProviderEvent = Record<string, unknown>;

const RESPONSES_PREAMBLE = new Set(['response.created', 'response.queued', 'response.in_progress']);

/** An event that is read for its text may hold a picture beside it, but not more than this. */
export const MAX_READ_EVENT_BYTES = 16 * 1024 * 1024;

/** What providers and proxies call the events that only keep a connection open. */
const HEARTBEAT = /^(?:ping|pong|keep-?alive|heartbeat)$/i;
const DONE = '[DONE]';

/** What one event of a stream says: the end, or something of the answer. */
export type StreamEvent = ProviderEvent | typeof END_OF_STREAM;
export const END_OF_STREAM = Symbol('[DONE]');

/**
 * @param event with its blank line
 * @returns undefined where it says nothing, as a comment or a heartbeat
 * @throws UpstreamReplyError where its data is no JSON object
 */
export function readEvent(event: Buffer): StreamEvent | undefined {
  const data = dataOf(event)?.trim();
  if (data === undefined || data === '') return undefined;
  if (data === DONE) return END_OF_STREAM;
  const value = parseJson(data);
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return isHeartbeat(value as ProviderEvent) ? undefined : (value as ProviderEvent);
  }
  if (HEARTBEAT.test(data) || HEARTBEAT.test(eventNameOf(event) ?? '')) return undefined;
  throw new UpstreamReplyError('upstream_invalid_response', 'an event that is no JSON object');
}

const isHeartbeat = ({ type }: ProviderEvent): boolean => typeof type === 'string' && HEARTBEAT.test(type);

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
