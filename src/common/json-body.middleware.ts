import { isUtf8 } from 'node:buffer';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { AppError } from './app-error';
import { faultOfShape, type ShapeBounds } from './json-shape';
import { refusalOfReservedKey } from './reserved-keys';

declare module 'http' {
  interface IncomingMessage {
    /** The JSON body's bytes, decompressed, for doors that pass them on. */
    rawBody?: Buffer;
  }
}

/** The errors of Express's body parser and of `verifyEncoding`, by their `type`. */
const PARSER_ERRORS: Record<string, () => AppError> = {
  // Answered when it has come in, unkept, or REQUEST_TIMEOUT ends it: a client that still sends would not read it.
  'entity.too.large': () => new AppError('body_too_large', 'The request body is too large.'),
  'entity.parse.failed': () => new AppError('invalid_json', 'The request body is not valid JSON.'),
  'encoding.unsupported': () =>
    new AppError('unsupported_media_type', 'This content encoding is not supported.'),
  'charset.unsupported': () => new AppError('unsupported_media_type', 'Send JSON in UTF-8.'),
  'charset.broken': () => new AppError('invalid_json', 'The request body is not valid UTF-8.'),
};

/**
 * Reads JSON bodies: `application/json` in UTF-8 only, bounded before they are read, and of a shape that is safe to
 * handle later.
 */
export function jsonBody(limitBytes: number, bounds?: ShapeBounds): RequestHandler {
  const parse = express.json({
    limit: limitBytes,
    type: 'application/json',
    strict: false,
    verify: verifyEncoding,
  });
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
      next(error === undefined ? checkBody(request, bounds) : toAppError(error)),
    );
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Bytes that are no UTF-8 would be read, and stored, as U+FFFD. */
function verifyEncoding(
  request: { rawBody?: Buffer },
  _response: unknown,
  bytes: Buffer,
  charset: string,
): void {
  request.rawBody = bytes;
  const type = charset !== 'utf-8' ? 'charset.unsupported' : isUtf8(bytes) ? undefined : 'charset.broken';
  if (type !== undefined) throw Object.assign(new Error(type), { type });
}

function toAppError(error: unknown): AppError {
  const type = (error as { type?: string }).type ?? '';
  return (
    PARSER_ERRORS[type]?.() ??
    new AppError('invalid_json', 'The request body could not be read.', { cause: error })
  );
}

function checkBody(request: Request, bounds: ShapeBounds | undefined): AppError | undefined {
  const body: unknown = request.body;
  if (body === undefined) {
    request.body = {};
    return undefined;
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return refusalOfWhole('the request body must be a JSON object');
  }
  const fault = faultOfShape(body, bounds);
  return fault === undefined ? refusalOfReservedKey(body) : refusalOfWhole(`the request body is ${fault}`);
}

function refusalOfWhole(message: string): AppError {
  return new AppError('validation_failed', message, { details: [{ path: [], message }] });
}
