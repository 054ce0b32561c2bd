import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, notFound, signInRequired } from '../common/app-error';
import { decodeCursor, type Page, type PageQuery, toPage } from '../common/page';
import { Revocations } from '../common/revocations';
import { CommitUnknownError, Database, type SqlRunner } from '../database/database.service';
import { empty, type Sql, sql } from '../database/sql';
import { QuotaLimits } from '../usage/quota-limits';
import { Accounts } from './accounts.service';
import { hashApiKey, mintApiKey, shownPartOf } from './api-key';
import type { ApiKey, CreateApiKeyRequest } from './api-key.dto';
import { SCOPES } from './scopes';

const MOST_KEYS = 100;

interface ListedKey extends ApiKey {
  /** Microseconds since 1970, as the list is sorted. */
  createdKey: number;
}

const COLUMNS = sql`id, name, prefix, scopes, daily_token_limit AS "dailyTokenLimit", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt", created_at AS "createdAt"`;
const CREATED_KEY = sql`(extract(epoch FROM created_at) * 1000000)::bigint`;

/** The API keys of users. A revoked one is kept, for what was spent with it names it. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly quotaLimits: QuotaLimits,
    private readonly revocations: Revocations,
    private readonly accounts: Accounts,
  ) {}

  /**
   * @returns the key itself too, which is not stored
   * @throws AppError validation_failed where its end has come already, or the user has as many as can be
   */
  async create(userId: string, request: CreateApiKeyRequest): Promise<{ apiKey: ApiKey; key: string }> {
    const key = mintApiKey();
    const id = randomUUID();
    const limit = request.daily_token_limit ?? null;
    try {
      const apiKey = await this.database.transaction(async (tx) => {
        await this.requireRoom(tx, userId);
        await this.requireFuture(tx, request.expires_at ?? null);
        if (limit !== null) await this.quotaLimits.set(tx, id, 'tokens_a_day', limit);
        const [row] = await tx.query<ApiKey>(sql`
          INSERT INTO api_keys (id, user_id, key_hash, prefix, name, scopes, daily_token_limit, expires_at)
          VALUES (${id}, ${userId}, ${hashApiKey(key)}, ${shownPartOf(key)}, ${request.name},
            ${request.scopes ?? SCOPES}, ${limit}, ${request.expires_at ?? null})
          RETURNING ${COLUMNS}`);
        return row!;
      });
      return { apiKey, key };
    } catch (error) {
      if (!(error instanceof CommitUnknownError)) throw error;
      const [apiKey] = await this.database.query<ApiKey>(
        sql`SELECT ${COLUMNS} FROM api_keys WHERE id = ${id}`,
      );
      if (apiKey === undefined) throw error;
      return { apiKey, key };
    }
  }

  /** Those that were not revoked, newest first. */
  async list(userId: string, { limit, cursor }: PageQuery): Promise<Page<ApiKey>> {
    const [createdKey, id] = cursor === undefined ? [] : decodeCursor(cursor, ['id', 'string']);
    const after =
      createdKey === undefined
        ? empty
        : sql`AND (${CREATED_KEY}, id::text) < (${createdKey}::bigint, ${id}::text)`;
    const rows = await this.database.query<ListedKey>(sql`
      SELECT ${COLUMNS}, ${CREATED_KEY} AS "createdKey" FROM api_keys
      WHERE user_id = ${userId} AND revoked_at IS NULL ${after}
      ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`);
    return toPage<ListedKey, ApiKey>(
      rows,
      limit,
      (row) => row,
      (row) => [row.createdKey, row.id],
    );
  }

  /**
   * The same for who governs them.
   * @throws AppError not_found when there is no such user
   */
  async listOfUser(userId: string, query: PageQuery): Promise<Page<ApiKey>> {
    await this.accounts.requireUser(userId);
    return this.list(userId, query);
  }

  /**
   * Ends a key: it is refused on every instance from here on, and what is under way with it is told.
   * @throws AppError not_found when there is none, or it is another user's
   */
  async revoke(userId: string, id: string): Promise<void> {
    await this.revokeWhere(id, sql`user_id = ${userId}`);
  }

  /**
   * The same, whosever it is.
   * @throws AppError not_found
   */
  async revokeOfAnyone(id: string): Promise<void> {
    await this.revokeWhere(id, sql`true`);
  }

  private async revokeWhere(id: string, isOpenToCaller: Sql): Promise<void> {
    const revoked = await this.database.query(sql`
      UPDATE api_keys SET revoked_at = now()
      WHERE id = ${id} AND ${isOpenToCaller} AND revoked_at IS NULL RETURNING id`);
    if (revoked.length === 0) throw notFound('API key');
    this.revocations.announce([id]);
  }

  /** By the clock that every use of the key is judged by. */
  private async requireFuture(tx: SqlRunner, expiresAt: string | null): Promise<void> {
    if (expiresAt === null) return;
    const future = await tx.query(sql`SELECT 1 WHERE ${expiresAt}::timestamptz > now()`);
    if (future.length > 0) return;
    const message = 'expires_at must be in the future';
    throw new AppError('validation_failed', message, { details: [{ path: ['expires_at'], message }] });
  }

  /** Holds the user's row, so that of two at once only one finds the last place. */
  private async requireRoom(tx: SqlRunner, userId: string): Promise<void> {
    const user = await tx.query(sql`SELECT 1 FROM users WHERE id = ${userId} FOR NO KEY UPDATE`);
    if (user.length === 0) throw signInRequired();
    const [row] = await tx.query<{ count: number }>(
      sql`SELECT count(*) FROM api_keys WHERE user_id = ${userId} AND revoked_at IS NULL`,
    );
    if (row!.count < MOST_KEYS) return;
    const message = `you have ${MOST_KEYS} API keys, which is the most there can be: delete one first`;
    throw new AppError('validation_failed', message, { details: [{ path: [], message }] });
  }
}
