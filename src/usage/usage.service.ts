import { Injectable } from '@nestjs/common';
import { Database, type SqlRunner } from '../database/database.service';
import { type Sql, sql } from '../database/sql';
import type { CallIntent, Settlement } from './usage.types';

/** A call that was sent and never settled: its process died. */
export interface OpenCall {
  id: string;
  model: string;
  inputTokensEstimate: number;
}

/**
 * The ledger: every request to a provider has one row in `upstream_calls` before it is sent and exactly one in
 * `usage_ledger` after. A call is settled once, whoever comes first; the row itself is the fence.
 */
@Injectable()
export class UsageService {
  constructor(private readonly database: Database) {}

  /** Writes the intent of a call. Send only after the commit. */
  async open(tx: SqlRunner, intent: CallIntent): Promise<void> {
    await tx.query(sql`
      INSERT INTO upstream_calls
        (id, user_id, turn_id, step, attempt, door, provider, model, input_tokens_estimate)
      VALUES (${intent.id}, ${intent.userId}, ${intent.turnId}, ${intent.step}, ${intent.attempt}, ${intent.door},
              ${intent.provider}, ${intent.model}, ${intent.inputTokensEstimate})`);
  }

  /** The settling of a call as CTEs, for statements that do more in the same moment. */
  settling(settlement: Settlement): Sql {
    const { tokens } = settlement;
    return sql`
      settled AS (
        UPDATE upstream_calls SET settled_at = now()
        WHERE id = ${settlement.callId} AND settled_at IS NULL
        RETURNING id, user_id, turn_id, door, provider
      ),
      booked AS (
        INSERT INTO usage_ledger
          (call_id, user_id, turn_id, door, provider, model, outcome, is_estimated,
           input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd, price_date)
        SELECT id, user_id, turn_id, door, provider, ${settlement.model}, ${settlement.outcome},
               ${settlement.isEstimated}::boolean, ${tokens.input}::bigint, ${tokens.cached}::bigint,
               ${tokens.output}::bigint, ${tokens.reasoning}::bigint, ${settlement.costMicroUsd}::bigint,
               ${settlement.priceDate}::date
        FROM settled
      )`;
  }

  async settle(tx: SqlRunner, settlement: Settlement): Promise<void> {
    await tx.query(sql`WITH ${this.settling(settlement)} SELECT`);
  }

  /** A retry: the failed call is settled and the next one's intent written, in one statement. */
  async replace(failed: Settlement, next: CallIntent): Promise<void> {
    await this.database.query(sql`
      WITH ${this.settling(failed)}
      INSERT INTO upstream_calls
        (id, user_id, turn_id, step, attempt, door, provider, model, input_tokens_estimate)
      VALUES (${next.id}, ${next.userId}, ${next.turnId}, ${next.step}, ${next.attempt}, ${next.door},
              ${next.provider}, ${next.model}, ${next.inputTokensEstimate})`);
  }

  /** The calls of a turn that nobody will settle any more. */
  async findOpen(tx: SqlRunner, turnId: string): Promise<OpenCall[]> {
    return tx.query<OpenCall>(sql`
      SELECT id, model, input_tokens_estimate AS "inputTokensEstimate"
      FROM upstream_calls WHERE turn_id = ${turnId} AND settled_at IS NULL`);
  }
}
