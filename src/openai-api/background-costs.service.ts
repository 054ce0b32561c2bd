import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import { ledgerModel } from '../models/call-settlement';
import { priceOf } from '../models/catalogue';
import { toTokenUsage } from '../models/token-usage';
import type { Owner } from '../models/upstream-object';
import { UsageService } from '../usage/usage.service';
import type { JsonObject } from './relay-json';

/**
 * What a response that is made in the background has cost is known only when it is done: until somebody looks at it
 * then, an estimate stands in the ledger.
 */
@Injectable()
export class BackgroundCosts {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageService,
    private readonly clock: Clock,
  ) {}

  /** @param response as the provider tells it now */
  async book({ userId, provider }: Owner, { id, model, usage }: JsonObject): Promise<void> {
    const tokens = toTokenUsage(usage);
    if (tokens === undefined || typeof id !== 'string' || typeof model !== 'string') return;
    await this.database.transaction(async (tx) => {
      const [row] = await tx.query<{ callId: string }>(sql`
        SELECT call_id AS "callId" FROM upstream_objects
        WHERE provider = ${provider} AND user_id = ${userId} AND kind = 'response' AND id = ${id}
          AND call_id IS NOT NULL FOR UPDATE`);
      if (row === undefined) return;
      const booked = ledgerModel(model);
      const isBooked = await this.usage.correct(tx, {
        callId: row.callId,
        model: booked,
        outcome: 'completed',
        isEstimated: false,
        tokens,
        ...priceOf(booked, tokens, this.clock.now()),
      });
      if (!isBooked) return;
      await tx.query(
        sql`UPDATE upstream_objects SET call_id = NULL WHERE provider = ${provider} AND id = ${id}`,
      );
    });
  }
}
