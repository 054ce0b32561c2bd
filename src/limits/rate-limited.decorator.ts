import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { RateLimitGuard } from './rate-limit.guard';
import { type RateLimitName, RATE_LIMIT_NAME } from './rate-limits';

/**
 * Limits a route, or all of a controller's (not both). The guard stands on the route, after the global one that
 * knows the caller, in whatever order modules are listed; other routes never meet it.
 */
export const RateLimited = (name: RateLimitName): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(RATE_LIMIT_NAME, name), UseGuards(RateLimitGuard));
