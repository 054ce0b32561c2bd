import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, notFound } from '../common/app-error';
import { toStorableJson } from '../common/storable-text';
import { ConversationsService } from '../conversations/conversations.service';
import type { NewMessage, StoredMessage } from '../conversations/message.types';
import { CommitUnknownError, Database, type SqlRunner, type Transaction } from '../database/database.service';
import { empty, type Sql, sql } from '../database/sql';
import type { ChatMessage, ModelReply } from '../models/chat.types';
import type { ParsedToolCall, ToolOutcome } from '../tools/tool.types';
import { type OpenCall, UsageService } from '../usage/usage.service';
import type { CallIntent, Settlement } from '../usage/usage.types';
import type { Turn, TurnPosition, TurnResult, TurnState } from './turn.types';

/** By the database's clock, which all replicas share. */
export const LEASE_SECONDS = 30;
/** How many turns one sweep closes at most. */
export const SWEEP_BATCH = 100;
const READ_BACK_ATTEMPTS = 4;
const READ_BACK_PAUSE_MS = 250;

/** Another process moved the turn, or its end was requested: the loop that gets this error stops. */
export class TurnMovedError extends Error {}

export interface NewTurn {
  turnId: string;
  leaseToken: string;
  userId: string;
  /** undefined: the turn begins a conversation. */
  conversationId: number | undefined;
  message: string;
  model: string;
  /** Makes the first call of the conversation's history, which ends with the new message; it must do nothing else. */
  prepare: (conversationId: number, history: StoredMessage[]) => PreparedCall;
}

/** What is to be sent, and its intent. */
export interface PreparedCall {
  messages: ChatMessage[];
  intent: CallIntent;
}

/** What running a step's tools made: to be published together. */
export interface RanTools {
  outcomes: ToolOutcome[];
  /** The assistant's message with its calls, then a message for each result. */
  messages: NewMessage[];
  /** The turn's result including this step. */
  result: TurnResult;
  nextIntent: CallIntent;
}

export interface TurnEnd {
  state: 'cancelled' | 'failed';
  error?: { code: string; message: string };
  isResumable: boolean;
  result: TurnResult;
  /** What the model had said when it was cut off. */
  partialText: string;
}

/**
 * The truth about turns. Each method is one move: one transaction, guarded in its WHERE by the lease, the state and
 * the step, so that of two who would move a turn only one does.
 */
@Injectable()
export class TurnJournal {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationsService,
    private readonly usage: UsageService,
  ) {}

  /**
   * T0: the turn, the user's message and the intent of the first call, together.
   * The turn's row comes before the conversation's in every move, so that no two moves can wait for each other.
   * @throws AppError not_found, conversation_busy, quota_exceeded, model_not_allowed
   */
  async accept(turn: NewTurn): Promise<PreparedCall & { conversationId: number }> {
    let accepted: (PreparedCall & { conversationId: number }) | undefined;
    const work = async (tx: Transaction): Promise<PreparedCall & { conversationId: number }> => {
      const conversationId =
        turn.conversationId ?? (await this.conversations.create(tx, turn.userId, turn.message));
      await this.insertTurn(tx, turn, conversationId);
      await this.conversations.append(tx, conversationId, turn.turnId, [
        { role: 'user', content: turn.message },
      ]);
      const prepared = turn.prepare(conversationId, await this.conversations.history(tx, conversationId));
      await this.usage.open(tx, prepared.intent);
      return (accepted = { conversationId, ...prepared });
    };
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!(error instanceof CommitUnknownError) || accepted === undefined) throw error;
      if ((await this.readBack(turn.turnId)) === undefined) throw error;
      return accepted;
    }
  }

  private async insertTurn(tx: SqlRunner, turn: NewTurn, conversationId: number): Promise<void> {
    const inserted = await tx.query(sql`
      INSERT INTO turns (id, conversation_id, user_id, state, model, lease_token, lease_expires_at)
      SELECT ${turn.turnId}::uuid, ${conversationId}::bigint, ${turn.userId}::uuid, 'calling', ${turn.model},
             ${turn.leaseToken}::uuid, now() + make_interval(secs => ${LEASE_SECONDS})
      WHERE ${this.conversations.ownedBy(turn.userId, conversationId)}
      ON CONFLICT (conversation_id) WHERE state IN ('calling', 'tools') DO NOTHING
      RETURNING id`);
    if (inserted.length > 0) return;
    if (!(await this.conversations.exists(tx, turn.userId, conversationId))) throw notFound('Conversation');
    throw new AppError('conversation_busy', 'Another turn is still running in this conversation.', {
      retryAfterSeconds: 1,
    });
  }

  /**
   * A failed attempt is settled, which gives back what was reserved for it, and the next one's intent written.
   * @throws TurnMovedError when the turn is no longer ours to go on with; the failed attempt is settled all the same
   * @throws AppError quota_exceeded, likewise
   */
  async retry(at: TurnPosition, failed: Settlement, next: CallIntent): Promise<void> {
    await this.usage.settle(this.database, failed);
    const condition = sql`EXISTS (SELECT 1 FROM turns WHERE ${stillAt(at, 'calling')})`;
    if (!(await this.usage.open(this.database, next, condition))) throw new TurnMovedError();
  }

  /** Books a call of a turn that someone else has moved; done already, it changes nothing. */
  async settle(settlement: Settlement): Promise<void> {
    await this.usage.settle(this.database, settlement);
  }

  /** T1 with tool calls: the call settled, the reply journalled, its tools due. */
  async enterTools(at: TurnPosition, settlement: Settlement, reply: ModelReply): Promise<void> {
    const journalled = toStorableJson(reply);
    await this.move(
      at,
      'tools',
      sql`
      WITH ${this.usage.settling(settlement)},
      moved AS (
        UPDATE turns SET state = 'tools' WHERE ${stillAt(at, 'calling')} RETURNING id
      ),
      journalled AS (
        INSERT INTO turn_steps (turn_id, step, reply)
        SELECT id, ${at.step}::integer, ${JSON.stringify(journalled)}::jsonb FROM moved
      )
      SELECT id FROM moved`,
    );
  }

  /**
   * T2: the tools run, and their calls, results and effects are published together with the next call's intent.
   * @param runTools does all its work on the given transaction; called again when the database made it a victim
   */
  async publishTools(
    at: TurnPosition,
    calls: readonly ParsedToolCall[],
    runTools: (tx: Transaction) => Promise<RanTools>,
  ): Promise<RanTools> {
    let ran: RanTools | undefined;
    try {
      return await this.database.transaction(async (tx) => {
        const moved = await tx.query(sql`
          UPDATE turns SET state = 'calling', step = step + 1 WHERE ${stillAt(at, 'tools')} RETURNING id`);
        if (moved.length === 0) throw new TurnMovedError();
        ran = await runTools(tx);
        await this.conversations.append(tx, at.conversationId, at.turnId, ran.messages);
        await this.recordStep(tx, at, calls, ran);
        await this.usage.open(tx, ran.nextIntent);
        return ran;
      });
    } catch (error) {
      if (!(error instanceof CommitUnknownError) || ran === undefined) throw error;
      const turn = await this.readBack(at.turnId);
      if (turn?.step !== at.step + 1 || turn.leaseToken !== at.leaseToken) throw error;
      return ran;
    }
  }

  /** What the step did, for undoing it, and what the turn has come to, for whoever asks while it runs or after a crash. */
  private async recordStep(
    tx: SqlRunner,
    at: TurnPosition,
    calls: readonly ParsedToolCall[],
    { outcomes, result }: RanTools,
  ): Promise<void> {
    const rows = outcomes.map((outcome, index) => ({
      ordinal: index + 1,
      tool: calls[index]!.name,
      arguments: calls[index]!.arguments,
      result: outcome.result,
      images: outcome.images,
    }));
    await tx.query(sql`
      WITH effects AS (
        INSERT INTO tool_effects (turn_id, step, ordinal, tool, arguments, result, images)
        SELECT ${at.turnId}::uuid, ${at.step}::integer, ordinal, tool, arguments, result, images
        FROM jsonb_to_recordset(${JSON.stringify(toStorableJson(rows))}::jsonb)
          AS effect (ordinal integer, tool text, arguments jsonb, result jsonb, images jsonb)
      )
      UPDATE turns SET result = ${toJson(result)}::jsonb WHERE id = ${at.turnId} AND lease_token = ${at.leaseToken}`);
  }

  /** T1 with final text: the call settled, the reply published, the turn completed. */
  async complete(
    at: TurnPosition,
    settlement: Settlement,
    result: TurnResult,
    reply: NewMessage,
  ): Promise<void> {
    const ifMoved = sql`AND EXISTS (SELECT 1 FROM moved)`;
    await this.move(
      at,
      'completed',
      sql`
      WITH ${this.usage.settling(settlement)},
      moved AS (
        UPDATE turns SET state = 'completed', finished_at = now(), result = ${toJson(result)}::jsonb
        WHERE ${stillAt(at, 'calling')} RETURNING id
      ),
      ${this.conversations.appending(at.conversationId, at.turnId, [reply], 'complete', ifMoved)}
      SELECT id FROM moved`,
    );
  }

  /**
   * T3: the turn ends early. What was said is kept as partial; calls that were not published never are. Where a T2
   * went through whose answer was lost, the turn is a step further than its loop knows: what T2 wrote then stands.
   */
  async end(at: TurnPosition, settlement: Settlement | undefined, end: TurnEnd): Promise<void> {
    const partial: NewMessage[] =
      end.partialText === '' ? [] : [{ role: 'assistant', content: end.partialText }];
    const isSameStep = sql`AND EXISTS (SELECT 1 FROM moved WHERE step = ${at.step}::integer)`;
    const settling = settlement === undefined ? empty : sql`${this.usage.settling(settlement)},`;
    await this.move(
      at,
      end.state,
      sql`
      WITH ${settling}
      moved AS (
        UPDATE turns SET state = ${end.state}, finished_at = now(),
          result = CASE WHEN step = ${at.step}::integer THEN ${toJson(end.result)}::jsonb ELSE result END,
          error_code = ${end.error?.code ?? null}, error_message = ${end.error?.message ?? null},
          is_resumable = ${end.isResumable}::boolean
        WHERE id = ${at.turnId} AND lease_token = ${at.leaseToken} AND state IN ('calling', 'tools')
        RETURNING id, step
      ),
      ${this.conversations.appending(at.conversationId, at.turnId, partial, 'partial', isSameStep)}
      SELECT id FROM moved`,
    );
  }

  /**
   * Runs a move that is one statement. A lost answer is resolved by reading the turn back; only when it provably did
   * not move is the statement sent again, whose guard makes that harmless.
   * @throws TurnMovedError when the guard refused it
   */
  private async move(at: TurnPosition, target: TurnState, statement: Sql): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const moved = await this.database.query(statement);
        if (moved.length === 0) throw new TurnMovedError();
        return;
      } catch (error) {
        const isUnavailable = error instanceof AppError && error.code === 'database_unavailable';
        if (!isUnavailable || attempt === 2) throw error;
        const turn = await this.readBack(at.turnId);
        if (turn?.leaseToken === at.leaseToken && turn.step === at.step && turn.state === target) return;
      }
    }
  }

  /** @throws AppError database_unavailable when it stays so */
  private async readBack(turnId: string): Promise<Turn | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.read(turnId);
      } catch (error) {
        if (attempt === READ_BACK_ATTEMPTS) throw error;
        await delay(READ_BACK_PAUSE_MS * attempt);
      }
    }
  }

  private async read(turnId: string): Promise<Turn | undefined> {
    const [row] = await this.database.query<TurnRow>(sql`${selectTurn} WHERE id = ${turnId}`);
    return row === undefined ? undefined : toTurn(row);
  }

  /** @throws AppError not_found when it is absent or another user's */
  async find(userId: string, turnId: string): Promise<Turn> {
    const [row] = await this.database.query<TurnRow>(sql`
      ${selectTurn} WHERE id = ${turnId} AND user_id = ${userId}`);
    if (row === undefined) throw notFound('Turn');
    return toTurn(row);
  }

  /** Asks for a running turn's end; from here on no move of it succeeds but T3. Changes nothing the second time. */
  async requestCancel(userId: string, turnId: string): Promise<void> {
    await this.database.query(sql`
      UPDATE turns SET cancel_requested_at = now()
      WHERE id = ${turnId} AND user_id = ${userId} AND state IN ('calling', 'tools') AND cancel_requested_at IS NULL`);
  }

  /** Which of these turns somebody, on whatever replica, wants to end. */
  async findCancelRequested(turnIds: string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(sql`
      SELECT id FROM turns WHERE id = ANY(${turnIds}::uuid[]) AND cancel_requested_at IS NOT NULL`);
    return rows.map(({ id }) => id);
  }

  /** @returns the turns whose lease is still ours */
  async renewLeases(leases: { turnId: string; leaseToken: string }[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(sql`
      UPDATE turns SET lease_expires_at = now() + make_interval(secs => ${LEASE_SECONDS})
      FROM unnest(${leases.map((lease) => lease.turnId)}::uuid[], ${leases.map((lease) => lease.leaseToken)}::uuid[])
        AS held (turn_id, token)
      WHERE id = held.turn_id AND lease_token = held.token AND state IN ('calling', 'tools')
      RETURNING id`);
    return rows.map(({ id }) => id);
  }

  /**
   * Closes the turns whose process is gone, which frees their conversations, and books every call that a turn left
   * open when it ended. Replicas that sweep together share the work.
   * @param estimate what an open call is booked at
   * @returns how many turns were closed
   */
  async sweep(estimate: (call: OpenCall) => Settlement): Promise<number> {
    return this.database.transaction(async (tx) => {
      const expired = await tx.query(sql`
        WITH expired AS (
          SELECT id FROM turns WHERE state IN ('calling', 'tools') AND lease_expires_at < now()
          ORDER BY lease_expires_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED
        )
        UPDATE turns SET
          state = CASE WHEN cancel_requested_at IS NULL THEN 'failed' ELSE 'cancelled' END,
          error_code = CASE WHEN cancel_requested_at IS NULL THEN 'turn_interrupted' END,
          error_message = CASE WHEN cancel_requested_at IS NULL THEN 'The server stopped during this turn.' END,
          is_resumable = cancel_requested_at IS NULL,
          finished_at = now()
        FROM expired WHERE turns.id = expired.id RETURNING turns.id`);
      const isOver = sql`turn_id IN (SELECT id FROM turns WHERE state NOT IN ('calling', 'tools'))`;
      const calls = await this.usage.findOpen(tx, isOver);
      await this.usage.settle(tx, ...calls.map(estimate));
      return expired.length;
    });
  }
}

interface TurnRow {
  id: string;
  conversation_id: number;
  state: TurnState;
  step: number;
  model: string;
  lease_token: string;
  is_lease_expired: boolean;
  cancel_requested_at: Date | null;
  error_code: string | null;
  error_message: string | null;
  result: TurnResult | null;
  created_at: Date;
  finished_at: Date | null;
}

const selectTurn = sql`
  SELECT id, conversation_id, state, step, model, lease_token, lease_expires_at < now() AS is_lease_expired,
         cancel_requested_at, error_code, error_message, result, created_at, finished_at
  FROM turns`;

/** The guard of every move forward. */
function stillAt(at: TurnPosition, state: 'calling' | 'tools'): Sql {
  return sql`id = ${at.turnId} AND lease_token = ${at.leaseToken} AND state = ${state} AND step = ${at.step}
    AND cancel_requested_at IS NULL`;
}

const toJson = (result: TurnResult): string => JSON.stringify(toStorableJson(result));

function toTurn(row: TurnRow): Turn {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    state: row.state,
    isLeaseExpired: row.is_lease_expired,
    isCancelRequested: row.cancel_requested_at !== null,
    leaseToken: row.lease_token,
    step: row.step,
    model: row.model,
    ...(row.error_code === null ? {} : { error: { code: row.error_code, message: row.error_message ?? '' } }),
    ...(row.result === null ? {} : { result: row.result }),
    createdAt: row.created_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}
