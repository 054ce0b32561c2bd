import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { jsonBody, type JsonBodyOptions } from '../common/json-body.middleware';
import { WIDE_BOUNDS } from '../common/json-shape';

const UPLOAD = /^\/files\/?$/i;

/**
 * Reads the JSON bodies of `/v1`, whose values are the provider's to count (an embedding's tokens, say). The form of an
 * upload is left on the wire.
 */
export function openAiBody(options: Omit<JsonBodyOptions, 'shape'>): RequestHandler {
  const readJson = jsonBody({ ...options, shape: WIDE_BOUNDS });
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method === 'POST' && UPLOAD.test(request.path)) next();
    else readJson(request, response, next);
  };
}
