/** What signing in, up and refreshing answer. */
export interface Session {
  /** The access token. */
  token: string;
  token_type: 'Bearer';
  /** When the access token ends. */
  expires_at: string;
  /** For one refresh. */
  refresh_token: string;
  user: SessionUser;
}

export interface SessionUser {
  id: string;
  email: string;
  created_at: string;
}

/** A token, or where to get the one of the moment. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** Who the client speaks for: whoever the supplied token names, else who signed in with it last. */
export class CurrentSession {
  private kept: Session | undefined;

  constructor(private readonly supplied: TokenSource | undefined) {}

  async token(): Promise<string | undefined> {
    if (typeof this.supplied === 'function') return this.supplied();
    return this.supplied ?? this.kept?.token;
  }

  get refreshToken(): string | undefined {
    return this.kept?.refresh_token;
  }

  keep(session: Session): Session {
    this.kept = session;
    return session;
  }

  forget(): void {
    this.kept = undefined;
  }
}
