import { Injectable } from '@nestjs/common';
import { notFound } from '../common/app-error';
import { decodeCursor, type Page, toPage } from '../common/page';
import { toStorableJson } from '../common/storable-text';
import { Database, type SqlRunner } from '../database/database.service';
import { empty, type Sql, sql } from '../database/sql';
import { toTitle } from './conversation-title';
import type { Conversation, MessageStatus, NewMessage, StoredMessage } from './message.types';

/** More than any token limit leaves over; bounds what one turn reads whatever the conversation's length. */
const HISTORY_MESSAGES = 400;

interface ConversationRow {
  id: number;
  title: string;
  archived_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** Microseconds since 1970, as the list is sorted. */
  updated_key: number;
}

interface MessageRow {
  id: number;
  seq: number;
  turn_id: string;
  role: NewMessage['role'];
  body: { content: string; toolCalls?: never; toolCallId?: never; extras?: never };
  status: MessageStatus;
  created_at: Date;
}

const COLUMNS = sql`id, title, archived_at, created_at, updated_at,
  (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_key`;

/** A user's conversations and what was said in them. */
@Injectable()
export class ConversationsService {
  constructor(private readonly database: Database) {}

  /** Makes a conversation for a first message, whose beginning becomes its title. */
  async create(tx: SqlRunner, userId: string, firstMessage: string): Promise<number> {
    const [row] = await tx.query<{ id: number }>(sql`
      INSERT INTO conversations (user_id, title) VALUES (${userId}, ${toTitle(firstMessage)}) RETURNING id`);
    return row!.id;
  }

  /** Whether the user has such a conversation, as a condition for another statement's WHERE. */
  ownedBy(userId: string, conversationId: number): Sql {
    return sql`EXISTS (
      SELECT 1 FROM conversations WHERE id = ${conversationId} AND user_id = ${userId} AND deleted_at IS NULL)`;
  }

  async exists(tx: SqlRunner, userId: string, conversationId: number): Promise<boolean> {
    const rows = await tx.query(sql`SELECT 1 WHERE ${this.ownedBy(userId, conversationId)}`);
    return rows.length > 0;
  }

  /** Adds a turn's messages in order. */
  async append(
    tx: SqlRunner,
    conversationId: number,
    turnId: string,
    messages: NewMessage[],
    status: MessageStatus = 'complete',
  ): Promise<void> {
    await tx.query(sql`WITH ${this.appending(conversationId, turnId, messages, status)} SELECT`);
  }

  /**
   * Adding messages as CTEs, for statements that do more in the same moment.
   * @param condition where it fails, nothing is added
   */
  appending(
    conversationId: number,
    turnId: string,
    messages: NewMessage[],
    status: MessageStatus,
    condition: Sql = empty,
  ): Sql {
    const rows = messages.map(({ role, ...body }, ordinal) => ({
      ordinal,
      role,
      body: toStorableJson(body),
    }));
    return sql`
      numbered AS (
        UPDATE conversations SET next_seq = next_seq + ${rows.length}::integer, updated_at = now()
        WHERE id = ${conversationId} ${condition}
        RETURNING id, next_seq - ${rows.length}::integer AS first_seq
      ),
      appended AS (
        INSERT INTO messages (conversation_id, seq, turn_id, role, body, status)
        SELECT numbered.id, first_seq + ordinal, ${turnId}::uuid, role, body, ${status}
        FROM numbered, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS message (ordinal integer, role text, body jsonb)
      )`;
  }

  /** The newest messages, oldest first: as many as a turn may need, however long the conversation. */
  async history(tx: SqlRunner, conversationId: number): Promise<StoredMessage[]> {
    const rows = await tx.query<MessageRow>(sql`
      SELECT id, seq, turn_id, role, body, status, created_at FROM messages
      WHERE conversation_id = ${conversationId} ORDER BY seq DESC LIMIT ${HISTORY_MESSAGES}`);
    return rows.reverse().map(toMessage);
  }

  async list(
    userId: string,
    page: { limit: number; cursor?: string; isArchived: boolean },
  ): Promise<Page<Conversation>> {
    const before =
      page.cursor === undefined
        ? empty
        : afterCursor(decodeCursor(page.cursor, ['id', 'id']) as [number, number]);
    const rows = await this.database.query<ConversationRow>(sql`
      SELECT ${COLUMNS} FROM conversations
      WHERE user_id = ${userId} AND deleted_at IS NULL AND (archived_at IS NOT NULL) = ${page.isArchived}::boolean ${before}
      ORDER BY updated_at DESC, id DESC LIMIT ${page.limit + 1}`);
    return toPage(rows, page.limit, toConversation, (row) => [row.updated_key, row.id]);
  }

  /** @throws AppError not_found when it is absent or another user's */
  async find(userId: string, id: number): Promise<Conversation> {
    const [row] = await this.database.query<ConversationRow>(sql`
      SELECT ${COLUMNS} FROM conversations WHERE id = ${id} AND user_id = ${userId} AND deleted_at IS NULL`);
    if (row === undefined) throw notFound('Conversation');
    return toConversation(row);
  }

  /** Renames it, or moves it into or out of the archive; what is undefined stays. */
  async update(
    userId: string,
    id: number,
    change: { title?: string; isArchived?: boolean },
  ): Promise<Conversation> {
    const [row] = await this.database.query<ConversationRow>(sql`
      UPDATE conversations SET
        title = coalesce(${change.title ?? null}, title),
        archived_at = CASE ${change.isArchived ?? null}::boolean
          WHEN true THEN coalesce(archived_at, now()) WHEN false THEN NULL ELSE archived_at END
      WHERE id = ${id} AND user_id = ${userId} AND deleted_at IS NULL
      RETURNING ${COLUMNS}`);
    if (row === undefined) throw notFound('Conversation');
    return toConversation(row);
  }

  async delete(userId: string, id: number): Promise<void> {
    const rows = await this.database.query(sql`
      UPDATE conversations SET deleted_at = now()
      WHERE id = ${id} AND user_id = ${userId} AND deleted_at IS NULL RETURNING id`);
    if (rows.length === 0) throw notFound('Conversation');
  }

  /** Oldest first. */
  async listMessages(
    userId: string,
    conversationId: number,
    page: { limit: number; cursor?: string },
  ): Promise<Page<StoredMessage>> {
    const after = page.cursor === undefined ? 0 : (decodeCursor(page.cursor, ['id'])[0] as number);
    const rows = await this.database.query<MessageRow>(sql`
      SELECT id, seq, turn_id, role, body, status, created_at FROM messages
      WHERE conversation_id = ${conversationId} AND seq > ${after}::bigint AND ${this.ownedBy(userId, conversationId)}
      ORDER BY seq LIMIT ${page.limit + 1}`);
    if (rows.length === 0) await this.find(userId, conversationId);
    return toPage(rows, page.limit, toMessage, (row) => [row.seq]);
  }
}

function afterCursor([updatedKey, id]: [number, number]): Sql {
  return sql`AND (updated_at, id) <
    ('epoch'::timestamptz + ${updatedKey}::bigint * interval '1 microsecond', ${id}::bigint)`;
}

function toConversation(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    isArchived: row.archived_at !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toMessage(row: MessageRow): StoredMessage {
  return {
    id: row.id,
    seq: row.seq,
    turnId: row.turn_id,
    message: { role: row.role, ...row.body } as NewMessage,
    status: row.status,
    createdAt: row.created_at,
  };
}
