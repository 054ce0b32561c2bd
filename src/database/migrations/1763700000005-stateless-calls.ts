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
        kind text NOT NULL CHECK (kind IN ('file', 'response', 'item', 'container')),
        user_id uuid NOT NULL,
        -- Of a file: what the provider said of it.
        facts jsonb,
        -- Of a response that is made in the background: the call that its cost is booked to, until it is known.
        call_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (provider, id)
      )`);
    await runner.query(
      `CREATE INDEX upstream_objects_files ON upstream_objects (user_id, provider, created_at, id) WHERE kind = 'file'`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
