import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import { type AccessTokenClaims, AccessTokens } from './access-tokens';
import { signInRequired } from './auth-errors';
import { type Caller, callerOf } from './caller';
import type { Principal } from './principal';
import { type CredentialedRequest, SessionCredentials } from './session-credentials';
import { SessionsService } from './sessions.service';

/** Who opened a connection that outlives its first request. The token itself is not kept. */
export interface Opener {
  /** null: a caller without a token. */
  readonly claims: AccessTokenClaims | null;
  readonly address: string;
}

/** Knows the callers of connections: sessions end and tokens run out while one is open. */
@Injectable()
export class ConnectionAuth {
  constructor(
    private readonly settings: Settings,
    private readonly credentials: SessionCredentials,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {}

  /**
   * By whom a connection is being opened. Whether the session is still there, `currentCaller` says.
   * @throws AppError unauthorized, origin_not_allowed
   */
  async identify(request: CredentialedRequest, address: string): Promise<Opener> {
    const token = this.credentials.connectionToken(request);
    if (token === undefined) {
      if (!this.settings.isAnonymousAllowed) throw signInRequired();
      // Browsers let any page open a socket and read it; what keeps pages from our other doors, CORS, is not asked.
      this.credentials.assertTrustedOrigin(request);
      return { claims: null, address };
    }
    const claims = await this.accessTokens.read(token);
    if (claims === undefined) throw signInRequired();
    return { claims, address };
  }

  /**
   * Whom the connection speaks for now.
   * @throws AppError unauthorized once the session has ended
   */
  async currentCaller({ claims, address }: Opener): Promise<Caller> {
    if (claims !== null) return callerOf({ user: await this.findPrincipal(claims) });
    if (this.settings.isAnonymousAllowed) return callerOf({ ip: address });
    throw signInRequired();
  }

  private async findPrincipal(claims: AccessTokenClaims): Promise<Principal> {
    const isExpired = claims.expiresAt <= this.clock.now();
    const principal = isExpired ? undefined : await this.sessions.findPrincipal(claims);
    if (principal === undefined) throw signInRequired();
    return principal;
  }
}
