/** The codes of the server's own errors; see its API documentation. */
export type ServerErrorCode =
  | 'validation_failed'
  | 'invalid_json'
  | 'model_not_allowed'
  | 'unknown_prompt_template'
  | 'text_not_storable'
  | 'unauthorized'
  | 'invalid_credentials'
  | 'forbidden'
  | 'origin_not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'email_taken'
  | 'turn_in_progress'
  | 'conversation_busy'
  | 'turn_superseded'
  | 'turn_cancelled'
  | 'undo_conflict'
  | 'version_conflict'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'expectation_failed'
  | 'idempotency_key_reused'
  | 'rate_limited'
  | 'quota_exceeded'
  | 'too_many_streams'
  | 'internal'
  | 'upstream_not_configured'
  | 'upstream_error'
  | 'upstream_auth_failed'
  | 'upstream_invalid_response'
  | 'no_match'
  | 'insufficient_quota'
  | 'database_unavailable'
  | 'server_busy'
  | 'shutting_down'
  | 'upstream_unavailable'
  | 'turn_interrupted'
  | 'upstream_timeout';

/**
 * Failures on the way to the server or back: no answer arrived, the stream broke off before its end, or the answer was
 * not Keyturn's.
 */
export type TransportErrorCode = 'connection_failed' | 'broken_stream' | 'unexpected_answer';

/** A model's provider has its own codes for the requests it refuses, such as `context_length_exceeded`. */
export type ErrorCode = ServerErrorCode | TransportErrorCode | (string & {});

export interface ErrorDetail {
  /** The place in the request, such as `['messages', 0, 'content']`. */
  path: (string | number)[];
  message: string;
}

export interface KeyturnErrorOptions {
  status?: number;
  requestId?: string;
  retryAfter?: number;
  details?: ErrorDetail[];
  param?: string;
  turnId?: string;
  conversationId?: number;
  cause?: unknown;
}

/** Every failure of a call except an abort, which throws the signal's reason. */
export class KeyturnError extends Error {
  override readonly name: string = 'KeyturnError';
  /** The response's HTTP status; absent without a response, or if a stream failed after its start. */
  declare readonly status?: number;
  /** The request's id in the server's log. */
  declare readonly requestId?: string;
  /** Seconds after which the server accepts a retry. */
  declare readonly retryAfter?: number;
  /** The errors of each field, for `validation_failed`. */
  declare readonly details?: ErrorDetail[];
  /** The field that a model's provider refused, as the provider names it. */
  declare readonly param?: string;
  /** The accepted turn that failed. Its changes up to then remain. */
  declare readonly turnId?: string;
  declare readonly conversationId?: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { cause, ...options }: KeyturnErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    // Only known values are set, so that a printed error stays short.
    for (const [key, value] of Object.entries(options)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
  }
}

/** No answer, or only part of one. `cause` is the error that `fetch` threw. */
export class ConnectionError extends KeyturnError {
  override readonly name = 'ConnectionError';

  constructor(cause: unknown) {
    super('connection_failed', 'The server could not be reached, or left before it had answered.', { cause });
  }
}

/** A stream that ended without `[DONE]`: the received text is incomplete. */
export class BrokenStreamError extends KeyturnError {
  override readonly name = 'BrokenStreamError';

  constructor(options: KeyturnErrorOptions = {}) {
    super('broken_stream', 'The stream broke off before its end.', options);
  }
}
