import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard as PassportGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { IS_PUBLIC } from '../common/public.decorator';
import { Settings } from '../config/settings';
import { signInRequired } from './auth-errors';
import { ALLOWS_ANONYMOUS } from './caller';
import { JwtStrategy } from './jwt.strategy';
import type { Principal } from './principal';
import { PrincipalCache } from './principal-cache';
import { SessionCredentials } from './session-credentials';

/** Every route needs a signed-in caller, except those that are `@Public()`, or `@AllowAnonymous()` and opened. */
@Injectable()
export class AuthGuard extends PassportGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly reflector: Reflector,
    private readonly settings: Settings,
    private readonly credentials: SessionCredentials,
    private readonly cache: PrincipalCache,
  ) {
    super({ defaultStrategy: strategy.name });
  }

  /** Nothing is awaited for a token that is known: this is on the way of every request. */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.isMarked(context, IS_PUBLIC)) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const token = this.credentials.accessToken(request);
    if (token === undefined) {
      if (this.settings.isAnonymousAllowed && this.isMarked(context, ALLOWS_ANONYMOUS)) return true;
      throw signInRequired();
    }
    const known = this.cache.find(token);
    if (known === undefined) return this.recognise(context, request, token);
    request.user = known;
    return true;
  }

  override handleRequest<T>(error: Error | null, principal: T | false | null): T {
    if (error) throw error;
    if (!principal) throw signInRequired();
    return principal;
  }

  private async recognise(context: ExecutionContext, request: Request, token: string): Promise<boolean> {
    request.user = await this.cache.refresh(token, () => this.verify(context, request));
    return true;
  }

  private isMarked(context: ExecutionContext, mark: string): boolean {
    return (
      this.reflector.getAllAndOverride<boolean>(mark, [context.getHandler(), context.getClass()]) ?? false
    );
  }

  private async verify(context: ExecutionContext, request: Request): Promise<Principal> {
    await super.canActivate(context);
    return request.user as Principal;
  }
}
