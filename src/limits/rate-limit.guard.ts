import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { Request, Response } from 'express';
import type { LimitedUser } from './limited-user';
import { setRateHeaders } from './rate-headers';
import { RATE_LIMIT_NAME, type RateLimitOf } from './rate-limits';
import { rateLimited, RequestRates } from './request-rates';

/**
 * Counts a request in the windows of what its route names. The package's own guard goes through every limit there is, and
 * eight look-ups for each: that costs more than the rest of a request (docs/decisions/0007).
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly rates: RequestRates,
  ) {
    super(options, storage, reflector);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const limit = this.reflector.getAllAndOverride<RateLimitOf>(RATE_LIMIT_NAME, [
      context.getHandler(),
      context.getClass(),
    ]);
    const name = typeof limit === 'function' ? limit(request) : limit;
    const record = await this.rates.count(name, request.user as LimitedUser | undefined, request.ip);
    if (record === undefined) return true;
    setRateHeaders(request, response, record);
    if (record.isExceeded) throw rateLimited(record);
    return true;
  }
}
