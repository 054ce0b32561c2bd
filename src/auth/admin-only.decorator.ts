import { type CanActivate, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/app-error';
import type { Principal } from './principal';

@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const user = context.switchToHttp().getRequest<Request>().user as Principal | undefined;
    if (user !== undefined && user.kind !== 'key' && user.role === 'admin') return true;
    throw new AppError('forbidden', 'Only an admin who has signed in may do this.');
  }
}

/**
 * Keeps a route, or all of a controller's, for admins who have signed in. Their API keys don't pass, whatever the
 * scopes: a key that leaks must not govern.
 */
export const AdminOnly = (): ClassDecorator & MethodDecorator => UseGuards(AdminGuard);
