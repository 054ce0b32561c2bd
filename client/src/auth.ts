import type { Call, CallOptions, Http } from './http.js';
import type { CurrentSession, Session, SessionUser } from './session.js';

export interface Credentials {
  email: string;
  /** 8 to 128 characters. */
  password: string;
}

export interface NewAccount extends Credentials {
  /** IANA name, such as `Europe/Berlin`; default: UTC. */
  timezone?: string;
}

export interface User extends Omit<SessionUser, 'email'> {
  /** null: the account belongs to an external issuer, which knows the address. */
  email: string | null;
  role: 'user' | 'admin';
  timezone: string;
}

/** The client acts as the user who signed in last, unless it was given a token. */
export function authCalls(http: Http, session: CurrentSession) {
  const open = async (act: string, body: object, options: CallOptions): Promise<Session> => {
    const call: Call = { method: 'POST', path: `/api/auth/${act}`, body, isAnonymous: true, ...options };
    return session.keep(await http.json(call));
  };

  return {
    /** Creates an account and begins its first session. */
    signUp(account: NewAccount, options: CallOptions = {}): Promise<Session> {
      return open('signup', account, options);
    },

    signIn(credentials: Credentials, options: CallOptions = {}): Promise<Session> {
      return open('signin', credentials, options);
    },

    /**
     * Replaces the access token and the refresh token.
     * @param refreshToken default: the token of the session begun by this client, otherwise the browser's cookie
     */
    refresh(refreshToken: string | undefined = session.refreshToken, options: CallOptions = {}) {
      return open('refresh', { refresh_token: refreshToken }, options);
    },

    /** Ends the session for all holders of its tokens. */
    async signOut(options: CallOptions = {}): Promise<void> {
      const body = { refresh_token: session.refreshToken };
      await http.json({ method: 'POST', path: '/api/auth/signout', body, ...options });
      session.forget();
    },

    /** The signed-in user. */
    me(options: CallOptions = {}): Promise<User> {
      return http.json({ method: 'GET', path: '/api/auth/me', ...options });
    },
  };
}
