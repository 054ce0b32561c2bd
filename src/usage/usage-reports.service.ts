import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.service';
import { empty, type Sql, sql } from '../database/sql';

/** By what calls can be put together. */
export type UsageGroup = 'day' | 'model' | 'tool' | 'conversation' | 'user';

/** Which calls a report is of. */
export interface UsageSelection {
  /** YYYY-MM-DD, of the payer's own days; the last one included. */
  from: string;
  to: string;
  groupBy: UsageGroup;
  /** undefined: everybody's. */
  payerId?: string;
}

export interface UsageSums {
  calls: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** null: of none of the calls is the price known. */
  costMicroUsd: number | null;
  estimatedCalls: number;
}

export interface UsageRow extends UsageSums {
  /** null: calls of no conversation; of callers without a token. */
  key: string | number | null;
}

export interface UsageReport {
  rows: UsageRow[];
  /** Of all calls, each counted once, those of rows that were left out too. */
  total: UsageSums;
}

/** A report of more rows is no longer read by anybody. */
export const MOST_ROWS = 1000;

const SUMS = sql`
  coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(priced_calls), 0)::bigint AS priced_calls,
  coalesce(sum(estimated_calls), 0)::bigint AS estimated_calls, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
  coalesce(sum(cached_tokens), 0)::bigint AS cached_tokens, coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
  coalesce(sum(reasoning_tokens), 0)::bigint AS reasoning_tokens,
  coalesce(sum(cost_micro_usd), 0)::bigint AS cost_micro_usd`;

/** Letters in the order of their codes, whatever the database's language is. */
const KEYS: Record<UsageGroup, Sql> = {
  day: sql`day::text`,
  model: sql`(model COLLATE "C")`,
  tool: sql`(tool COLLATE "C")`,
  conversation: sql`nullif(conversation_id, 0)`,
  user: sql`(user_id::text COLLATE "C")`,
};

/** By the column as it is stored: a million rows are grouped faster so. */
const COLUMNS: Record<UsageGroup, Sql> = {
  day: sql`day`,
  model: sql`model`,
  tool: sql`tool`,
  conversation: sql`conversation_id`,
  user: sql`user_id`,
};

const MOST_EXPENSIVE_FIRST = sql`cost_micro_usd DESC, input_tokens + output_tokens DESC, key ASC NULLS LAST`;

/** What was spent, read from the sums that settling keeps: the ledger itself is never gone through. */
@Injectable()
export class UsageReports {
  constructor(private readonly database: Database) {}

  /** Days in their order, anything else by what it cost; the first thousand. */
  async report(selection: UsageSelection): Promise<UsageReport> {
    const { groupBy } = selection;
    const isByTool = groupBy === 'tool';
    const rows = await this.database.query<SummedRow>(sql`
      WITH grouped AS MATERIALIZED (
        SELECT ${COLUMNS[groupBy]}, ${SUMS} FROM ${isByTool ? sql`usage_tool_days` : sql`usage_days`}
        WHERE ${selected(selection)} GROUP BY ${COLUMNS[groupBy]}
      )
      SELECT is_total AS "isTotal", key, calls, priced_calls AS "pricedCalls", estimated_calls AS "estimatedCalls",
             input_tokens AS "inputTokens", cached_tokens AS "cachedTokens", output_tokens AS "outputTokens",
             reasoning_tokens AS "reasoningTokens", cost_micro_usd AS "costMicroUsd"
      FROM (
        SELECT false AS is_total, ${KEYS[groupBy]} AS key, grouped.* FROM grouped WHERE calls > 0
        UNION ALL
        SELECT true, NULL, NULL, totals.* FROM (
          SELECT ${SUMS} FROM ${isByTool ? sql`usage_days WHERE ${selected(selection)}` : sql`grouped`}
        ) AS totals
      ) AS report
      ORDER BY is_total DESC, ${groupBy === 'day' ? sql`key` : MOST_EXPENSIVE_FIRST} LIMIT ${MOST_ROWS + 1}`);
    const [total, ...others] = rows;
    return { rows: others.map((row) => ({ key: row.key, ...toSums(row) })), total: toSums(total!) };
  }
}

interface SummedRow extends UsageSums {
  isTotal: boolean;
  key: string | number | null;
  costMicroUsd: number;
  pricedCalls: number;
}

const selected = ({ from, to, payerId }: UsageSelection): Sql => sql`
  day BETWEEN ${from}::date AND ${to}::date ${payerId === undefined ? empty : sql`AND payer_id = ${payerId}::uuid`}`;

function toSums({ calls, pricedCalls, costMicroUsd, ...row }: SummedRow): UsageSums {
  return {
    calls,
    inputTokens: row.inputTokens,
    cachedTokens: row.cachedTokens,
    outputTokens: row.outputTokens,
    reasoningTokens: row.reasoningTokens,
    costMicroUsd: calls > 0 && pricedCalls === 0 ? null : costMicroUsd,
    estimatedCalls: row.estimatedCalls,
  };
}
