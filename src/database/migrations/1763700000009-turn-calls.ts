import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calls of no turn have no step to be unique in; and each index is written twice for every call. */
export class TurnCalls1763700000009 implements MigrationInterface {
  name = 'TurnCalls1763700000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE UNIQUE INDEX upstream_calls_of_turn ON upstream_calls (turn_id, step, attempt) WHERE turn_id IS NOT NULL',
    );
    await runner.query(
      'ALTER TABLE upstream_calls DROP CONSTRAINT IF EXISTS upstream_calls_turn_id_step_attempt_key',
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
