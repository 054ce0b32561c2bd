import { Injectable } from '@nestjs/common';
import { signInRequired } from '../common/app-error';
import { Clock } from '../common/clock';
import { type AccessTokenClaims, AccessTokens } from './access-tokens';
import { hashApiKey, isMeantAsApiKey, isWellFormedApiKey } from './api-key';
import { ExternalAccounts } from './external-accounts.service';
import { type ExternalClaims, ExternalIssuer } from './external-issuer';
import { KnownApiKeys } from './known-api-keys';
import type { ExternalPrincipal, KeyPrincipal, Principal } from './principal';
import { SessionsService } from './sessions.service';

/** The verified contents of a token. Safe to cache: it cannot be used as a token. JSON, except for the dates. */
export type Identity =
  | { kind: 'session'; claims: AccessTokenClaims }
  | { kind: 'external'; claims: ExternalClaims }
  | { kind: 'key'; hash: string };

/** The one place that knows the kinds of token: for requests, and for connections that outlive theirs. */
@Injectable()
export class Recognition {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionsService,
    private readonly apiKeys: KnownApiKeys,
    private readonly externalIssuer: ExternalIssuer,
    private readonly externalAccounts: ExternalAccounts,
    private readonly clock: Clock,
  ) {}

  /** What a token would be, if it were good. */
  kindOf(token: string): Identity['kind'] {
    if (isMeantAsApiKey(token)) return 'key';
    return this.externalIssuer.isNamedBy(token) ? 'external' : 'session';
  }

  /**
   * What a token says; undefined where it is not a good one. Whether that still holds, `findPrincipal` knows.
   * @throws AppError upstream_unavailable
   */
  async identify(token: string): Promise<Identity | undefined> {
    const kind = this.kindOf(token);
    if (kind === 'key') {
      return isWellFormedApiKey(token) ? { kind, hash: hashApiKey(token).toString('base64url') } : undefined;
    }
    if (kind === 'external') {
      const claims = await this.externalIssuer.read(token);
      return claims && { kind, claims };
    }
    const claims = await this.accessTokens.read(token);
    return claims && { kind, claims };
  }

  /** Whom it speaks for now; undefined once it has ended. */
  async findPrincipal(identity: Identity): Promise<Principal | undefined> {
    if (identity.kind === 'key') return this.apiKeys.findPrincipal(Buffer.from(identity.hash, 'base64url'));
    if (identity.claims.expiresAt <= this.clock.now()) return undefined;
    if (identity.kind === 'external') return this.externalAccounts.principalOf(identity.claims);
    return this.sessions.findPrincipal(identity.claims);
  }

  /** @throws AppError unauthorized */
  async recogniseKey(key: string): Promise<KeyPrincipal> {
    const principal = isWellFormedApiKey(key) ? await this.apiKeys.findPrincipal(hashApiKey(key)) : undefined;
    if (principal === undefined) throw signInRequired();
    return principal;
  }

  /** @throws AppError unauthorized, upstream_unavailable */
  async recogniseExternal(token: string): Promise<ExternalPrincipal> {
    const claims = await this.externalIssuer.read(token);
    if (claims === undefined) throw signInRequired();
    return this.externalAccounts.principalOf(claims);
  }
}
