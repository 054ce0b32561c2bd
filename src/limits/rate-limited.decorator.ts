import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { RateLimitGuard } from './rate-limit.guard';
import { type RateLimitOf, RATE_LIMIT_NAME } from './rate-limits';

/**
 * Limits a route, or all of a controller's (not both). The guard stands on the route, after the global one that
 * knows the caller, in whatever order modules are listed; other routes never meet it. It stands before the pipes: who
 * tells by the body what a request counts as has it parsed, but not validated.
 */
export const RateLimited = (name: RateLimitOf): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(RATE_LIMIT_NAME, name), UseGuards(RateLimitGuard));
