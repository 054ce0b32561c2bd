import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { jsonBody } from '../common/json-body.middleware';
import { BOUNDED_BY_BYTES } from '../common/json-shape';

const UPLOAD = /^\/files\/?$/i;

/**
 * Reads the JSON bodies of `/v1`, whose values are the provider's to count (an embedding's tokens, say). The form of an
 * upload is left on the wire.
 */
export function openAiBody(limitBytes: number): RequestHandler {
  const readJson = jsonBody(limitBytes, BOUNDED_BY_BYTES);
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method === 'POST' && UPLOAD.test(request.path)) next();
    else readJson(request, response, next);
  };
}
