import type { Request, Response } from 'express';
import { isOpenAiPath } from '../common/openai-error-body';
import type { RateRecord } from './request-rates';

/** Says in an answer's headers where its caller stands; under `/v1` also in those that OpenAI's clients read. */
export function setRateHeaders(
  { originalUrl }: Pick<Request, 'originalUrl'>,
  response: Pick<Response, 'setHeader'>,
  { limit, remaining, resetSeconds }: RateRecord,
): void {
  response.setHeader('RateLimit-Limit', limit);
  response.setHeader('RateLimit-Remaining', remaining);
  response.setHeader('RateLimit-Reset', resetSeconds);
  if (!isOpenAiPath(originalUrl)) return;
  response.setHeader('x-ratelimit-limit-requests', limit);
  response.setHeader('x-ratelimit-remaining-requests', remaining);
  response.setHeader('x-ratelimit-reset-requests', toOpenAiDuration(resetSeconds));
}

/** `12s`, `1m0s`, `1h0m5s` */
export function toOpenAiDuration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
