import { Injectable } from '@nestjs/common';
import type { SqlRunner } from '../database/database.service';
import { type Sql, sql } from '../database/sql';
import { INSTANCE_LIFE_SECONDS, InstanceHeartbeat } from './instance-heartbeat';
import type { CallIntent, Settlement } from './usage.types';

const MOST_OPEN_CALLS = 500;

/** A call that was sent and never settled: its process died. */
export interface OpenCall {
  id: string;
  provider: string;
  model: string;
  inputTokensEstimate: number;
}

/**
 * The ledger: every request to a provider has one row in `upstream_calls` before it is sent and exactly one in
 * `usage_ledger` after. A call is settled once, whoever comes first; the row itself is the fence.
 */
@Injectable()
export class UsageService {
  constructor(private readonly heartbeat: InstanceHeartbeat) {}

  /** Writes the intent of a call. Send only after the commit. */
  async open(tx: SqlRunner, intent: CallIntent): Promise<void> {
    await tx.query(this.opening(intent));
  }

  /**
   * The opening of a call as an INSERT that gives its id back, for statements that do more in the same moment.
   * @param condition where it fails, nothing is opened
   */
  opening(intent: CallIntent, condition: Sql = sql`true`): Sql {
    return sql`
      INSERT INTO upstream_calls
        (id, user_id, turn_id, step, attempt, door, provider, model, input_tokens_estimate)
      SELECT ${intent.id}::uuid, ${intent.userId}::uuid, ${intent.turnId}::uuid, ${intent.step}::integer,
             ${intent.attempt}::integer, ${intent.door}, ${intent.provider}, ${intent.model},
             ${intent.inputTokensEstimate}::integer
      WHERE ${condition} RETURNING id`;
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

  /**
   * Puts what a call came to in the place of an estimate.
   * @returns false where there is none: it is not booked yet, or exactly
   */
  async correct(
    tx: SqlRunner,
    { callId, model, tokens, costMicroUsd, priceDate }: Settlement,
  ): Promise<boolean> {
    const rows = await tx.query(sql`
      UPDATE usage_ledger
      SET is_estimated = false, model = ${model}, input_tokens = ${tokens.input}::bigint,
          cached_tokens = ${tokens.cached}::bigint, output_tokens = ${tokens.output}::bigint,
          reasoning_tokens = ${tokens.reasoning}::bigint, cost_micro_usd = ${costMicroUsd}::bigint,
          price_date = ${priceDate}::date
      WHERE call_id = ${callId} AND is_estimated RETURNING call_id`);
    return rows.length > 0;
  }

  /**
   * Calls that nobody settled, locked for who asks; what another replica has in hand is passed over.
   * @param condition which, over the columns of `upstream_calls`
   */
  async findOpen(tx: SqlRunner, condition: Sql): Promise<OpenCall[]> {
    return tx.query<OpenCall>(sql`
      SELECT id, provider, model, input_tokens_estimate AS "inputTokensEstimate"
      FROM upstream_calls WHERE settled_at IS NULL AND ${condition}
      ORDER BY created_at LIMIT ${MOST_OPEN_CALLS} FOR UPDATE SKIP LOCKED`);
  }

  /** Calls of no turn whose instance is gone. This one's own are in its hands. */
  async findAbandoned(tx: SqlRunner): Promise<OpenCall[]> {
    const { isSteady, instanceId } = this.heartbeat;
    if (!isSteady) return [];
    return this.findOpen(
      tx,
      sql`turn_id IS NULL AND instance_id IS DISTINCT FROM ${instanceId}::uuid AND NOT EXISTS (
        SELECT FROM instances
        WHERE instances.id = instance_id AND seen_at > now() - make_interval(secs => ${INSTANCE_LIFE_SECONDS}))`,
    );
  }
}
