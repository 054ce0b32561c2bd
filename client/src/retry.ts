import type { KeyturnError } from './errors.js';

/** A longer wait is reported to the caller as an error: a user may prefer to do something else. */
const LONGEST_WAIT_SECONDS = 30;

/** The seconds that a `Retry-After` header asks for, as a number or as a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | null, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

/**
 * The seconds to wait before a retry; undefined if the request must not be retried. A turn that the server accepted has
 * run, at least in part: if sent again, its tools could do everything twice.
 */
export function retryDelaySeconds({ status, retryAfter, turnId }: KeyturnError): number | undefined {
  const isWelcomeAgain = status === 429 && turnId === undefined;
  if (!isWelcomeAgain || retryAfter === undefined || retryAfter > LONGEST_WAIT_SECONDS) return undefined;
  return retryAfter;
}

/** @throws the signal's reason once it is aborted */
export async function wait(seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}
