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

/** Signs access tokens, and reads them where passport does not stand between. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  issue(userId: string, sessionFamily: string): { token: string; expiresAt: Date } {
    const exp = Math.ceil((this.clock.now().getTime() + this.settings.auth.accessTokenTtlMs) / 1000);
    const token = this.jwt.sign({
      typ: ACCESS_TOKEN_TYPE,
      sub: userId,
      sid: sessionFamily,
      jti: randomUUID(),
      exp,
    });
    return { token, expiresAt: new Date(exp * 1000) };
  }

  /** What a token says, whether or not its session is still there; undefined where it is not a valid one of ours. */
  async read(token: string): Promise<AccessTokenClaims | undefined> {
    const payload = await this.jwt.verifyAsync<object>(token).catch(() => undefined);
    return payload === undefined ? undefined : toClaims(payload);
  }
}

/** A signature proves who made the payload, not what it was made for: other kinds of token share the secret. */
export function toClaims(payload: unknown): AccessTokenClaims | undefined {
  const { typ, sub, sid, exp } = payload as Record<string, unknown>;
  if (typ !== ACCESS_TOKEN_TYPE || !isUUID(sub) || !isUUID(sid) || typeof exp !== 'number') return undefined;
  return { userId: sub as string, sessionFamily: sid as string, expiresAt: new Date(exp * 1000) };
}
