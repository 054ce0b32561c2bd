import { empty, type Sql, sql } from '../database/sql';
import type { Settlement } from './usage.types';

const sums = sql`calls, estimated_calls, priced_calls, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
  cost_micro_usd`;

const summed = sql`sum(calls) AS calls, sum(estimated_calls) AS estimated_calls, sum(priced_calls) AS priced_calls,
  sum(input_tokens) AS input_tokens, sum(cached_tokens) AS cached_tokens, sum(output_tokens) AS output_tokens,
  sum(reasoning_tokens) AS reasoning_tokens, sum(cost_micro_usd) AS cost_micro_usd`;

const added = (table: Sql): Sql => sql`
  calls = ${table}.calls + excluded.calls,
  estimated_calls = ${table}.estimated_calls + excluded.estimated_calls,
  priced_calls = ${table}.priced_calls + excluded.priced_calls,
  input_tokens = ${table}.input_tokens + excluded.input_tokens,
  cached_tokens = ${table}.cached_tokens + excluded.cached_tokens,
  output_tokens = ${table}.output_tokens + excluded.output_tokens,
  reasoning_tokens = ${table}.reasoning_tokens + excluded.reasoning_tokens,
  cost_micro_usd = ${table}.cost_micro_usd + excluded.cost_micro_usd`;

/**
 * Adds `entries` to whatever is kept as a sum. A window takes what was opened in it, however long ago it has ended; of a
 * call whose price turned out not to be known, what was reserved for it. Rows are written in the order of their keys, in
 * every statement: who waits for whom then goes one way only.
 */
const adding = sql`
  windows AS (
    INSERT INTO quota_windows (subject, kind, starts_on, used, reserved)
    SELECT subject, kind, starts_on, sum(used), -sum(coalesce(reserved, 0))
    FROM entries CROSS JOIN LATERAL (VALUES
      (payer_id, 'tokens_a_day', day, input_tokens + output_tokens, payer_tokens_reserved),
      (payer_id, 'cost_a_month', date_trunc('month', day)::date, payer_cost_used, payer_cost_reserved),
      (key_id, 'tokens_a_day', day, input_tokens + output_tokens, key_tokens_reserved),
      (key_id, 'cost_a_month', date_trunc('month', day)::date, key_cost_used, key_cost_reserved)
    ) AS counted (subject, kind, starts_on, used, reserved)
    WHERE subject IS NOT NULL
    GROUP BY subject, kind, starts_on ORDER BY subject, kind, starts_on
    ON CONFLICT (subject, kind, starts_on) DO UPDATE
    SET used = quota_windows.used + excluded.used, reserved = quota_windows.reserved + excluded.reserved
  ),
  days AS (
    INSERT INTO usage_days (payer_id, day, model, conversation_id, user_id, ${sums})
    SELECT payer_id, day, model, coalesce(conversation_id, 0), user_id, ${summed}
    FROM entries GROUP BY payer_id, day, model, coalesce(conversation_id, 0), user_id ORDER BY 1, 2, 3, 4
    ON CONFLICT (payer_id, day, model, conversation_id) DO UPDATE SET ${added(sql`usage_days`)}
  )`;

/** Calls of no turn call no tools of ours, and each part of a statement costs time even where it has nothing to do. */
const addingTools = sql`
  tool_days AS (
    INSERT INTO usage_tool_days (payer_id, day, tool, user_id, ${sums})
    SELECT payer_id, day, tool, user_id, ${summed}
    FROM entries CROSS JOIN LATERAL unnest(tools) AS tool
    GROUP BY payer_id, day, tool, user_id ORDER BY 1, 2, 3
    ON CONFLICT (payer_id, day, tool) DO UPDATE SET ${added(sql`usage_tool_days`)}
  )`;

/** Whether any of them called tools, which makes another statement of it. */
export const callTools = (settlements: readonly Settlement[]): boolean =>
  settlements.some(({ tools }) => tools !== undefined);

/**
 * The settling of calls as CTEs: the ledger's rows, the windows' reservations given back and what was used added, the
 * sums of the days. The row of a call is the fence: whoever settles first, settles.
 * @param source more for the FROM of what is given, with its comma
 */
export function settling(settlements: readonly Settlement[], source: Sql = empty): Sql {
  const hasTools = callTools(settlements);
  const column = <Name extends keyof Settlement>(name: Name) =>
    settlements.map((settlement) => settlement[name]);
  const tokens = (kind: keyof Settlement['tokens']) =>
    settlements.map((settlement) => settlement.tokens[kind]);
  const tools = settlements.map((settlement) => settlement.tools?.join(',') ?? null);
  return sql`
    given AS MATERIALIZED (
      SELECT given.* FROM ${source} unnest(
        (SELECT ${column('callId')}::uuid[]), ${column('model')}::text[], ${column('outcome')}::text[],
        ${column('isEstimated')}::boolean[], ${tokens('input')}::bigint[], ${tokens('cached')}::bigint[],
        ${tokens('output')}::bigint[], ${tokens('reasoning')}::bigint[], ${column('costMicroUsd')}::bigint[],
        ${column('priceDate')}::date[], ${tools}::text[],
        ${settlements.map(({ isCacheHit }) => isCacheHit ?? false)}::boolean[]
      ) AS given (call_id, model_used, outcome, is_estimated, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
                  cost_micro_usd, price_date, tools_called, is_cache_hit)
    ),
    settled AS (
      UPDATE upstream_calls SET settled_at = now()
      FROM given WHERE id = given.call_id AND settled_at IS NULL
      RETURNING given.*, user_id, coalesce(payer_id, user_id) AS payer_id, key_id, turn_id, conversation_id, door, provider,
        coalesce(day, (now() AT TIME ZONE 'UTC')::date) AS day, string_to_array(tools_called, ',') AS tools,
        payer_tokens_reserved, payer_cost_reserved, key_tokens_reserved, key_cost_reserved
    ),
    booked AS (
      INSERT INTO usage_ledger
        (call_id, user_id, payer_id, key_id, day, turn_id, conversation_id, door, provider, model, outcome, is_estimated,
         input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd, price_date, tools, is_cache_hit)
      SELECT call_id, user_id, payer_id, key_id, day, turn_id, conversation_id, door, provider, model_used, outcome,
             is_estimated, input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd, price_date,
             tools, is_cache_hit
      FROM settled
    ),
    entries AS (
      SELECT payer_id, user_id, key_id, day, conversation_id, model_used AS model, tools, 1 AS calls,
             is_estimated::integer AS estimated_calls, num_nonnulls(cost_micro_usd) AS priced_calls,
             input_tokens, cached_tokens, output_tokens, reasoning_tokens, coalesce(cost_micro_usd, 0) AS cost_micro_usd,
             coalesce(cost_micro_usd, payer_cost_reserved, 0) AS payer_cost_used,
             coalesce(cost_micro_usd, key_cost_reserved, 0) AS key_cost_used,
             payer_tokens_reserved, payer_cost_reserved, key_tokens_reserved, key_cost_reserved
      FROM settled WHERE payer_id IS NOT NULL
    ),
    ${adding}${hasTools ? sql`, ${addingTools}` : empty}`;
}

/** Puts what a call came to in the place of its estimate; gives the call's id back where there was one. */
export function correcting({ callId, model, tokens, costMicroUsd, priceDate }: Settlement): Sql {
  return sql`
    WITH estimate AS MATERIALIZED (
      SELECT * FROM usage_ledger WHERE call_id = ${callId} AND is_estimated FOR UPDATE
    ),
    corrected AS (
      UPDATE usage_ledger
      SET is_estimated = false, model = ${model}, input_tokens = ${tokens.input}::bigint,
          cached_tokens = ${tokens.cached}::bigint, output_tokens = ${tokens.output}::bigint,
          reasoning_tokens = ${tokens.reasoning}::bigint, cost_micro_usd = ${costMicroUsd}::bigint,
          price_date = ${priceDate}::date
      FROM estimate WHERE usage_ledger.call_id = estimate.call_id
      RETURNING usage_ledger.*
    ),
    entries AS (
      SELECT payer_id, user_id, key_id, day, conversation_id, model, tools, sign AS calls,
             sign * is_estimated::integer AS estimated_calls, sign * num_nonnulls(cost_micro_usd) AS priced_calls,
             sign * input_tokens AS input_tokens, sign * cached_tokens AS cached_tokens,
             sign * output_tokens AS output_tokens, sign * reasoning_tokens AS reasoning_tokens,
             sign * coalesce(cost_micro_usd, 0) AS cost_micro_usd,
             sign * coalesce(cost_micro_usd, payer_cost_reserved, 0) AS payer_cost_used,
             sign * coalesce(cost_micro_usd, key_cost_reserved, 0) AS key_cost_used,
             0 AS payer_tokens_reserved, 0 AS payer_cost_reserved, 0 AS key_tokens_reserved, 0 AS key_cost_reserved
      FROM (SELECT -1 AS sign, * FROM estimate UNION ALL SELECT 1, * FROM corrected) AS signed
      CROSS JOIN (
        SELECT payer_cost_reserved, key_cost_reserved FROM upstream_calls WHERE id = ${callId}
      ) AS pledged
      WHERE payer_id IS NOT NULL
    ),
    ${adding}, ${addingTools}
    SELECT call_id FROM corrected`;
}
