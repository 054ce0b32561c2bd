import {
  createParamDecorator,
  type CustomDecorator,
  type ExecutionContext,
  SetMetadata,
} from '@nestjs/common';
import type { Request } from 'express';
import type { LimitedUser } from '../limits/limited-user';
import type { Payer } from '../usage/usage.types';
import type { Principal } from './principal';

/** Who a request of a stateless door comes from. */
export interface Caller {
  /** null: nobody who has signed in. */
  userId: string | null;
  payer: Payer;
  /** As what the limits count it: the user, else the address. */
  limited: LimitedUser;
}

/** A request as `AuthGuard` lets it on to an `@AllowAnonymous()` route: one of the two is there. */
export interface AdmittedRequest extends Request {
  user?: Principal;
  anonymousCaller?: Caller;
}

export const ALLOWS_ANONYMOUS = 'allowsAnonymous';

/** Opens a route, or all of a controller's, to callers without a token where `ANONYMOUS_ACCESS=proxy`. */
export const AllowAnonymous = (): CustomDecorator => SetMetadata(ALLOWS_ANONYMOUS, true);

/** The caller of an `@AllowAnonymous()` route. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { user, anonymousCaller } = context.switchToHttp().getRequest<AdmittedRequest>();
  return user === undefined ? anonymousCaller! : callerOf(user);
});

export const callerOf = (user: Principal): Caller => ({
  userId: user.id,
  payer: payerOf(user),
  limited: user,
});

/** Whose budget a signed-in caller's requests are taken from. */
export const payerOf = (user: Principal): Payer => ({
  id: user.id,
  userId: user.id,
  keyId: user.kind === 'key' ? user.keyId : null,
  timezone: user.timezone,
});
