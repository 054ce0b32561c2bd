import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Usage1763700000004 implements MigrationInterface {
  name = 'Usage1763700000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE upstream_calls (
        id uuid PRIMARY KEY,
        user_id uuid,
        turn_id uuid,
        step integer,
        attempt integer NOT NULL,
        door text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        input_tokens_estimate integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz,
        UNIQUE (turn_id, step, attempt)
      )`);
    await runner.query(
      'CREATE INDEX upstream_calls_open ON upstream_calls (created_at) WHERE settled_at IS NULL',
    );
    await runner.query(`
      CREATE TABLE usage_ledger (
        call_id uuid PRIMARY KEY,
        user_id uuid,
        turn_id uuid,
        door text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('completed', 'failed', 'cancelled', 'interrupted')),
        is_estimated boolean NOT NULL,
        input_tokens bigint NOT NULL,
        cached_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        reasoning_tokens bigint NOT NULL,
        cost_micro_usd bigint,
        price_date date,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX usage_ledger_of_user ON usage_ledger (user_id, created_at)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
