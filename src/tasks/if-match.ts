import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/app-error';

const ENTITY_TAG = /^(?:W\/)?(?:"(\d{1,15})"|(\d{1,15}))$/;

/**
 * The version that an `If-Match` header asks for: `"3"`, also `W/"3"` and `3`. undefined without one and for `*`, which
 * any version satisfies (RFC 9110, 13.1.1).
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  const tag = header?.trim();
  if (tag === undefined || tag === '*') return undefined;
  const [, quoted, bare] = ENTITY_TAG.exec(tag) ?? [];
  const version = quoted ?? bare;
  if (version !== undefined) return Number(version);
  const message = 'If-Match must be the version in double quotes, as ETag gave it';
  throw new AppError('validation_failed', message, { details: [{ path: ['If-Match'], message }] });
}

export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) =>
  parseIfMatch(context.switchToHttp().getRequest<Request>().headers['if-match']),
);
