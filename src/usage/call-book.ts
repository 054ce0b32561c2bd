import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { Database } from '../database/database.service';
import { NaturalBatch } from '../database/natural-batch';
import { sql } from '../database/sql';
import { InstanceHeartbeat } from './instance-heartbeat';
import type { CallIntent, Settlement } from './usage.types';

/** Nobody waits for a settlement: a short pause lets many go in one statement. */
const SETTLE_PAUSE_MS = 20;
const SETTLE_RETRY_MS = 1000;
const MOST_PER_STATEMENT = 500;
/** While the database is away. What is dropped beyond it stays open and is booked as an estimate after a restart. */
const MOST_UNSETTLED = 100_000;

/**
 * The ledger of calls that belong to no turn. Their rows are written many at a time, and without waiting for the disk:
 * a crash of the app loses none, one of the database's machine at most the last moment.
 */
@Injectable()
export class CallBook {
  private readonly logger = new Logger(CallBook.name);
  private readonly opening = new NaturalBatch<CallIntent>(
    (intents) => this.insert(intents),
    MOST_PER_STATEMENT,
  );
  private unsettled: Settlement[] = [];
  private settling: Promise<void> | undefined;
  private isClosing = false;

  constructor(
    private readonly database: Database,
    private readonly heartbeat: InstanceHeartbeat,
  ) {}

  /**
   * Writes the intent of a call. Send only once it is written.
   * @throws AppError database_unavailable
   */
  open(intent: CallIntent): Promise<void> {
    return this.opening.add(intent);
  }

  /** Books what a call came to, soon; again and again while the database is away. */
  settle(settlement: Settlement): void {
    if (this.unsettled.length >= MOST_UNSETTLED) this.unsettled.shift();
    this.unsettled.push(settlement);
    this.settling ??= this.settleAll();
  }

  /** Resolves when what was to be booked is. */
  async settled(): Promise<void> {
    await this.settling;
  }

  /** Books what is still to be booked; gives up where the database does not take it. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.settling;
  }

  private async settleAll(): Promise<void> {
    try {
      await this.pause(SETTLE_PAUSE_MS);
      while (this.unsettled.length > 0) {
        const batch = this.unsettled.splice(0, MOST_PER_STATEMENT);
        if (await this.bookOrKeep(batch)) continue;
        if (this.isClosing) return;
        await this.pause(SETTLE_RETRY_MS);
      }
    } finally {
      // In the same moment as the last look at what waits: who comes after it begins anew.
      this.settling = undefined;
    }
  }

  /** @returns false where the database is away, and they wait again */
  private async bookOrKeep(batch: Settlement[]): Promise<boolean> {
    try {
      await this.book(batch);
      return true;
    } catch (error) {
      const waiting = this.unsettled.length + batch.length;
      this.logger.warn({ event: 'settling_failed', waiting, ...describeError(error) });
      if (!isAway(error)) return this.bookOneByOne(batch);
      this.unsettled.unshift(...batch);
      return false;
    }
  }

  /** One that the database refuses must not keep the others; its call stays open and is booked after a restart. */
  private async bookOneByOne(batch: Settlement[]): Promise<boolean> {
    for (const [index, settlement] of batch.entries()) {
      try {
        await this.book([settlement]);
      } catch (error) {
        if (isAway(error)) {
          this.unsettled.unshift(...batch.slice(index));
          return false;
        }
        this.report(settlement, error);
      }
    }
    return true;
  }

  private report({ callId }: Settlement, error: unknown): void {
    this.logger.error({ event: 'settlement_refused', callId, ...describeError(error) });
  }

  private async pause(ms: number): Promise<void> {
    if (!this.isClosing) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private async insert(intents: CallIntent[]): Promise<void> {
    const column = <Name extends keyof CallIntent>(name: Name) => intents.map((intent) => intent[name]);
    const statement = sql`
      INSERT INTO upstream_calls
        (id, user_id, attempt, door, provider, model, input_tokens_estimate, instance_id)
      SELECT given.*, ${this.heartbeat.instanceId}::uuid
      FROM set_config('synchronous_commit', 'off', true),
           unnest(${column('id')}::uuid[], ${column('userId')}::uuid[], ${column('attempt')}::integer[],
                  ${column('door')}::text[], ${column('provider')}::text[], ${column('model')}::text[],
                  ${column('inputTokensEstimate')}::integer[]) AS given`;
    await this.database.queryPrepared('open-calls', statement);
  }

  /** The row of the call is the fence: whoever settles first, settles. */
  private async book(settlements: Settlement[]): Promise<void> {
    const column = <Name extends keyof Settlement>(name: Name) =>
      settlements.map((settlement) => settlement[name]);
    const tokens = (kind: keyof Settlement['tokens']) =>
      settlements.map((settlement) => settlement.tokens[kind]);
    const statement = sql`
      WITH given AS MATERIALIZED (
        SELECT given.*
        FROM set_config('synchronous_commit', 'off', true),
             unnest(${column('callId')}::uuid[], ${column('model')}::text[], ${column('outcome')}::text[],
                    ${column('isEstimated')}::boolean[], ${tokens('input')}::bigint[], ${tokens('cached')}::bigint[],
                    ${tokens('output')}::bigint[], ${tokens('reasoning')}::bigint[],
                    ${column('costMicroUsd')}::bigint[], ${column('priceDate')}::date[])
             AS given (call_id, model, outcome, is_estimated, input, cached, output, reasoning, cost, price_date)
      ),
      settled AS (
        UPDATE upstream_calls SET settled_at = now()
        FROM given WHERE id = given.call_id AND settled_at IS NULL
        RETURNING id, user_id, turn_id, door, provider
      )
      INSERT INTO usage_ledger
        (call_id, user_id, turn_id, door, provider, model, outcome, is_estimated,
         input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd, price_date)
      SELECT id, user_id, turn_id, door, provider, given.model, outcome, is_estimated,
             input, cached, output, reasoning, cost, price_date
      FROM settled JOIN given ON call_id = id`;
    await this.database.queryPrepared('settle-calls', statement);
  }
}

const isAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'database_unavailable';
