import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import type { SqlRunner } from '../database/database.service';
import { type Sql, sql } from '../database/sql';
import { Metrics } from '../observability/metrics';
import { beginningWindows, type Judgement, opening } from './call-opening';
import { correcting, settling } from './call-settling';
import { INSTANCE_LIFE_SECONDS, InstanceHeartbeat } from './instance-heartbeat';
import { nameOf, verdictsOf } from './quota-verdict';
import type { CallIntent, Settlement } from './usage.types';

const MOST_OPEN_CALLS = 500;

/** A call that was sent and never settled: its process died. */
export interface OpenCall {
  id: string;
  provider: string;
  model: string;
  inputTokensEstimate: number;
  /** Of what was reserved for it, where a limit holds its payer; else 0. */
  reservedOutputTokens: number;
}

/**
 * The ledger: every request to a provider has one row in `upstream_calls` before it is sent and exactly one in
 * `usage_ledger` after. A call is settled once, whoever comes first; the row itself is the fence. Where its payer has a
 * limit, the row also holds what is reserved for it: settling gives that back, however the call ends.
 */
@Injectable()
export class UsageService {
  constructor(
    private readonly settings: Settings,
    private readonly heartbeat: InstanceHeartbeat,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Writes the intent of a turn's call and reserves the most it can come to. Send only after the commit.
   * @param condition where it fails, nothing is opened
   * @returns whether it was opened
   * @throws AppError quota_exceeded, model_not_allowed; nothing is opened then
   */
  async open(tx: SqlRunner, intent: CallIntent, condition?: Sql): Promise<boolean> {
    for (;;) {
      const judgements = await tx.query<Judgement>(
        opening({
          intents: [intent],
          defaults: this.settings.quotas,
          now: this.clock.now(),
          instanceId: null,
          condition,
        }),
      );
      const [verdict] = verdictsOf(judgements, 1);
      if (verdict?.kind === 'refused') {
        this.metrics.countRefusal(verdict.limit, nameOf(intent.payer));
        throw verdict.error;
      }
      if (verdict?.kind !== 'new_window') return judgements[0]!.opened > 0;
      await tx.query(beginningWindows(judgements));
    }
  }

  /** The settling of a call as CTEs, for statements that do more in the same moment. */
  settling(settlement: Settlement): Sql {
    return settling([settlement]);
  }

  /** Many at once are one statement, or two who settle could wait for each other. */
  async settle(tx: SqlRunner, ...settlements: Settlement[]): Promise<void> {
    if (settlements.length > 0) await tx.query(sql`WITH ${settling(settlements)} SELECT`);
  }

  /**
   * Puts what a call came to in the place of an estimate.
   * @returns false where there is none: it is not booked yet, or exactly
   */
  async correct(tx: SqlRunner, settlement: Settlement): Promise<boolean> {
    return (await tx.query(correcting(settlement))).length > 0;
  }

  /**
   * Calls that nobody settled, locked for who asks; what another replica has in hand is passed over.
   * @param condition which, over the columns of `upstream_calls`
   */
  async findOpen(tx: SqlRunner, condition: Sql): Promise<OpenCall[]> {
    return tx.query<OpenCall>(sql`
      SELECT id, provider, model, input_tokens_estimate AS "inputTokensEstimate",
             coalesce(reserved_output_tokens, 0) AS "reservedOutputTokens"
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
