import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/**
 * Ends the connection of a request that is not in as a whole after so long. Node's own bound is one for the whole
 * server, and an upload may take longer than anything else.
 */
export function requestDeadline(afterMs: number): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { headers } = request;
    if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined) {
      deadlines.set(
        request,
        setTimeout(() => endLate(request, response), afterMs),
      );
      request.once('close', () => liftDeadline(request));
    }
    next();
  };
}

/** For a request whose body is watched in another way. */
export function liftDeadline(request: IncomingMessage): void {
  clearTimeout(deadlines.get(request));
}

function endLate(request: Request, response: Response): void {
  // All of it is in, read or not: what takes long is the answer.
  if (request.complete) return;
  if (response.headersSent) request.destroy();
  else response.writeHead(408, { Connection: 'close' }).end();
}
