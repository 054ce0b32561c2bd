import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { AppError } from '../common/app-error';
import { type AttemptRule, SharedAttempts } from '../limits/shared-attempts';

const MINUTE_MS = 60_000;
const RULE: AttemptRule = { mostFailures: 10, windowMs: 15 * MINUTE_MS, lockMs: 15 * MINUTE_MS };
/** While instances know nothing of each other's. */
const MOST_FAILURES_ALONE = RULE.mostFailures / 2;
const RETRY_AFTER_OTHERS_SECONDS = 1;

/**
 * Ten failed sign-ins on one e-mail within 15 minutes lock it for 15, whether or not it has an account. Where
 * instances share a Redis, attempts are counted over all of them; each counts its own all the same, for when Redis is away.
 */
@Injectable()
export class AccountLock {
  private readonly failures = new RateLimiterMemory({
    points: RULE.mostFailures,
    duration: RULE.windowMs / 1000,
  });
  /** Attempts whose password is being looked at: they may all turn out to be failures. */
  private readonly underWay = new Map<string, number>();

  constructor(private readonly shared: SharedAttempts) {}

  /**
   * Lets an attempt begin, if the account could stand its failure beside those of all others under way. One of the
   * three acts below must follow.
   * @throws AppError rate_limited when the account is locked, or too many attempts are made on it at once
   */
  async admit(email: string): Promise<void> {
    const key = keyOf(email);
    const others = this.underWay.get(key) ?? 0;
    this.underWay.set(key, others + 1);
    const waitMs = await this.waitOf(key, others);
    if (waitMs === 0) return;
    this.leave(key);
    throw new AppError('rate_limited', 'Too many sign-ins on this account. Try again later.', {
      retryAfterSeconds: Math.max(RETRY_AFTER_OTHERS_SECONDS, Math.ceil(waitMs / 1000)),
    });
  }

  async recordFailure(email: string): Promise<void> {
    const key = keyOf(email);
    this.leave(key);
    const { consumedPoints } = await this.failures.penalty(key);
    if (consumedPoints === RULE.mostFailures) await this.failures.block(key, RULE.lockMs / 1000);
    if (this.shared.areShared) await this.shared.fail(key, RULE);
  }

  async recordSuccess(email: string): Promise<void> {
    const key = keyOf(email);
    this.leave(key);
    await this.failures.delete(key);
    if (this.shared.areShared) await this.shared.succeed(key);
  }

  /** The attempt came to no verdict: it does not count. */
  withdraw(email: string): void {
    const key = keyOf(email);
    this.leave(key);
    if (this.shared.areShared) void this.shared.withdraw(key);
  }

  /** @returns 0 where an attempt may begin */
  private async waitOf(key: string, others: number): Promise<number> {
    const failed = await this.failures.get(key);
    const failures = failed?.consumedPoints ?? 0;
    const waitOwn = (most: number): number =>
      failures + others < most ? 0 : failures < most ? 1 : failed!.msBeforeNext;
    if (!this.shared.areShared) return waitOwn(RULE.mostFailures);
    // Else the others know better: the account may have been signed in to there since.
    const waitMs = this.shared.mayHaveMissed(RULE) ? waitOwn(RULE.mostFailures) : 0;
    return waitMs || ((await this.shared.begin(key, RULE)) ?? waitOwn(MOST_FAILURES_ALONE));
  }

  private leave(key: string): void {
    const left = (this.underWay.get(key) ?? 1) - 1;
    if (left > 0) this.underWay.set(key, left);
    else this.underWay.delete(key);
  }
}

/** E-mails don't leave the database in the clear, not into a shared store either. */
const keyOf = (email: string): string => createHash('sha256').update(email).digest('base64url');
