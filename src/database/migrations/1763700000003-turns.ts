import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Turns1763700000003 implements MigrationInterface {
  name = 'Turns1763700000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE turns (
        id uuid PRIMARY KEY,
        conversation_id bigint NOT NULL,
        user_id uuid NOT NULL,
        state text NOT NULL CHECK (state IN ('calling', 'tools', 'completed', 'cancelled', 'failed')),
        step integer NOT NULL DEFAULT 1,
        attempt integer NOT NULL DEFAULT 1,
        model text NOT NULL,
        lease_token uuid NOT NULL,
        lease_expires_at timestamptz NOT NULL,
        cancel_requested_at timestamptz,
        error_code text,
        error_message text,
        is_resumable boolean NOT NULL DEFAULT false,
        result jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX turns_one_active ON turns (conversation_id) WHERE state IN ('calling', 'tools')`);
    await runner.query(`
      CREATE INDEX turns_by_lease ON turns (lease_expires_at) WHERE state IN ('calling', 'tools')`);
    await runner.query('CREATE INDEX turns_of_conversation ON turns (conversation_id, created_at DESC)');
    await runner.query(`
      CREATE TABLE turn_steps (
        turn_id uuid NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
        step integer NOT NULL,
        reply jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (turn_id, step)
      )`);
    await runner.query(`
      CREATE TABLE tool_effects (
        turn_id uuid NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
        step integer NOT NULL,
        ordinal integer NOT NULL,
        tool text NOT NULL,
        arguments jsonb NOT NULL,
        result jsonb NOT NULL,
        images jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        undone_at timestamptz,
        PRIMARY KEY (turn_id, step, ordinal)
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
