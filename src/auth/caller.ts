import {
  createParamDecorator,
  type CustomDecorator,
  type ExecutionContext,
  SetMetadata,
} from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import type { Request } from 'express';
import type { LimitedUser } from '../limits/limited-user';
import type { Principal } from './principal';

/** Who a request of a stateless door comes from. */
export interface Caller {
  /** null: nobody who has signed in. */
  userId: string | null;
  /** As what the limits count it: the user, else the address. */
  limited: LimitedUser;
}

export const ALLOWS_ANONYMOUS = 'allowsAnonymous';

/** Opens a route, or all of a controller's, to callers without a token where `ANONYMOUS_ACCESS=proxy`. */
export const AllowAnonymous = (): CustomDecorator => SetMetadata(ALLOWS_ANONYMOUS, true);

/** The caller of an `@AllowAnonymous()` route. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest<Request>()),
);

export function callerOf({ user, ip }: { user?: unknown; ip?: string }): Caller {
  if (user === undefined) {
    return { userId: null, limited: { id: `address ${normalizeIp(ip ?? '')}`, role: 'user' } };
  }
  const principal = user as Principal;
  return { userId: principal.id, limited: principal };
}
