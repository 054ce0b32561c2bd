import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings';
import { CommitUnknownError, Database, type SqlRunner, type Transaction } from '../database/database.service';
import { sql } from '../database/sql';
import type { AccessTokenClaims } from './access-tokens';
import { jwtSecretOf } from './jwt-secret';
import type { SessionPrincipal } from './principal';
import { PrincipalCache } from './principal-cache';
import {
  hashRefreshToken,
  judgeRefreshToken,
  mintRefreshToken,
  REPLAY_GRACE_SECONDS,
  type RefreshTokenState,
  SuccessorDerivation,
} from './refresh-token';

/** Older ones of a family are forgotten: refused, but no longer known as stolen. */
const KEPT_TOKENS_OF_FAMILY = 100;

export interface OpenSession {
  userId: string;
  family: string;
  refreshToken: string;
}

interface StoredToken extends RefreshTokenState {
  userId: string;
  family: string;
}

type Rotation = { session: OpenSession } | { endedFamily: string } | undefined;

/**
 * Sessions: each is a family of refresh tokens, of which one is fresh at a time. Whoever moves a family holds its lock,
 * so that a token that is being made can't slip past the end of its family.
 */
@Injectable()
export class SessionsService {
  private readonly derivation: SuccessorDerivation;

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly cache: PrincipalCache,
  ) {
    this.derivation = new SuccessorDerivation(jwtSecretOf(settings));
  }

  async begin(userId: string, runner: SqlRunner = this.database): Promise<OpenSession> {
    const session: OpenSession = { userId, family: randomUUID(), refreshToken: mintRefreshToken() };
    await this.forgetExpired(runner, userId);
    await this.store(runner, session);
    return session;
  }

  /**
   * Replaces a refresh token by its successor.
   * @returns undefined when the token is not (or no longer) good; a replayed one has ended its family by then
   */
  async rotate(refreshToken: string): Promise<OpenSession | undefined> {
    const rotation = await this.settle((tx) => this.rotateIn(tx, refreshToken));
    if (rotation === undefined) return undefined;
    if ('session' in rotation) return rotation.session;
    this.cache.evictFamily(rotation.endedFamily);
    return undefined;
  }

  async end(family: string): Promise<void> {
    await this.settle(async (tx) => {
      await tx.query(sql`SELECT ${familyLock(sql`${family}::uuid`)}`);
      await this.revoke(tx, family);
    });
    this.cache.evictFamily(family);
  }

  /** Ends the session of a refresh token, in whatever state that is; does nothing where there is none. */
  async endByRefreshToken(refreshToken: string): Promise<void> {
    const hash = hashRefreshToken(refreshToken);
    const [token] = await this.database.query<{ family: string }>(
      sql`SELECT family FROM refresh_tokens WHERE token_hash = ${hash}`,
    );
    if (token !== undefined) await this.end(token.family);
  }

  /** Whom an access token speaks for now; undefined when its user is gone or its session has ended. */
  async findPrincipal(claims: AccessTokenClaims): Promise<SessionPrincipal | undefined> {
    const { userId, sessionFamily, expiresAt } = claims;
    const [user] = await this.database.query<Pick<SessionPrincipal, 'role' | 'timezone'>>(sql`
      SELECT role, timezone FROM users
      WHERE id = ${userId} AND EXISTS (
        SELECT 1 FROM refresh_tokens
        WHERE family = ${sessionFamily} AND user_id = users.id AND revoked_at IS NULL)`);
    if (user === undefined) return undefined;
    return { id: userId, ...user, kind: 'session', sessionFamily, tokenExpiresAt: expiresAt };
  }

  private async rotateIn(tx: Transaction, refreshToken: string): Promise<Rotation> {
    const successor = this.derivation.successorOf(refreshToken);
    const token = await this.lockAndRead(tx, hashRefreshToken(refreshToken), hashRefreshToken(successor));
    if (token === undefined) return undefined;
    const session: OpenSession = { userId: token.userId, family: token.family, refreshToken: successor };
    switch (judgeRefreshToken(token)) {
      case 'repeat':
        return { session };
      case 'rotate':
        await tx.query(sql`
          UPDATE refresh_tokens SET used_at = clock_timestamp()
          WHERE token_hash = ${hashRefreshToken(refreshToken)}`);
        await this.store(tx, session);
        await this.forgetOldest(tx, token.family);
        await this.forgetExpired(tx, token.userId);
        return { session };
      case 'end_family':
        await this.revoke(tx, token.family);
        return { endedFamily: token.family };
      case 'refuse':
        return token.isRevoked ? { endedFamily: token.family } : undefined;
    }
  }

  /** Two statements: what the second reads must not be older than the lock. */
  private async lockAndRead(
    tx: SqlRunner,
    hash: Buffer,
    successorHash: Buffer,
  ): Promise<StoredToken | undefined> {
    await tx.query(sql`SELECT ${familyLock(sql`family`)} FROM refresh_tokens WHERE token_hash = ${hash}`);
    const [token] = await tx.query<StoredToken>(sql`
      SELECT user_id AS "userId", family,
        revoked_at IS NOT NULL AS "isRevoked",
        expires_at <= clock_timestamp() AS "isExpired",
        used_at IS NOT NULL AS "isUsed",
        coalesce(used_at > clock_timestamp() - make_interval(secs => ${REPLAY_GRACE_SECONDS}), false) AS "isInGrace",
        EXISTS (
          SELECT 1 FROM refresh_tokens WHERE token_hash = ${successorHash} AND used_at IS NULL
        ) AS "hasFreshSuccessor"
      FROM refresh_tokens WHERE token_hash = ${hash}`);
    return token;
  }

  private async store(runner: SqlRunner, { userId, family, refreshToken }: OpenSession): Promise<void> {
    const ttlSeconds = this.settings.auth.refreshTokenTtlMs / 1000;
    await runner.query(sql`
      INSERT INTO refresh_tokens (token_hash, family, user_id, created_at, expires_at)
      SELECT ${hashRefreshToken(refreshToken)}, ${family}::uuid, ${userId}::uuid,
        made_at, made_at + make_interval(secs => ${ttlSeconds})
      FROM clock_timestamp() AS made_at`);
  }

  private async revoke(tx: SqlRunner, family: string): Promise<void> {
    await tx.query(sql`
      UPDATE refresh_tokens SET revoked_at = clock_timestamp() WHERE family = ${family} AND revoked_at IS NULL`);
  }

  private async forgetOldest(tx: SqlRunner, family: string): Promise<void> {
    await tx.query(sql`
      DELETE FROM refresh_tokens WHERE token_hash IN (
        SELECT token_hash FROM refresh_tokens WHERE family = ${family}
        ORDER BY created_at DESC OFFSET ${KEPT_TOKENS_OF_FAMILY})`);
  }

  /** An access token may outlive the refresh token that came with it, and needs the family until then. */
  private async forgetExpired(runner: SqlRunner, userId: string): Promise<void> {
    const accessTtlSeconds = this.settings.auth.accessTokenTtlMs / 1000;
    await runner.query(sql`
      DELETE FROM refresh_tokens WHERE token_hash IN (
        SELECT token_hash FROM refresh_tokens
        WHERE user_id = ${userId} AND expires_at < now() - make_interval(secs => ${accessTtlSeconds})
        FOR UPDATE SKIP LOCKED)`);
  }

  /** What is done to a session comes to the same when done twice, so a lost commit answer is settled by doing it again. */
  private async settle<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!(error instanceof CommitUnknownError)) throw error;
    }
    return this.database.transaction(work);
  }
}

const familyLock = (family: ReturnType<typeof sql>) =>
  sql`pg_advisory_xact_lock(hashtextextended(${family}::text, 0))`;
