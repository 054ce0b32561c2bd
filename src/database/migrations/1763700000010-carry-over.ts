import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was booked before there were budgets, in days of UTC. Apart from what changes the tables, whose locks would keep the
 * version before this one waiting while a long ledger is gone through.
 */
export class CarryOver1763700000010 implements MigrationInterface {
  name = 'CarryOver1763700000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE usage_ledger SET payer_id = user_id,
        day = (created_at AT TIME ZONE 'UTC')::date,
        conversation_id = (SELECT conversation_id FROM turns WHERE turns.id = turn_id)
      WHERE user_id IS NOT NULL`);
    await runner.query(`
      INSERT INTO quota_windows (subject, kind, starts_on, used)
      SELECT payer_id, 'tokens_a_day', day, sum(input_tokens + output_tokens)
      FROM usage_ledger WHERE payer_id IS NOT NULL GROUP BY payer_id, day
      UNION ALL
      SELECT payer_id, 'cost_a_month', date_trunc('month', day)::date, coalesce(sum(cost_micro_usd), 0)
      FROM usage_ledger WHERE payer_id IS NOT NULL GROUP BY payer_id, date_trunc('month', day)::date`);
    await runner.query(`
      INSERT INTO usage_days
        (payer_id, day, model, conversation_id, user_id, calls, estimated_calls, priced_calls,
         input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_micro_usd)
      SELECT payer_id, day, model, coalesce(conversation_id, 0), user_id, count(*),
             count(*) FILTER (WHERE is_estimated), count(cost_micro_usd),
             sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens),
             coalesce(sum(cost_micro_usd), 0)
      FROM usage_ledger WHERE payer_id IS NOT NULL GROUP BY payer_id, day, model, coalesce(conversation_id, 0), user_id`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
