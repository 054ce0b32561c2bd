import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Conversations1763700000002 implements MigrationInterface {
  name = 'Conversations1763700000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE conversations (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        title text NOT NULL,
        next_seq integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        archived_at timestamptz,
        deleted_at timestamptz
      )`);
    await runner.query(`
      CREATE INDEX conversations_of_user ON conversations (user_id, updated_at DESC, id DESC)
      WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE TABLE messages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        seq integer NOT NULL,
        turn_id uuid NOT NULL,
        role text NOT NULL CHECK (role IN ('user', 'assistant', 'tool')),
        body jsonb NOT NULL,
        status text NOT NULL CHECK (status IN ('complete', 'partial')),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (conversation_id, seq)
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
