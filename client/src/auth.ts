import type { Call, CallOptions, Http } from './http.js';
import type { CurrentSession, Session, SessionUser } from './session.js';

export interface Credentials {
  email: string;
  /** 8 to 128 characters. */
  password: string;
}

export interface NewAccount extends Credentials {
  /** IANA name, such as `Europe/Berlin`; UTC where absent. */
  timezone?: string;
}

export interface User extends Omit<SessionUser, 'email'> {
  /** null: the account is with another issuer, which has it. */
  email: string | null;
  role: 'user' | 'admin';
  timezone: string;
}

/** The client speaks for whoever signed in last, unless it was given a token of its own. */
export function authCalls(http: Http, session: CurrentSession) {
  const open = async (act: string, body: object, options: CallOptions): Promise<Session> => {
    const call: Call = { method: 'POST', path: `/api/auth/${act}`, body, isAnonymous: true, ...options };
    return session.keep(await http.json(call));
  };

  return {
    /** Makes an account and begins its first session. */
    signUp(account: NewAccount, options: CallOptions = {}): Promise<Session> {
      return open('signup', account, options);
    },

    signIn(credentials: Credentials, options: CallOptions = {}): Promise<Session> {
      return open('signin', credentials, options);
    },

    /**
     * Replaces the access token, and the refresh token with it.
     * @param refreshToken absent: that of the session that was begun here, else the browser's cookie
     */
    refresh(refreshToken: string | undefined = session.refreshToken, options: CallOptions = {}) {
      return open('refresh', { refresh_token: refreshToken }, options);
    },

    /** Ends the session, for whoever holds a token of it. */
    async signOut(options: CallOptions = {}): Promise<void> {
      const body = { refresh_token: session.refreshToken };
      await http.json({ method: 'POST', path: '/api/auth/signout', body, ...options });
      session.forget();
    },

    /** Who is signed in. */
    me(options: CallOptions = {}): Promise<User> {
      return http.json({ method: 'GET', path: '/api/auth/me', ...options });
    },
  };
}
