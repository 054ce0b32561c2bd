import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { AppError, ERROR_STATUS, type ErrorCode } from '../common/app-error';
import { clock } from '../common/clock';
import { type ProviderFault, readErrorBody } from './provider-error-body';
import { type FaultKind, kindOfFault } from './provider-fault-kinds';
import { cleanCode, cleanParam, clientMessage } from './provider-words';

/** Statuses that are about what the client sent. */
const CLIENT_FAULTS = new Set([400, 404, 413, 422]);
/** The provider, or the edge before it (Cloudflare's 522 and 524), waited too long for the model. */
const TIMEOUTS = new Set([408, 504, 522, 524]);
/** 529 is the 503 of Anthropic: overloaded for the moment. */
const RETRYABLE_STATUSES = new Set([408, 500, 502, 503, 504, 529]);
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

/** A provider's error answer, or an error event of its stream, with what its body says. */
export class ProviderRefusal extends APIError<number, Headers, undefined> {
  constructor(
    status: number,
    readonly fault: ProviderFault,
    headers = new Headers(),
  ) {
    super(status, undefined, undefined, headers);
  }
}

function faultOf(error: ProviderError): ProviderFault {
  return error instanceof ProviderRefusal ? error.fault : readErrorBody({ error: error.error });
}

interface OwnAnswer {
  code: ErrorCode;
  text: string;
}

const EMPTY: OwnAnswer = { code: 'insufficient_quota', text: 'The provider’s account is out of money.' };
const NO_ACCESS: OwnAnswer = {
  code: 'upstream_auth_failed',
  text: 'The provider refused the server’s own credentials.',
};
const FORBIDDEN: OwnAnswer = {
  code: 'upstream_auth_failed',
  text: 'The provider does not allow this request to the server.',
};

/** Faults that only the operator can mend: another try or another request does not help. */
const OPERATORS_BUSINESS: Partial<Record<FaultKind, OwnAnswer>> = {
  empty_account: EMPTY,
  inactive_billing: EMPTY,
  closed_account: NO_ACCESS,
  wrong_organization: NO_ACCESS,
  bad_key: NO_ACCESS,
  no_permission: FORBIDDEN,
  unserved_region: FORBIDDEN,
};

function fromAnswer(error: ProviderError): AppError {
  const { status } = error;
  if (isRedirect(status)) {
    return new AppError('upstream_error', 'The model’s provider sent a redirect, which is not followed.', {
      cause: new Error(`redirect with status ${status}`),
    });
  }
  const fault = faultOf(error);
  const kind = kindOfFault(fault, status);
  const cause = new Error(`error answer with status ${status}${kind === undefined ? '' : ` (${kind})`}`);
  const own = kind === undefined ? undefined : OPERATORS_BUSINESS[kind];
  if (own !== undefined) return new AppError(own.code, own.text, { cause });
  if (status !== undefined && CLIENT_FAULTS.has(status)) return fromClientFault(fault, status, cause);
  if (kind === 'rate_limit') {
    return new AppError('rate_limited', 'The model’s provider asks for fewer requests. Try again later.', {
      retryAfterSeconds: retryAfterSeconds(error) ?? fault.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS,
      cause,
    });
  }
  if (status !== undefined && TIMEOUTS.has(status))
    return new AppError('upstream_timeout', 'The model did not answer in time.', { cause });
  return new AppError('upstream_error', 'The model’s provider failed.', { cause });
}

const isRedirect = (status: number | undefined): boolean =>
  status !== undefined && status >= 300 && status < 400;

function fromClientFault(fault: ProviderFault, status: number, cause: Error): AppError {
  const { code, param } = fault;
  // A client would take a code of ours for a word about this server.
  const isForeign = code !== undefined && !Object.hasOwn(ERROR_STATUS, code);
  return new AppError(isForeign ? cleanCode(code) : 'upstream_rejected', clientMessage(fault, status), {
    status,
    param: param === undefined ? undefined : cleanParam(param),
    cause,
  });
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
  const kind = kindOfFault(faultOf(failure), failure.status);
  if (kind !== undefined && OPERATORS_BUSINESS[kind] !== undefined) return undefined;
  if (failure.headers?.get('x-should-retry') === 'false') return undefined;
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

const AMOUNT = /^\d{1,15}(?:\.\d{1,9})?$/;
/** The three forms of RFC 9110, 5.6.7 begin with the day of the week. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;
const MAX_WAIT_SECONDS = 9_999_999_999;

/**
 * Seconds to wait, rounded up: of `retry-after-ms`, else of `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3).
 * @returns undefined where the headers are missing or malformed
 */
export function retryAfterSeconds(error: { headers?: Headers | undefined }): number | undefined {
  const milliseconds = error.headers?.get('retry-after-ms')?.trim() ?? '';
  const value = error.headers?.get('retry-after')?.trim() ?? '';
  const seconds = AMOUNT.test(milliseconds) ? Number(milliseconds) / 1000 : secondsOf(value);
  if (seconds === undefined || !(seconds <= MAX_WAIT_SECONDS)) return undefined;
  return Math.max(0, Math.ceil(seconds));
}

function secondsOf(value: string): number | undefined {
  if (AMOUNT.test(value)) return Number(value);
  return HTTP_DATE.test(value) ? (Date.parse(value) - clock.now().getTime()) / 1000 : undefined;
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
