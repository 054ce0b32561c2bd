import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AppError } from '../common/app-error';

const MOST_FAILURES = 10;
const WINDOW_SECONDS = 15 * 60;
const LOCK_SECONDS = 15 * 60;
const RETRY_AFTER_OTHERS_SECONDS = 1;

/** Ten failed sign-ins on one e-mail within 15 minutes lock it for 15, whether or not it has an account. */
@Injectable()
export class AccountLock {
  private readonly failures = new RateLimiterMemory({ points: MOST_FAILURES, duration: WINDOW_SECONDS });
  /** Attempts whose password is being looked at: they may all turn out to be failures. */
  private readonly underWay = new Map<string, number>();

  /**
   * Lets an attempt begin, if the account could stand its failure beside those of all others under way. One of the
   * three acts below must follow.
   * @throws AppError rate_limited when the account is locked, or too many attempts are made on it at once
   */
  async admit(email: string): Promise<void> {
    const key = keyOf(email);
    const others = this.underWay.get(key) ?? 0;
    this.underWay.set(key, others + 1);
    const failed = await this.failures.get(key);
    const failures = failed?.consumedPoints ?? 0;
    if (failures + others < MOST_FAILURES) return;
    this.leave(key);
    const waitMs = failures < MOST_FAILURES ? 0 : (failed?.msBeforeNext ?? 0);
    throw new AppError('rate_limited', 'Too many sign-ins on this account. Try again later.', {
      retryAfterSeconds: Math.max(RETRY_AFTER_OTHERS_SECONDS, Math.ceil(waitMs / 1000)),
    });
  }

  async recordFailure(email: string): Promise<void> {
    const key = keyOf(email);
    this.leave(key);
    const { consumedPoints } = await this.failures.penalty(key);
    if (consumedPoints === MOST_FAILURES) await this.failures.block(key, LOCK_SECONDS);
  }

  async recordSuccess(email: string): Promise<void> {
    this.leave(keyOf(email));
    await this.failures.delete(keyOf(email));
  }

  /** The attempt came to no verdict: it does not count. */
  withdraw(email: string): void {
    this.leave(keyOf(email));
  }

  private leave(key: string): void {
    const left = (this.underWay.get(key) ?? 1) - 1;
    if (left > 0) this.underWay.set(key, left);
    else this.underWay.delete(key);
  }
}

/** E-mails don't leave the database in the clear, not into a shared store either. */
const keyOf = (email: string): string => createHash('sha256').update(email).digest('base64url');
