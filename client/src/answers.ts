import { ConnectionError, type ErrorDetail, KeyturnError } from './errors.js';
import { parseRetryAfter } from './retry.js';
import { readText } from './text-chunks.js';

/** The server's error object: the body of an error response, or a block of a stream. */
export interface ErrorBody {
  error: string;
  code: string;
  request_id?: string;
  param?: string;
  details?: ErrorDetail[];
  turn_id?: string;
  conversation_id?: number;
}

export function isErrorBody(body: unknown): body is ErrorBody {
  const { error, code } = (body ?? {}) as Partial<ErrorBody>;
  return typeof error === 'string' && typeof code === 'string';
}

/** @param headers of the error response; absent if the error came in a stream */
export function toKeyturnError(body: ErrorBody, status?: number, headers?: Headers): KeyturnError {
  return new KeyturnError(body.code, body.error, {
    status,
    requestId: body.request_id ?? headers?.get('x-request-id') ?? undefined,
    retryAfter: headers && parseRetryAfter(headers.get('retry-after')),
    param: body.param,
    details: body.details,
    turnId: body.turn_id,
    conversationId: body.conversation_id,
  });
}

/** An answer that did not come from Keyturn: a proxy's error page, or another server. */
export function toUnexpectedAnswer({ status, statusText, headers }: Response): KeyturnError {
  const type = headers.get('content-type') ?? 'no content type';
  const message = `The server answered ${`${status} ${statusText}`.trim()} with ${type}, which is not Keyturn’s.`;
  return new KeyturnError('unexpected_answer', message, {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: parseRetryAfter(headers.get('retry-after')),
  });
}

/** The JSON of an answer; undefined if it has no body. */
export async function readJson(response: Response, signal?: AbortSignal): Promise<unknown> {
  const text = await readWhole(response, signal);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw toUnexpectedAnswer(response);
  }
}

async function readWhole({ body }: Response, signal?: AbortSignal): Promise<string> {
  let text = '';
  if (body === null) return text;
  try {
    for await (const chunk of readText(body, signal)) text += chunk;
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError(error);
  }
  return text;
}
