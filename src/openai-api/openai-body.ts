import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { BodyReader } from '../common/body-reader';
import { jsonBody, type JsonBodyOptions } from '../common/json-body.middleware';
import { WIDE_BOUNDS } from '../common/json-shape';
import { MODEL_ROUTES, type RouteRules } from './model-routes';

declare module 'http' {
  interface IncomingMessage {
    /** Reads a body that was left on the wire into memory, within the bounds of its route. */
    readBody?: () => Promise<Buffer>;
  }
}

const UPLOAD = /^\/files\/?$/i;
/** Forms are read where it is known whose they are. */
const FORM_ROUTES = new Map<string, RouteRules>(Object.entries(MODEL_ROUTES));

/**
 * Reads the JSON bodies of `/v1`, whose values are the provider's to count (an embedding's tokens, say). The form of an
 * upload is left on the wire, and so is one that asks for a model's work.
 */
export function openAiBody(options: Omit<JsonBodyOptions, 'shape'>): RequestHandler {
  const readJson = jsonBody({ ...options, shape: WIDE_BOUNDS });
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'POST' || !isLeft(request)) {
      readJson(request, response, next);
      return;
    }
    request.readBody = () => readBytes(request, response, options);
    next();
  };
}

function isLeft(request: Request): boolean {
  if (UPLOAD.test(request.path)) return true;
  const { form } = FORM_ROUTES.get(request.path.toLowerCase().replace(/\/$/, '')) ?? {};
  return form === 'only' || (form === 'too' && !isJsonRequest(request));
}

const isJsonRequest = ({ headers }: Request): boolean =>
  /^application\/json\b/i.test(headers['content-type'] ?? 'application/json');

function readBytes(
  request: Request,
  response: Response,
  bounds: Omit<JsonBodyOptions, 'shape'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    new BodyReader(request, response, bounds, (error, bytes) =>
      error === undefined ? resolve(bytes) : reject(error),
    ).read();
  });
}
