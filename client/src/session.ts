/** The answer to signing in, signing up and refreshing. */
export interface Session {
  token: string;
  token_type: 'Bearer';
  /** When the access token expires. */
  expires_at: string;
  /** Valid for one refresh. */
  refresh_token: string;
  user: SessionUser;
}

export interface SessionUser {
  id: string;
  email: string;
  created_at: string;
}

/** A token, or a function that returns the current one. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** The user of the client: the supplied token's user, otherwise the one who signed in last. */
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
