import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { AppError } from '../common/app-error';
import { Metrics } from '../observability/metrics';
import { isExempt, type LimitedUser } from './limited-user';

/** Counts a request against the limit its route names: per user where one is known, else per address. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly metrics: Metrics,
  ) {
    super(options, storage, reflector);
  }

  /** Sends the standard headers, where the package would send one set a throttler, each with its name as a suffix. */
  protected override async handleRequest(hit: ThrottlerRequest): Promise<boolean> {
    const request = hit.context.switchToHttp().getRequest<Request>();
    const response = hit.context.switchToHttp().getResponse<Response>();
    const user = request.user as LimitedUser | undefined;
    if (user !== undefined && isExempt(user)) return true;

    const name = hit.throttler.name!;
    const key = user === undefined ? await this.getTracker(request) : user.id;
    const { limit, ttl, blockDuration } = hit;
    const record = await this.storageService.increment(key, ttl, limit, blockDuration, name);

    response.setHeader('RateLimit-Limit', limit);
    response.setHeader('RateLimit-Remaining', Math.max(0, limit - record.totalHits));
    response.setHeader('RateLimit-Reset', record.timeToExpire);
    if (!record.isBlocked) return true;
    this.metrics.countRefusal(name);
    throw new AppError('rate_limited', 'Too many requests. Try again later.', {
      retryAfterSeconds: record.timeToBlockExpire,
    });
  }
}
