import type { AppError } from '../../common/app-error';

/** Of RFC 6455, 7.4.1, and the IANA registry it names. */
export const CLOSE = { goingAway: 1001, clientFault: 1008, serverFault: 1011, tryAgainLater: 1013 } as const;

/** With which code a connection is closed over an error. */
export function closeCodeOf({ code, status }: AppError): number {
  if (status === 429 || code === 'insufficient_quota') return CLOSE.tryAgainLater;
  return status >= 400 && status < 500 ? CLOSE.clientFault : CLOSE.serverFault;
}

/** For who reads logs of closed sockets; at most 123 bytes may go there, and an error's code may be a provider's. */
export function closeReasonOf({ code, retryAfterSeconds }: AppError): string {
  const reason = /^\w{1,60}$/.test(code) ? code : 'error';
  return retryAfterSeconds === undefined ? reason : `${reason}, retry after ${retryAfterSeconds} s`;
}
