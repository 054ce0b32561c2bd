import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { ErrorCode } from './app-error';

export const FAILS_WITH = 'failsWith';

/** How a request can fail that a model's provider is asked for. */
export const PROVIDER_FAILURES: readonly ErrorCode[] = [
  'model_not_allowed',
  'not_found',
  'rate_limited',
  'quota_exceeded',
  'too_many_streams',
  'upstream_not_configured',
  'upstream_error',
  'upstream_auth_failed',
  'upstream_invalid_response',
  'insufficient_quota',
  'upstream_unavailable',
  'upstream_timeout',
];

/**
 * Documents codes that a route, or all of a controller's, can fail with. What any route can fail with, and what its
 * guards and its parameters bring, needs no mark.
 */
export const MayFailWith = (...codes: readonly ErrorCode[]): CustomDecorator =>
  SetMetadata(FAILS_WITH, codes);
