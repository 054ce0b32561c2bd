import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { isExempt, type LimitedUser } from './limited-user';
import { SlotLeases } from './slot-leases';

const RETRY_AFTER_SECONDS = 5;

/** Bounds the streams that a user has open at once: on all instances where they share a Redis, and on each in any case. */
@Injectable()
export class StreamSlots {
  protected readonly what: string = 'streams';
  private readonly openOf = new Map<string, number>();

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly leases: SlotLeases,
  ) {}

  /** Takes a slot until the response closes. @throws AppError too_many_streams */
  async hold(user: LimitedUser, response: ServerResponse): Promise<void> {
    const release = await this.acquire(user);
    response.once('close', release);
    // Who left before this line closed it already.
    if (response.closed) release();
  }

  /**
   * Takes a slot for a stream that is about to open.
   * @returns gives the slot back; a second call does nothing
   * @throws AppError too_many_streams
   */
  async acquire(user: LimitedUser): Promise<() => void> {
    const { streamsPerUser } = this.settings.limits;
    if (streamsPerUser === 0 || isExempt(user)) return () => undefined;
    const open = this.openOf.get(user.id) ?? 0;
    if (open >= streamsPerUser) throw this.refuse(user);
    this.openOf.set(user.id, open + 1);
    const endLease = this.leases.areShared ? await this.lease(user) : undefined;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.release(user.id);
      endLease?.();
    };
  }

  /** How many a user has open, of how many; null: without limit, and then they are not counted. Takes none. */
  async peek(user: LimitedUser): Promise<{ limit: number | null; used: number }> {
    const { streamsPerUser } = this.settings.limits;
    if (streamsPerUser === 0 || isExempt(user)) return { limit: null, used: 0 };
    const open = this.openOf.get(user.id) ?? 0;
    const shared = this.leases.areShared ? await this.leases.count(`${this.what}:${user.id}`) : 0;
    return { limit: streamsPerUser, used: Math.max(open, shared) };
  }

  private async lease(user: LimitedUser): Promise<() => void> {
    const endLease = await this.leases.take(`${this.what}:${user.id}`, this.settings.limits.streamsPerUser);
    if (endLease !== undefined) return endLease;
    this.release(user.id);
    throw this.refuse(user);
  }

  private refuse(user: LimitedUser): AppError {
    this.metrics.countRefusal(this.what, user.id);
    const most = this.settings.limits.streamsPerUser;
    return new AppError('too_many_streams', `At most ${most} ${this.what} may be open at once.`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  private release(userId: string): void {
    const open = this.openOf.get(userId) ?? 0;
    if (open <= 1) this.openOf.delete(userId);
    else this.openOf.set(userId, open - 1);
  }
}
