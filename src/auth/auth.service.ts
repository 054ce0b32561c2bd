import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { signInRequired } from '../common/app-error';
import { spellTimeZone } from '../common/time-zone-name';
import { CommitUnknownError, Database } from '../database/database.service';
import { AccessTokens } from './access-tokens';
import { AccountLock } from './account-lock';
import { invalidCredentials } from './auth-errors';
import { DEFAULT_TIMEZONE, type IssuedSession, type SignInRequest, type SignUpRequest } from './auth.dto';
import { PasswordHasher } from './password-hasher';
import { type OpenSession, SessionsService } from './sessions.service';
import type { User } from './user.entity';
import { UsersService } from './users.service';

/** Signing up, in and out. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly accessTokens: AccessTokens,
    private readonly passwordHasher: PasswordHasher,
    private readonly accountLock: AccountLock,
  ) {}

  /** @throws AppError email_taken */
  async signUp({ email, password, timezone }: SignUpRequest): Promise<IssuedSession> {
    const passwordHash = await this.passwordHasher.hash(password);
    const newUser = {
      id: randomUUID(),
      email,
      passwordHash,
      timezone: spellTimeZone(timezone ?? DEFAULT_TIMEZONE),
    };
    try {
      return await this.database.transaction(async (tx) => {
        const user = await this.users.create(tx, newUser);
        return this.issue(user, await this.sessions.begin(user.id, tx));
      });
    } catch (error) {
      if (!(error instanceof CommitUnknownError)) throw error;
      const user = await this.users.findById(newUser.id);
      if (user === null) throw error;
      return this.issue(user, await this.sessions.begin(user.id));
    }
  }

  /**
   * Tells nothing apart: an unknown e-mail costs the same time and gets the same answer as a wrong password.
   * @throws AppError invalid_credentials, or rate_limited when the account is locked
   */
  async signIn({ email, password }: SignInRequest): Promise<IssuedSession> {
    await this.accountLock.admit(email);
    const user = await this.findByPassword(email, password);
    if (user === undefined) {
      await this.accountLock.recordFailure(email);
      throw invalidCredentials();
    }
    await this.accountLock.recordSuccess(email);
    return this.issue(user, await this.sessions.begin(user.id));
  }

  /** @throws AppError unauthorized when the refresh token is not good */
  async refresh(refreshToken: string): Promise<IssuedSession> {
    const session = await this.sessions.rotate(refreshToken);
    if (session === undefined) throw signInRequired();
    return this.issue(await this.find(session.userId), session);
  }

  /**
   * Ends the sessions that the tokens stand for. A refresh token that means nothing (any more) has its wish already; an
   * access token that is not good may stand for a session that lives on, so it alone is no sign-out.
   * @throws AppError unauthorized when there is nothing to go by
   */
  async signOut(tokens: { access: string[]; refresh: string[] }): Promise<void> {
    const claims = await Promise.all(tokens.access.map((token) => this.accessTokens.read(token)));
    const families = claims.flatMap((claim) => claim?.sessionFamily ?? []);
    if (families.length === 0 && tokens.refresh.length === 0) throw signInRequired();
    for (const token of tokens.refresh) await this.sessions.endByRefreshToken(token);
    for (const family of families) await this.sessions.end(family);
  }

  /** @throws AppError unauthorized when the user is gone */
  async find(userId: string): Promise<User> {
    const user = await this.users.findById(userId);
    if (user === null) throw signInRequired();
    return user;
  }

  private async findByPassword(email: string, password: string): Promise<User | undefined> {
    try {
      const user = await this.users.findByEmail(email);
      const isRight = await this.passwordHasher.verify(
        user?.passwordHash ?? this.passwordHasher.decoy,
        password,
      );
      return isRight && user !== null ? user : undefined;
    } catch (error) {
      this.accountLock.withdraw(email);
      throw error;
    }
  }

  private issue(user: User, session: OpenSession): IssuedSession {
    const { token, expiresAt } = this.accessTokens.issue(user.id, session.family);
    return { user, accessToken: token, accessTokenExpiresAt: expiresAt, refreshToken: session.refreshToken };
  }
}
