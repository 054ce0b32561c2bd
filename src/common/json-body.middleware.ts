import { isUtf8 } from 'node:buffer';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from './app-error';
import type { BodyLimit } from './body-limit';
import type { BodyMemory } from './body-memory';
import { BodyReader } from './body-reader';
import { faultOfJsonText, faultOfShape, type ShapeBounds } from './json-shape';
import { refusalOfReservedKey } from './reserved-keys';
import { hasRoute } from './route-methods';

declare module 'http' {
  interface IncomingMessage {
    /** The JSON body's bytes, decompressed, for doors that pass them on. */
    rawBody?: Buffer;
  }
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
/** Not its name by the standard, but what many clients call it. */
const UTF8 = /^utf-?8$/i;

export interface JsonBodyOptions {
  limit: BodyLimit;
  /** Shared by all that read bodies. */
  memory: BodyMemory;
  shape?: ShapeBounds;
}

/**
 * Reads JSON bodies: `application/json` in UTF-8 only, bounded before they are read, and of a shape that is safe to
 * handle later. Where no route takes the request its body is not looked at: the answer is 404 or 405, whatever it is.
 */
export function jsonBody({ limit, memory, shape }: JsonBodyOptions): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!hasBody(request) || !hasRoute(request)) {
      request.body = {};
      next();
      return;
    }
    const refusal = refusalOfType(request);
    if (refusal !== undefined) {
      next(refusal);
      return;
    }
    const reader = new BodyReader(request, response, { limit, memory }, (error, bytes) =>
      next(error ?? takeBody(request, bytes, shape)),
    );
    reader.read();
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function refusalOfType(request: Request): AppError | undefined {
  const type = request.headers['content-type'] ?? '';
  if (type === 'application/json') return undefined;
  if (!request.is('application/json')) {
    return new AppError('unsupported_media_type', 'Send the body as application/json.');
  }
  const [, charset = 'utf-8'] = CHARSET.exec(type) ?? [];
  if (UTF8.test(charset)) return undefined;
  return new AppError(
    'unsupported_media_type',
    'Send the body in UTF-8: Content-Type: application/json; charset=utf-8.',
  );
}

/** Parses a body and keeps it on its request. Bytes that are no UTF-8 would be read, and stored, as U+FFFD. */
function takeBody(request: Request, bytes: Buffer, shape: ShapeBounds | undefined): AppError | undefined {
  request.rawBody = bytes;
  if (!isUtf8(bytes)) return new AppError('invalid_json', 'The request body is not valid UTF-8.');
  const fault = faultOfJsonText(bytes, shape);
  if (fault !== undefined) return refusalOfWhole(`the request body is ${fault}`);
  try {
    request.body = bytes.length === 0 ? {} : (JSON.parse(withoutByteOrderMark(bytes)) as unknown);
  } catch (cause) {
    return new AppError('invalid_json', 'The request body is not valid JSON.', { cause });
  }
  return checkBody(request, shape);
}

function withoutByteOrderMark(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function checkBody(request: Request, bounds: ShapeBounds | undefined): AppError | undefined {
  const body: unknown = request.body;
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return refusalOfWhole('the request body must be a JSON object');
  }
  const fault = faultOfShape(body, bounds);
  return fault === undefined ? refusalOfReservedKey(body) : refusalOfWhole(`the request body is ${fault}`);
}

function refusalOfWhole(message: string): AppError {
  return new AppError('validation_failed', message, { details: [{ path: [], message }] });
}
