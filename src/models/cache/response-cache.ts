import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings';
import { Metrics } from '../../observability/metrics';
import { RedisConnection } from '../../redis/redis-connection';
import type { Payer } from '../../usage/usage.types';
import type { ForwardedRequest } from '../forwarded-call';
import type { Provider } from '../provider';
import { AnswerSlot } from './answer-slot';
import type { AnswerStore } from './answer-store';
import { isCacheable } from './cacheable-request';
import { MemoryAnswerStore } from './memory-answer-store';
import { RedisAnswerStore } from './redis-answer-store';

export interface CacheableCall {
  payer: Payer;
  provider: Provider;
}

/** Keeps answers that are the same each time, for a caller that repeats its request. */
@Injectable()
export class ResponseCache {
  /** undefined: off. */
  private readonly store: AnswerStore | undefined;

  constructor(
    { cacheTtlMs }: Settings,
    redis: RedisConnection,
    private readonly metrics: Metrics,
  ) {
    if (cacheTtlMs === 0) return;
    this.store = redis.isConfigured
      ? new RedisAnswerStore(redis, cacheTtlMs)
      : new MemoryAnswerStore(cacheTtlMs);
  }

  /** Where the answer to a request belongs; undefined where it may not be kept. */
  slotOf(call: CacheableCall, request: ForwardedRequest): AnswerSlot | undefined {
    const { path, body, isStream = true, outlook } = request;
    if (this.store === undefined || outlook === undefined) return undefined;
    if (!Buffer.isBuffer(body) || !isCacheable(path, body)) return undefined;
    const key = keyOf(call, [path, outlook.mostOutputTokens], body);
    return new AnswerSlot(this.store, key, isStream, (isFound) => this.metrics.countCacheSearch(isFound));
  }
}

/** Of one who pays: nobody gets, or can tell from a hit, what another has asked. */
function keyOf({ payer, provider }: CacheableCall, asked: (string | number)[], body: Buffer): string {
  const place = [payer.id, provider.ledgerName, provider.baseUrl, ...asked];
  return createHash('sha256')
    .update(`${JSON.stringify(place)}\n`)
    .update(body)
    .digest('base64url');
}
