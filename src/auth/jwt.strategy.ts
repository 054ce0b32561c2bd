import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Request } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { Settings } from '../config/settings';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, toClaims } from './access-tokens';
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
    private readonly sessions: SessionsService,
  ) {
    super({
      jwtFromRequest: (request: Request) => credentials.accessToken(request) ?? null,
      secretOrKey: jwtSecretOf(settings),
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
    });
    // Passport keeps strategies by name for the whole process: apps that share one must not share this.
    this.name = `jwt-${randomUUID()}`;
    passport.use(this);
  }

  async validate(payload: unknown): Promise<SessionPrincipal | false> {
    const claims = toClaims(payload);
    return (claims && (await this.sessions.findPrincipal(claims))) ?? false;
  }
}
