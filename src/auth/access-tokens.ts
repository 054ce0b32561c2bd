import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { isUUID } from 'class-validator';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';

export const TOKEN_ALGORITHM = 'HS256';
export const TOKEN_ISSUER = 'keyturn';
export const TOKEN_AUDIENCE = 'keyturn';
const ACCESS_TOKEN_TYPE = 'access';

export interface AccessTokenClaims {
  userId: string;
  sessionFamily: string;
  expiresAt: Date;
}

/**
 * The libraries judge a token's signature, algorithm, issuer and audience. Whether its time has come or is over is judged
 * in `claimsOf` alone: they would ask the machine's clock.
 */
export const TIMES_ARE_JUDGED_HERE = { ignoreExpiration: true, ignoreNotBefore: true } as const;

/** Signs access tokens, and reads them where passport does not stand between. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  issue(userId: string, sessionFamily: string): { token: string; expiresAt: Date } {
    const nowMs = this.clock.now().getTime();
    const exp = Math.ceil((nowMs + this.settings.auth.accessTokenTtlMs) / 1000);
    const token = this.jwt.sign({
      typ: ACCESS_TOKEN_TYPE,
      sub: userId,
      sid: sessionFamily,
      jti: randomUUID(),
      iat: Math.floor(nowMs / 1000),
      exp,
    });
    return { token, expiresAt: new Date(exp * 1000) };
  }

  /** What a token says, whether or not its session is still there; undefined where it is not a valid one of ours. */
  async read(token: string): Promise<AccessTokenClaims | undefined> {
    const payload = await this.jwt.verifyAsync<object>(token, TIMES_ARE_JUDGED_HERE).catch(() => undefined);
    return payload === undefined ? undefined : this.claimsOf(payload);
  }

  /** What a signed payload says; undefined where it is no access token, or not one of this time. */
  claimsOf(payload: unknown): AccessTokenClaims | undefined {
    const { nbf } = payload as Record<string, unknown>;
    const claims = toClaims(payload);
    const now = this.clock.now();
    if (claims === undefined || claims.expiresAt <= now) return undefined;
    const hasBegun = nbf === undefined || (typeof nbf === 'number' && nbf * 1000 <= now.getTime());
    return hasBegun ? claims : undefined;
  }
}

/** A signature proves who made the payload, not what it was made for: other kinds of token share the secret. */
function toClaims(payload: unknown): AccessTokenClaims | undefined {
  const { typ, sub, sid, exp } = payload as Record<string, unknown>;
  if (typ !== ACCESS_TOKEN_TYPE || !isUUID(sub) || !isUUID(sid) || typeof exp !== 'number') return undefined;
  return { userId: sub as string, sessionFamily: sid as string, expiresAt: new Date(exp * 1000) };
}
