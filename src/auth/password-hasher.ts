import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { AppError } from '../common/app-error';

/** OWASP's least for argon2id, which is the package's default variant: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
const MOST_RUNNING = 2;
const MOST_WAITING = 32;
const RETRY_AFTER_SECONDS = 2;

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/**
 * Hashes passwords with argon2id. Each costs tens of milliseconds of a core and 19 MiB, so only a few run at once,
 * some more wait, and the rest are turned away.
 */
@Injectable()
export class PasswordHasher {
  /** A hash that no password has and that costs as much to verify as a user's: what unknown e-mails are measured by. */
  readonly decoy = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;

  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws AppError rate_limited when too many wait already */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, COST));
  }

  /** @throws AppError rate_limited when too many wait already */
  verify(passwordHash: string, password: string): Promise<boolean> {
    return this.inTurn(() => verify(passwordHash, password));
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < MOST_RUNNING) {
      this.running++;
      return;
    }
    if (this.waiting.length >= MOST_WAITING) {
      throw new AppError('rate_limited', 'Too many people are signing in just now. Try again shortly.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The place goes straight to the one who waited longest. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}
