/** What each window must hold: what the ledger says was used in it, and what its open calls have put aside. */
export const expectedWindows = `
  SELECT subject, kind, starts_on, sum(used)::bigint AS used, sum(reserved)::bigint AS reserved
  FROM (
    SELECT counted.* FROM (
      SELECT ledger.payer_id, ledger.key_id, ledger.day, sum(input_tokens + output_tokens) AS tokens,
             sum(coalesce(cost_micro_usd, pledged.payer_cost_reserved, 0)) AS payer_cost,
             sum(coalesce(cost_micro_usd, pledged.key_cost_reserved, 0)) AS key_cost
      FROM usage_ledger AS ledger
      LEFT JOIN upstream_calls AS pledged ON pledged.id = ledger.call_id AND ledger.cost_micro_usd IS NULL
      WHERE ledger.payer_id IS NOT NULL GROUP BY ledger.payer_id, ledger.key_id, ledger.day
    ) AS spent
    CROSS JOIN LATERAL (VALUES
      (payer_id, 'tokens_a_day', day, tokens, 0::numeric),
      (payer_id, 'cost_a_month', date_trunc('month', day)::date, payer_cost, 0),
      (key_id, 'tokens_a_day', day, tokens, 0),
      (key_id, 'cost_a_month', date_trunc('month', day)::date, key_cost, 0)
    ) AS counted (subject, kind, starts_on, used, reserved)
    UNION ALL
    SELECT counted.* FROM upstream_calls
    CROSS JOIN LATERAL (VALUES
      (payer_id, 'tokens_a_day', day, 0::numeric, payer_tokens_reserved),
      (payer_id, 'cost_a_month', date_trunc('month', day)::date, 0, payer_cost_reserved),
      (key_id, 'tokens_a_day', day, 0, key_tokens_reserved),
      (key_id, 'cost_a_month', date_trunc('month', day)::date, 0, key_cost_reserved)
    ) AS counted (subject, kind, starts_on, used, reserved)
    WHERE settled_at IS NULL AND counted.reserved IS NOT NULL
  ) AS entries
  WHERE subject IS NOT NULL GROUP BY subject, kind, starts_on
  HAVING sum(used) <> 0 OR sum(reserved) <> 0`;

const summed = `
  max(user_id::text)::uuid AS user_id, count(*) AS calls, count(*) FILTER (WHERE is_estimated) AS estimated_calls,
  count(cost_micro_usd) AS priced_calls, sum(input_tokens)::bigint AS input_tokens,
  sum(cached_tokens)::bigint AS cached_tokens, sum(output_tokens)::bigint AS output_tokens,
  sum(reasoning_tokens)::bigint AS reasoning_tokens, coalesce(sum(cost_micro_usd), 0)::bigint AS cost_micro_usd`;

/** What the days' sums must be. */
export const expectedDays = `
  SELECT payer_id, day, model, coalesce(conversation_id, 0) AS conversation_id, ${summed}
  FROM usage_ledger WHERE payer_id IS NOT NULL GROUP BY payer_id, day, model, coalesce(conversation_id, 0)`;

/** What the tools' must be: a call counts for each tool that its reply called. */
export const expectedToolDays = `
  SELECT payer_id, day, tool, ${summed}
  FROM usage_ledger CROSS JOIN LATERAL unnest(tools) AS tool
  WHERE payer_id IS NOT NULL GROUP BY payer_id, day, tool`;
