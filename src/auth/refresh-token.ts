import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const PREFIX = 'ktr_';
const TOKEN_BYTES = 32;

/** How long a used token still gives its successor again, for tabs that refresh at the same time. */
export const REPLAY_GRACE_SECONDS = 30;

export function mintRefreshToken(): string {
  return PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is stored of a token. It has 256 random bits, so a fast hash is enough. */
export function hashRefreshToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Makes a token's successor, always the same, so that it can be given again without being stored. Who has the token
 * alone can't make it.
 */
export class SuccessorDerivation {
  private readonly key: Buffer;

  /** @param secret what all instances share */
  constructor(secret: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'keyturn refresh token successor', TOKEN_BYTES));
  }

  successorOf(token: string): string {
    return PREFIX + createHmac('sha256', this.key).update(token).digest('base64url');
  }
}

export interface RefreshTokenState {
  isRevoked: boolean;
  isExpired: boolean;
  isUsed: boolean;
  /** It was used less than the grace ago. */
  isInGrace: boolean;
  /** Its successor was not used yet. */
  hasFreshSuccessor: boolean;
}

/** `repeat`: give the same successor again. `end_family`: someone holds a token that its owner has replaced. */
export type RefreshVerdict = 'rotate' | 'repeat' | 'refuse' | 'end_family';

export function judgeRefreshToken(token: RefreshTokenState): RefreshVerdict {
  if (token.isRevoked || token.isExpired) return 'refuse';
  if (!token.isUsed) return 'rotate';
  return token.isInGrace && token.hasFreshSuccessor ? 'repeat' : 'end_family';
}
