import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { requestIdOf } from '../common/request-id.middleware';
import type { Metrics } from './metrics';

/** One log line and one measurement a request; never headers, query or body, which hold tokens and what users wrote. */
export function accessLog(logger: Logger, metrics: Metrics): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      const isComplete = response.writableFinished;
      const { statusCode: status } = response;
      metrics.countRequest({ method, route: routeOf(request), status, durationMs });
      logger.info({
        event: 'request',
        method,
        path: path.slice(0, 200),
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        ...(isComplete ? {} : { isComplete }),
        request_id: requestIdOf(response),
      });
    });
    next();
  };
}

/** The pattern of the matched route: a path with ids would make a series for each. */
function routeOf(request: Request): string {
  const { route } = request as { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? route.path : 'unmatched';
}
