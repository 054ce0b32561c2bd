import type { RetryAdvice } from './upstream-errors';

const FIRST_BACKOFF_MS = 400;

/** How often a request that failed before its first byte is sent again, at most. */
export const MOST_RETRIES = 2;

/**
 * How long to wait before the next attempt: jittered, so that callers who failed together do not come back together;
 * never before the provider's own time.
 */
export function backoffMs({ afterSeconds }: RetryAdvice, attempt: number): number {
  const jittered = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return (afterSeconds ?? 0) * 1000 + jittered;
}
