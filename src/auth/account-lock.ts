import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../common/app-error';

const MOST_FAILURES = 10;
const WINDOW_SECONDS = 15 * 60;
const LOCK_SECONDS = 15 * 60;

/** Ten failed sign-ins on one e-mail within 15 minutes lock it for 15, whether or not it has an account. */
@Injectable()
export class AccountLock {
  private readonly failures = new RateLimiterMemory({ points: MOST_FAILURES, duration: WINDOW_SECONDS });

  /**
   * Counts the attempt as failed before its password is looked at, so that attempts made at once can't outnumber the
   * limit. One of the three acts below must follow.
   * @throws AppError rate_limited when the account is locked
   */
  async admit(email: string): Promise<void> {
    try {
      await this.failures.consume(keyOf(email));
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      throw new AppError('rate_limited', 'Too many failed sign-ins. Try again later.', {
        retryAfterSeconds: Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000)),
      });
    }
  }

  async recordFailure(email: string): Promise<void> {
    const counted = await this.failures.get(keyOf(email));
    if (counted !== null && counted.consumedPoints >= MOST_FAILURES) {
      await this.failures.block(keyOf(email), LOCK_SECONDS);
    }
  }

  async recordSuccess(email: string): Promise<void> {
    await this.failures.delete(keyOf(email));
  }

  /** The attempt came to no verdict: it does not count, and leaves nothing behind. */
  async withdraw(email: string): Promise<void> {
    const { consumedPoints } = await this.failures.reward(keyOf(email));
    if (consumedPoints <= 0) await this.failures.delete(keyOf(email));
  }
}

/** E-mails don't leave the database in the clear, not into a shared store either. */
const keyOf = (email: string): string => createHash('sha256').update(email).digest('base64url');
