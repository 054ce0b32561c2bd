import type { Response } from 'express';

/** Lets go of a request's body: the answer may take minutes, and needs it no more. */
export function forgetBody({ req: request }: Pick<Response, 'req'>): void {
  request.rawBody = undefined;
  request.body = undefined;
  request.releaseBody?.();
}
