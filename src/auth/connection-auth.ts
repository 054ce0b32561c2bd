import { Injectable } from '@nestjs/common';
import { signInRequired } from '../common/app-error';
import { Settings } from '../config/settings';
import { AnonymousCallers } from './anonymous-callers';
import { type Caller, callerOf } from './caller';
import { type Identity, Recognition } from './recognition';
import { assertScope } from './scopes';
import { type CredentialedRequest, SessionCredentials } from './session-credentials';

/** What stays open is one of the stateless doors. */
const SCOPE = 'proxy';

/** Who opened a connection that outlives its first request. The token itself is not kept. */
export interface Opener {
  /** null: a caller without a token. */
  readonly identity: Identity | null;
  readonly address: string;
}

/**
 * An opener from its JSON.
 * @throws AppError unauthorized where that is of an earlier version, which named callers otherwise
 */
export function readOpener(text: string): Opener {
  const opener = JSON.parse(text, (name, value: string) =>
    name === 'expiresAt' ? new Date(value) : value,
  ) as Partial<Opener>;
  if (opener.identity === undefined) throw signInRequired();
  return opener as Opener;
}

/** Knows the callers of connections: sessions end, keys are revoked and tokens run out while one is open. */
@Injectable()
export class ConnectionAuth {
  constructor(
    private readonly settings: Settings,
    private readonly credentials: SessionCredentials,
    private readonly recognition: Recognition,
    private readonly anonymousCallers: AnonymousCallers,
  ) {}

  /**
   * By whom a connection is being opened. Whether that still holds, and suffices, `currentCaller` says.
   * @throws AppError unauthorized, origin_not_allowed, upstream_unavailable
   */
  async identify(request: CredentialedRequest, address: string): Promise<Opener> {
    const token = this.credentials.connectionToken(request);
    if (token === undefined) {
      if (!this.settings.isAnonymousAllowed) throw signInRequired();
      // Browsers let any page open a socket and read it; what keeps pages from our other doors, CORS, is not asked.
      this.credentials.assertTrustedOrigin(request);
      return { identity: null, address };
    }
    const identity = await this.recognition.identify(token);
    if (identity === undefined) throw signInRequired();
    return { identity, address };
  }

  /**
   * Whom the connection speaks for now.
   * @throws AppError unauthorized once its token has ended, forbidden where that is a key which may not be used here
   */
  async currentCaller({ identity, address }: Opener): Promise<Caller> {
    if (identity !== null) {
      const user = await this.recognition.findPrincipal(identity);
      if (user === undefined) throw signInRequired();
      assertScope(user, SCOPE);
      return callerOf(user);
    }
    if (this.settings.isAnonymousAllowed) return this.anonymousCallers.at(address);
    throw signInRequired();
  }
}
