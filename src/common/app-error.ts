/** Every code of the contract and the HTTP status it is sent with. Codes never change once published. */
export const ERROR_STATUS = {
  validation_failed: 400,
  invalid_json: 400,
  model_not_allowed: 400,
  unknown_prompt_template: 400,
  text_not_storable: 400,
  unauthorized: 401,
  invalid_credentials: 401,
  forbidden: 403,
  origin_not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  email_taken: 409,
  turn_in_progress: 409,
  conversation_busy: 409,
  turn_superseded: 409,
  turn_cancelled: 409,
  undo_conflict: 409,
  version_conflict: 412,
  body_too_large: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  idempotency_key_reused: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  too_many_streams: 429,
  internal: 500,
  upstream_not_configured: 500,
  upstream_error: 502,
  upstream_auth_failed: 502,
  upstream_invalid_response: 502,
  no_match: 502,
  insufficient_quota: 503,
  database_unavailable: 503,
  server_busy: 503,
  shutting_down: 503,
  upstream_unavailable: 503,
  turn_interrupted: 503,
  upstream_timeout: 504,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export interface ErrorDetail {
  path: (string | number)[];
  message: string;
}

export interface AppErrorOptions {
  /** Only a provider's 400, 404, 413 and 422 carry a status of their own; else the code decides. */
  status?: number;
  details?: ErrorDetail[];
  /** Which request field is meant, in the provider's words. */
  param?: string;
  /** Seconds, sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** The accepted turn this error ended. */
  turn?: { turnId: string; conversationId: number };
  /** Methods the path does take, sent as `Allow`. */
  allow?: string[];
  cause?: unknown;
}

/**
 * The one error type: what a client may see of a failure.
 * `code` is one of the contract's, or a provider's own code about what the client sent.
 */
export class AppError extends Error {
  readonly status: number;
  readonly details?: ErrorDetail[];
  readonly param?: string;
  readonly retryAfterSeconds?: number;
  readonly turn?: { turnId: string; conversationId: number };
  readonly allow?: string[];

  constructor(
    readonly code: ErrorCode | (string & {}),
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.status =
      options.status ?? (Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code as ErrorCode] : 500);
    this.details = options.details;
    this.param = options.param;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.turn = options.turn;
    this.allow = options.allow;
  }

  /** The same error, naming the accepted turn it ended. */
  ofTurn(turn: { turnId: string; conversationId: number }): AppError {
    const { status, details, param, retryAfterSeconds, allow, cause } = this;
    return new AppError(this.code, this.message, {
      status,
      details,
      param,
      retryAfterSeconds,
      allow,
      cause,
      turn,
    });
  }
}

export const notFound = (what: string): AppError => new AppError('not_found', `${what} not found.`);

/** Also used when a running request's token is revoked. */
export const signInRequired = (): AppError => new AppError('unauthorized', 'Sign in required.');
