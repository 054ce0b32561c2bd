import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { AppError } from '../common/app-error';
import { cleanMessage, cut, withoutIds } from './provider-words';

/** Statuses that are about what the client sent. */
const CLIENT_FAULTS = new Set([400, 404, 413, 422]);
const RETRYABLE_STATUSES = new Set([408, 500, 502, 503, 504]);
const LONGEST_RETRY_AFTER_SECONDS = 10;
const DEFAULT_RETRY_AFTER_SECONDS = 10;

/** A stream of ours waited longer than UPSTREAM_TIMEOUT for the next byte. */
export class UpstreamIdleError extends Error {}

/** The provider's answer ended before it was whole, or made no sense. */
export class UpstreamReplyError extends Error {
  constructor(
    readonly code: 'upstream_error' | 'upstream_invalid_response',
    message: string,
  ) {
    super(message);
  }
}

/** What a provider's failure is to our client. Nothing of a provider's 401, 403, 429 or 5xx is passed on. */
export function toUpstreamError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof UpstreamIdleError || error instanceof APIConnectionTimeoutError) {
    return new AppError('upstream_timeout', 'The model did not answer in time.', {
      cause: withoutBody(error),
    });
  }
  if (error instanceof UpstreamReplyError) {
    return new AppError(error.code, 'The model’s answer broke off or could not be read.', { cause: error });
  }
  if (error instanceof APIUserAbortError) {
    return new AppError('upstream_error', 'The request to the model was aborted.', {
      cause: withoutBody(error),
    });
  }
  if (error instanceof APIConnectionError) {
    return new AppError('upstream_unavailable', 'The model’s provider cannot be reached.', {
      cause: withoutBody(error),
    });
  }
  if (error instanceof APIError) return fromAnswer(error as ProviderError);
  if (error instanceof SyntaxError) {
    return new AppError('upstream_invalid_response', 'The model’s answer could not be read.', {
      cause: new Error('not JSON'),
    });
  }
  return new AppError('upstream_error', 'The request to the model failed.', { cause: withoutBody(error) });
}

type ProviderError = APIError<number | undefined, Headers | undefined, object | undefined>;

function fromAnswer(error: ProviderError): AppError {
  const cause = withoutBody(error);
  const { status } = error;
  if (error.code === 'insufficient_quota' || error.type === 'insufficient_quota') {
    return new AppError('insufficient_quota', 'The provider’s account is out of money.', { cause });
  }
  if (status === 429 || error.code === 'rate_limit_exceeded') {
    return new AppError('rate_limited', 'The model’s provider asks for fewer requests. Try again later.', {
      retryAfterSeconds: retryAfterSeconds(error) ?? DEFAULT_RETRY_AFTER_SECONDS,
      cause,
    });
  }
  if (status === 401 || status === 403 || isInvalidKey(error)) {
    return new AppError('upstream_auth_failed', 'The provider refused the server’s own credentials.', {
      cause,
    });
  }
  if (status !== undefined && CLIENT_FAULTS.has(status)) return fromClientFault(error, status);
  if (status === 408 || status === 504)
    return new AppError('upstream_timeout', 'The model did not answer in time.', { cause });
  return new AppError('upstream_error', 'The model’s provider failed.', { cause });
}

/** Gemini tells of a key that is none as of a bad request. */
function isInvalidKey({ status, error }: ProviderError): boolean {
  return status === 400 && /API_KEY_INVALID|API key not valid/.test(JSON.stringify(error ?? {}));
}

function fromClientFault(error: ProviderError, status: number): AppError {
  const body = error.error as { message?: unknown } | undefined;
  const text = typeof body?.message === 'string' ? body.message : 'The provider rejected the request.';
  return new AppError(
    typeof error.code === 'string' && error.code !== ''
      ? cut(withoutIds(error.code), 100)
      : 'upstream_rejected',
    cleanMessage(text),
    {
      status,
      param: typeof error.param === 'string' ? cut(withoutIds(error.param), 200) : undefined,
      cause: withoutBody(error),
    },
  );
}

/** The cause kept for the log: the kind of failure and its status, none of the provider's text. */
function withoutBody(error: unknown): Error {
  const { name, status } = error as { name?: string; status?: number };
  return new Error(`${name ?? 'Error'}${status === undefined ? '' : ` with status ${status}`}`);
}

export interface RetryAdvice {
  /** undefined: the provider named no time. */
  afterSeconds?: number;
}

/** Whether a request that failed before its first byte may be sent again. */
export function retryAdvice(error: unknown): RetryAdvice | undefined {
  if (!(error instanceof APIError) || error instanceof APIUserAbortError) return undefined;
  if (error instanceof APIConnectionTimeoutError) return undefined;
  if (error instanceof APIConnectionError) return {};
  const failure = error as ProviderError;
  if (failure.code === 'insufficient_quota' || failure.type === 'insufficient_quota') return undefined;
  const afterSeconds = retryAfterSeconds(failure);
  if (failure.status === 429) {
    return afterSeconds !== undefined && afterSeconds <= LONGEST_RETRY_AFTER_SECONDS
      ? { afterSeconds }
      : undefined;
  }
  if (failure.status === undefined || !RETRYABLE_STATUSES.has(failure.status)) return undefined;
  if (afterSeconds !== undefined && afterSeconds > LONGEST_RETRY_AFTER_SECONDS) return undefined;
  return { afterSeconds };
}

/** Seconds of a `Retry-After`, given in seconds or as a date (RFC 9110, 10.2.3); rounded up. */
export function retryAfterSeconds(error: { headers?: Headers | undefined }): number | undefined {
  const value = error.headers?.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** Whether the provider can have begun work that it bills although no answer came. */
export function mayHaveBeenBilled(error: unknown): boolean {
  if (error instanceof APIUserAbortError || error instanceof APIConnectionTimeoutError) return true;
  if (error instanceof APIConnectionError) return !isConnectFailure(error);
  return !(error instanceof APIError);
}

interface Fault {
  code?: string;
  cause?: unknown;
}

function isConnectFailure(error: Error): boolean {
  for (let cause: Fault | undefined = error; cause != null; cause = cause.cause as Fault | undefined) {
    const { code } = cause;
    if (
      code === 'ECONNREFUSED' ||
      code === 'ENOTFOUND' ||
      code === 'EAI_AGAIN' ||
      code === 'UND_ERR_CONNECT_TIMEOUT'
    ) {
      return true;
    }
  }
  return false;
}
