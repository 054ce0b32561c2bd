import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { AppError } from './app-error';

/** As Node tells them apart. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/**
 * Answers `100 Continue` when somebody begins to read the body. An answer that comes before that closes the connection:
 * nobody can say whether the client then sends its body or another request (RFC 9110, 10.1.1).
 */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const { shouldKeepAlive } = response;
  const read = request._read.bind(request);
  response.shouldKeepAlive = false;
  request._read = (size) => {
    request._read = read;
    if (!response.headersSent) {
      response.shouldKeepAlive = shouldKeepAlive;
      response.writeContinue();
    }
    read(size);
  };
}

/** Refuses a request that expects anything but `100-continue`. */
export function refuseOtherExpectations(request: Request, _response: Response, next: NextFunction): void {
  const { expect } = request.headers;
  const isKnown = expect === undefined || CONTINUE.test(expect) || request.httpVersion === '1.0';
  next(isKnown ? undefined : new AppError('expectation_failed', 'Expect can only be 100-continue.'));
}
