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
 * What went wrong on the way to the server or back: nothing arrived, the stream ended without its end, or what arrived
 * was not Keyturn's.
 */
export type TransportErrorCode = 'connection_failed' | 'broken_stream' | 'unexpected_answer';

/** A model's provider has codes of its own about what it was sent, `context_length_exceeded` among them. */
export type ErrorCode = ServerErrorCode | TransportErrorCode | (string & {});

export interface ErrorDetail {
  /** Where in the request, such as `['messages', 0, 'content']`. */
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

/** Every failure of a call but an abort, which is thrown as the signal's reason. */
export class KeyturnError extends Error {
  override readonly name: string = 'KeyturnError';
  /** The answer's HTTP status; absent where there was none, or where a stream failed after it had begun. */
  declare readonly status?: number;
  /** What the server's log calls the request. */
  declare readonly requestId?: string;
  /** Seconds after which the server asks to be tried again. */
  declare readonly retryAfter?: number;
  /** What is wrong with each field, with `validation_failed`. */
  declare readonly details?: ErrorDetail[];
  /** The field that a model's provider refused, in its words. */
  declare readonly param?: string;
  /** The accepted turn that failed. What it had done by then is done. */
  declare readonly turnId?: string;
  declare readonly conversationId?: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { cause, ...options }: KeyturnErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    // Only what is known, so that an error prints as little as it says.
    for (const [key, value] of Object.entries(options)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
  }
}

/** No answer, or none that could be read whole. `cause` is what `fetch` threw. */
export class ConnectionError extends KeyturnError {
  override readonly name = 'ConnectionError';

  constructor(cause: unknown) {
    super('connection_failed', 'The server could not be reached, or left before it had answered.', { cause });
  }
}

/** A stream that ended without `[DONE]`: what came is a part. */
export class BrokenStreamError extends KeyturnError {
  override readonly name = 'BrokenStreamError';

  constructor(options: KeyturnErrorOptions = {}) {
    super('broken_stream', 'The stream broke off before its end.', options);
  }
}
