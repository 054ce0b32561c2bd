import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { Settings } from '../config/settings';
import {
  AccessTokens,
  TIMES_ARE_JUDGED_HERE,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
} from './access-tokens';
import { jwtSecretOf } from './jwt-secret';
import type { SessionPrincipal } from './principal';
import { SessionCredentials } from './session-credentials';
import { SessionsService } from './sessions.service';

/** Verifies an access token and that its session is still there. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    settings: Settings,
    credentials: SessionCredentials,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionsService,
  ) {
    super({
      jwtFromRequest: (request: Request) => credentials.accessToken(request) ?? null,
      secretOrKey: jwtSecretOf(settings),
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      // passport-jwt takes the first of the two only by its own name.
      ignoreExpiration: TIMES_ARE_JUDGED_HERE.ignoreExpiration,
      jsonWebTokenOptions: TIMES_ARE_JUDGED_HERE,
    });
    // Passport keeps strategies by name for the whole process: apps that share one must not share this.
    this.name = `jwt-${randomUUID()}`;
    passport.use(this);
  }

  async validate(payload: unknown): Promise<SessionPrincipal | false> {
    const claims = this.accessTokens.claimsOf(payload);
    return (claims && (await this.sessions.findPrincipal(claims))) ?? false;
  }
}
