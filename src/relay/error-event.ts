import type { AppError } from '../common/app-error';
import { dataOf, splitEvents } from '../common/event-stream';
import { asOpenAiError, toOpenAiErrorBody } from '../common/openai-error-body';
import { isJsonObject } from '../models/json-object';
import type { ProviderEvent } from '../models/provider-events';

/** A stream of Chat Completions says `{"error": {…}}`; one of the Responses API sends an event named `error`. */
export type ErrorEventForm = 'chat' | 'responses';

export interface ErrorEventPlace {
  /** The provider's own error event. */
  event: ProviderEvent;
  /** The number of the event before it. */
  last: number | undefined;
}

/** An error event in a protocol that OpenAI's SDKs read, with our words. */
export function toErrorEvent(
  form: ErrorEventForm,
  error: AppError,
  { event, last }: ErrorEventPlace,
): Buffer {
  const body = toOpenAiErrorBody(asOpenAiError(error));
  if (form === 'chat') return Buffer.from(`data: ${JSON.stringify(body)}\n\n`);
  const { type, code, message, param } = body.error;
  const own = Number.isInteger(event.sequence_number) ? event.sequence_number : 0;
  const sequence_number = last === undefined ? own : last + 1;
  // As the provider has it: OpenAI's documentation shows a flat event, its server sends one with an object.
  const data = isJsonObject(event.error)
    ? { type: 'error', sequence_number, error: { type, code, message, param } }
    : { type: 'error', code, message, param, sequence_number };
  return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The `sequence_number` of the last of these events of the Responses API. */
export function sequenceNumberIn(events: Buffer): number | undefined {
  const numbers = splitEvents(events).map(sequenceNumberOf);
  return numbers.findLast((number) => number !== undefined);
}

function sequenceNumberOf(event: Buffer): number | undefined {
  try {
    const data = JSON.parse(dataOf(event) ?? 'null') as { sequence_number?: unknown } | null;
    return Number.isInteger(data?.sequence_number) ? (data!.sequence_number as number) : undefined;
  } catch {
    return undefined;
  }
}
