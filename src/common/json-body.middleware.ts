import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { AppError } from './app-error';

const DEEPEST_NESTING = 64;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** The errors of Express's body parser, by its `type`. */
const PARSER_ERRORS: Record<string, () => AppError> = {
  // Answered when it has come in, unkept, or REQUEST_TIMEOUT ends it: a client that still sends would not read it.
  'entity.too.large': () => new AppError('body_too_large', 'The request body is too large.'),
  'entity.parse.failed': () => new AppError('invalid_json', 'The request body is not valid JSON.'),
  'encoding.unsupported': () =>
    new AppError('unsupported_media_type', 'This content encoding is not supported.'),
  'charset.unsupported': () => new AppError('unsupported_media_type', 'Send JSON in UTF-8.'),
};

/**
 * Reads JSON bodies: `application/json` only, bounded before they are read, and no deeper than what is safe to
 * handle later.
 */
export function jsonBody(limitBytes: number): RequestHandler {
  const parse = express.json({ limit: limitBytes, type: 'application/json', strict: false });
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!hasBody(request)) {
      request.body = {};
      next();
      return;
    }
    if (!request.is('application/json')) {
      next(new AppError('unsupported_media_type', 'Send the body as application/json.'));
      return;
    }
    parse(request, response, (error?: unknown) =>
      next(error === undefined ? checkBody(request) : toAppError(error)),
    );
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function toAppError(error: unknown): AppError {
  const type = (error as { type?: string }).type ?? '';
  return (
    PARSER_ERRORS[type]?.() ??
    new AppError('invalid_json', 'The request body could not be read.', { cause: error })
  );
}

function checkBody(request: Request): AppError | undefined {
  const body: unknown = request.body;
  if (body === undefined) {
    request.body = {};
    return undefined;
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return new AppError('validation_failed', 'The request body must be a JSON object.', {
      details: [{ path: [], message: 'the request body must be a JSON object' }],
    });
  }
  const forbidden = Object.keys(body).find((key) => FORBIDDEN_KEYS.has(key));
  if (forbidden !== undefined) {
    const message = `property ${forbidden} should not exist`;
    return new AppError('validation_failed', message, { details: [{ path: [forbidden], message }] });
  }
  if (isDeeperThan(body, DEEPEST_NESTING)) {
    const message = `the request body is nested deeper than ${DEEPEST_NESTING} levels`;
    return new AppError('validation_failed', message, { details: [{ path: [], message }] });
  }
  return undefined;
}

/** Goes level by level: a recursive walk would overflow the stack on the very input it looks for. */
export function isDeeperThan(root: object, deepest: number): boolean {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((value) =>
      Object.values(value).filter((item): item is object => item !== null && typeof item === 'object'),
    );
  }
  return false;
}
