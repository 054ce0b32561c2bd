import type { MigrationInterface, QueryRunner } from 'typeorm';

export class StatelessCalls1763700000005 implements MigrationInterface {
  name = 'StatelessCalls1763700000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE instances (id uuid PRIMARY KEY, seen_at timestamptz NOT NULL DEFAULT now())',
    );
    // Null for the calls of turns, and for what the version before this one writes.
    await runner.query('ALTER TABLE upstream_calls ADD COLUMN instance_id uuid');
    await runner.query(`
      CREATE TABLE upstream_objects (
        provider text NOT NULL,
        id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('file', 'response', 'item')),
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (provider, id)
      )`);
    await runner.query(
      'CREATE INDEX upstream_objects_of_user ON upstream_objects (user_id, kind, created_at)',
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
