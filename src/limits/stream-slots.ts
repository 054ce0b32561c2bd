import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { isExempt, type LimitedUser } from './limited-user';

const RETRY_AFTER_SECONDS = 5;

/** Bounds the streams that a user has open at once on this instance. */
@Injectable()
export class StreamSlots {
  protected readonly what: string = 'streams';
  private readonly openOf = new Map<string, number>();

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  /** Takes a slot until the response closes. @throws AppError too_many_streams */
  hold(user: LimitedUser, response: ServerResponse): void {
    const release = this.acquire(user);
    response.once('close', release);
    // Who left before this line closed it already.
    if (response.closed) release();
  }

  /**
   * Takes a slot for a stream that is about to open.
   * @returns gives the slot back; a second call does nothing
   * @throws AppError too_many_streams
   */
  acquire(user: LimitedUser): () => void {
    const { streamsPerUser } = this.settings.limits;
    if (streamsPerUser === 0 || isExempt(user)) return () => undefined;
    const open = this.openOf.get(user.id) ?? 0;
    if (open >= streamsPerUser) {
      this.metrics.countRefusal(this.what);
      throw new AppError('too_many_streams', `At most ${streamsPerUser} ${this.what} may be open at once.`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    this.openOf.set(user.id, open + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.release(user.id);
      isHeld = false;
    };
  }

  private release(userId: string): void {
    const open = this.openOf.get(userId) ?? 0;
    if (open <= 1) this.openOf.delete(userId);
    else this.openOf.set(userId, open - 1);
  }
}
