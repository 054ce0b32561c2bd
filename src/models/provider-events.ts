import type { AppError } from '../common/app-error';
import { dataOf, eventNameOf } from '../common/event-stream';
import { isJsonObject } from './json-object';
import { readErrorBody } from './provider-error-body';
import { ProviderRefusal, toUpstreamError, UpstreamReplyError } from './upstream-errors';

/** An event of a provider's stream: a chunk of Chat Completions, which has `choices`, or a typed one of the Responses API. */
export type ProviderEvent = Record<string, unknown>;

const RESPONSES_PREAMBLE = new Set(['response.created', 'response.queued', 'response.in_progress']);

/** An event that is read for its text may hold a picture beside it, but not more than this. */
export const MAX_READ_EVENT_BYTES = 16 * 1024 * 1024;

/** What providers and proxies call the events that only keep a connection open. */
const HEARTBEAT = /^(?:ping|pong|keep-?alive|heartbeat)$/i;
const DONE = '[DONE]';
const FIRST_OF_NAME = 'event:'.charCodeAt(0);

/** What one event of a stream says: the end, or something of the answer. */
export type StreamEvent = ProviderEvent | typeof END_OF_STREAM;
export const END_OF_STREAM = Symbol('[DONE]');

/**
 * @param event with its blank line
 * @returns undefined where it says nothing, as a comment or a heartbeat
 * @throws UpstreamReplyError where its data is no JSON object
 */
export function readEvent(event: Buffer): StreamEvent | undefined {
  const data = dataOf(event);
  if (data === undefined) return undefined;
  const read = readEventData(data, () => eventNameOf(event));
  return typeof read === 'object' && isNamedError(event) ? asError(read) : read;
}

/** The same of an event's data alone. */
export function readEventData(
  data: string,
  eventName: () => string | undefined = () => undefined,
): StreamEvent | undefined {
  const text = data.trim();
  if (text === '') return undefined;
  if (text === DONE) return END_OF_STREAM;
  const parsed = parseJson(text);
  // Gemini wraps an error in a list.
  const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (isJsonObject(value)) return isHeartbeat(value) ? undefined : value;
  if (HEARTBEAT.test(text) || HEARTBEAT.test(eventName() ?? '')) return undefined;
  throw new UpstreamReplyError('upstream_invalid_response', 'an event that is no JSON object');
}

/** The name stands first, as everybody writes it. */
const isNamedError = (event: Buffer): boolean =>
  event[0] === FIRST_OF_NAME && /^event: ?error[\r\n]/.test(event.toString('latin1', 0, 14));

/** The name alone may say that it is an error. */
const asError = (event: ProviderEvent): ProviderEvent => (isError(event) ? event : { error: event });

const isHeartbeat = ({ type }: ProviderEvent): boolean => typeof type === 'string' && HEARTBEAT.test(type);

/** Whether the model has made something: before that, the answer can still turn out to be an error. */
export function hasContent(event: ProviderEvent): boolean {
  if (typeof event.type === 'string') return !RESPONSES_PREAMBLE.has(event.type);
  const choices = Array.isArray(event.choices) ? (event.choices as (ProviderEvent | null)[]) : [];
  // The older completions have their text in the choice itself.
  const isContent = choices.some(
    (choice) => choice?.finish_reason != null || isDelta(choice?.delta) || !isNothing(choice?.text ?? null),
  );
  return isContent || event.usage != null;
}

/** The Responses API's own end of an answer that failed, whatever came before it. */
export function isFailure(event: ProviderEvent): boolean {
  return event.type === 'response.failed';
}

/** Whether an answer that came with a good status says that it failed. A failed response is a good answer. */
export function isErrorAnswer(answer: ProviderEvent): boolean {
  const isAnswer =
    ['choices', 'output', 'data'].some((name) => name in answer) || answer.object === 'response';
  return !isAnswer && isError(answer);
}

/** Whether an event says that the answer failed, in any shape that providers have for it. */
export function isError(event: ProviderEvent): boolean {
  const { type, object, choices, error } = event;
  if (object === 'error' || object === 'Error') return true;
  if (typeof type === 'string') return isErrorType(type, error);
  if (!Array.isArray(choices)) return isWord(error) || isObject(error) || isBareFault(event);
  return isWord(error) || hasValue(error) || choices.some(isFailedChoice);
}

/** The Responses API tells of failures by events of their own, and has an `error` in events that are none. */
const isErrorType = (type: string, error: unknown): boolean =>
  !type.startsWith('response.') && (/error$/i.test(type) || isWord(error) || hasValue(error));

/** OpenRouter and Mistral end a choice so. */
const isFailedChoice = (choice: ProviderEvent | null): boolean =>
  choice?.finish_reason === 'error' || hasValue(choice?.error);

/** An error without a wrapper: no chunk has a sentence beside a status or a code. */
function isBareFault(event: ProviderEvent): boolean {
  if (isWord(event.detail) || isObject(event.detail) || Array.isArray(event.errors)) return true;
  const hasSentence = isWord(event.message) || isWord(event.msg);
  return hasSentence && ['code', 'status', 'status_code', 'error_code'].some((name) => event[name] != null);
}

const isWord = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';

/** Some gateways put an empty error into every chunk. */
const hasValue = (value: unknown): boolean =>
  isObject(value) && Object.values(value).some((member) => member !== null && member !== '' && member !== 0);

/** What an error event is to our client: the same as if the provider had answered with it at once. */
export function toEventError(event: ProviderEvent): AppError {
  const choices = Array.isArray(event.choices) ? (event.choices as (ProviderEvent | null)[]) : [];
  const failed = hasValue(event.error) ? undefined : choices.find((choice) => hasValue(choice?.error));
  const fault = readErrorBody(failed ?? event);
  return toUpstreamError(new ProviderRefusal(fault.status ?? statusOfWords(fault.words), fault));
}

/** The status with which a provider would have answered, had it failed at once. */
const STATUS_OF_WORD = new Map([
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['resource_exhausted', 429],
  ['context_length_exceeded', 400],
  ['invalid_prompt', 400],
  ['invalid_image', 400],
  ['invalid_image_format', 400],
  ['invalid_base64_image', 400],
  ['invalid_image_url', 400],
  ['image_too_large', 400],
  ['image_too_small', 400],
  ['image_parse_error', 400],
  ['image_content_policy_violation', 400],
  ['content_filter', 400],
  ['server_error', 500],
  ['api_error', 500],
  ['overloaded_error', 529],
  ['timeout_error', 504],
  ['deadline_exceeded', 504],
  ['request_too_large', 413],
  ['model_not_found', 404],
  ['not_found_error', 404],
  ['not_found', 404],
  ['invalid_argument', 400],
  ['invalid_request_error', 400],
]);

function statusOfWords(words: ReadonlySet<string>): number {
  for (const word of words) {
    const status = STATUS_OF_WORD.get(word);
    if (status !== undefined) return status;
  }
  return 500;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a delta brings anything but a role. */
function isDelta(delta: unknown): boolean {
  if (delta === null || typeof delta !== 'object') return false;
  return Object.entries(delta).some(([name, value]) => name !== 'role' && !isNothing(value));
}

const isNothing = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);
