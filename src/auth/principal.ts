import type { Scope } from './scopes';

interface Speaker {
  readonly id: string;
  readonly role: 'user' | 'admin';
  /** IANA name of the user's time zone. */
  readonly timezone: string;
}

/** One whose session was begun here. */
export interface SessionPrincipal extends Speaker {
  readonly kind: 'session';
  /** The refresh family that the access token belongs to; when it ends, so does the token. */
  readonly sessionFamily: string;
  readonly tokenExpiresAt: Date;
}

/** One with an external issuer's token. */
export interface ExternalPrincipal extends Speaker {
  readonly kind: 'external';
  readonly tokenExpiresAt: Date;
}

/** One with an API key. */
export interface KeyPrincipal extends Speaker {
  readonly kind: 'key';
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

/** Who a request speaks for, by what the caller was recognised. */
export type Principal = SessionPrincipal | ExternalPrincipal | KeyPrincipal;
