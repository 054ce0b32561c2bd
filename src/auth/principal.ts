/** Who a request speaks for. */
export interface Principal {
  readonly id: string;
  readonly role: 'user' | 'admin';
  /** IANA name of the user's time zone. */
  readonly timezone: string;
  /** By what the caller was recognised. */
  readonly kind: 'session';
  /** The refresh family that the access token belongs to; when it ends, so does the token. */
  readonly sessionFamily: string;
  readonly tokenExpiresAt: Date;
}
