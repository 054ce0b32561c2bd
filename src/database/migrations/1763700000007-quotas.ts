import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who pays for a call, in which of his days, and what is put aside for it. Null where the version before this writes. */
const PAYMENT = `
  ADD COLUMN payer_id uuid,
  ADD COLUMN key_id uuid,
  ADD COLUMN conversation_id bigint,
  ADD COLUMN day date`;

const SUMS = `
  calls bigint NOT NULL DEFAULT 0,
  estimated_calls bigint NOT NULL DEFAULT 0,
  priced_calls bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  cached_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  cost_micro_usd bigint NOT NULL DEFAULT 0`;

export class Quotas1763700000007 implements MigrationInterface {
  name = 'Quotas1763700000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE upstream_calls ${PAYMENT},
        ADD COLUMN payer_tokens_reserved bigint,
        ADD COLUMN payer_cost_reserved bigint,
        ADD COLUMN key_tokens_reserved bigint,
        ADD COLUMN key_cost_reserved bigint,
        ADD COLUMN reserved_output_tokens bigint`);
    await runner.query(`
      ALTER TABLE usage_ledger ${PAYMENT},
        ADD COLUMN tools text[],
        ADD COLUMN is_cache_hit boolean NOT NULL DEFAULT false`);
    await runner.query('DROP INDEX usage_ledger_of_user');
    await runner.query(`
      CREATE TABLE quota_limits (
        subject uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('tokens_a_day', 'cost_a_month')),
        amount bigint NOT NULL CHECK (amount >= 0),
        PRIMARY KEY (subject, kind)
      )`);
    // Room on each page for new versions of its rows: they are what changes most.
    await runner.query(`
      CREATE TABLE quota_windows (
        subject uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('tokens_a_day', 'cost_a_month')),
        starts_on date NOT NULL,
        used bigint NOT NULL DEFAULT 0,
        reserved bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (subject, kind, starts_on)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE usage_days (
        payer_id uuid NOT NULL,
        day date NOT NULL,
        model text NOT NULL,
        -- 0: of no conversation.
        conversation_id bigint NOT NULL DEFAULT 0,
        user_id uuid,
        ${SUMS},
        PRIMARY KEY (payer_id, day, model, conversation_id)
      ) WITH (fillfactor = 50)`);
    await runner.query('CREATE INDEX usage_days_by_day ON usage_days (day)');
    await runner.query(`
      CREATE TABLE usage_tool_days (
        payer_id uuid NOT NULL,
        day date NOT NULL,
        tool text NOT NULL,
        user_id uuid,
        ${SUMS},
        PRIMARY KEY (payer_id, day, tool)
      ) WITH (fillfactor = 50)`);
    await runner.query('CREATE INDEX usage_tool_days_by_day ON usage_tool_days (day)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
