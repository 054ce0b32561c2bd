import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard as PassportGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { signInRequired } from '../common/app-error';
import { IS_PUBLIC } from '../common/public.decorator';
import { Settings } from '../config/settings';
import { AnonymousCallers } from './anonymous-callers';
import { isMeantAsApiKey } from './api-key';
import { type AdmittedRequest, ALLOWS_ANONYMOUS } from './caller';
import { JwtStrategy } from './jwt.strategy';
import type { SessionPrincipal } from './principal';
import { PrincipalCache } from './principal-cache';
import { Recognition } from './recognition';
import { assertMayEnter, SCOPE_RULE, type ScopeRule } from './scopes';
import { SessionCredentials } from './session-credentials';

/**
 * Every route needs a caller who is known, except those that are `@Public()`, or `@AllowAnonymous()` and opened; and one
 * who comes with an API key needs a route that is open to it.
 */
@Injectable()
export class AuthGuard extends PassportGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly reflector: Reflector,
    private readonly settings: Settings,
    private readonly credentials: SessionCredentials,
    private readonly cache: PrincipalCache,
    private readonly recognition: Recognition,
    private readonly anonymousCallers: AnonymousCallers,
  ) {
    super({ defaultStrategy: strategy.name });
  }

  /** Nothing is awaited for a token that is known: this is on the way of every request. */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.markOf<boolean>(context, IS_PUBLIC)) return true;
    const request = context.switchToHttp().getRequest<AdmittedRequest>();
    const token = this.credentials.accessToken(request);
    if (token === undefined) return this.admitAnonymous(context, request);
    if (isMeantAsApiKey(token)) return this.admitKey(context, request, token);
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

  private admitAnonymous(context: ExecutionContext, request: AdmittedRequest): boolean {
    const isOpen = this.settings.isAnonymousAllowed && this.markOf<boolean>(context, ALLOWS_ANONYMOUS);
    if (!isOpen) throw signInRequired();
    request.anonymousCaller = this.anonymousCallers.at(request.ip);
    return true;
  }

  private async admitKey(context: ExecutionContext, request: Request, key: string): Promise<boolean> {
    const principal = await this.recognition.recogniseKey(key);
    assertMayEnter(principal, this.markOf<ScopeRule>(context, SCOPE_RULE), request);
    request.user = principal;
    return true;
  }

  private async recognise(context: ExecutionContext, request: Request, token: string): Promise<boolean> {
    request.user = await this.cache.refresh(token, () =>
      this.recognition.kindOf(token) === 'session'
        ? this.verifySession(context, request)
        : this.recognition.recogniseExternal(token),
    );
    return true;
  }

  private markOf<Mark>(context: ExecutionContext, name: string): Mark | undefined {
    return this.reflector.getAllAndOverride<Mark | undefined>(name, [
      context.getHandler(),
      context.getClass(),
    ]);
  }

  private async verifySession(context: ExecutionContext, request: Request): Promise<SessionPrincipal> {
    await super.canActivate(context);
    return request.user as SessionPrincipal;
  }
}
