import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AccountsAndTasks1763700000001 implements MigrationInterface {
  name = 'AccountsAndTasks1763700000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        email text NOT NULL CONSTRAINT users_email_unique UNIQUE CHECK (email = lower(email)),
        password_hash text NOT NULL,
        role text NOT NULL CHECK (role IN ('user', 'admin')),
        timezone text NOT NULL DEFAULT 'UTC',
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE refresh_tokens (
        token_hash bytea PRIMARY KEY,
        family uuid NOT NULL,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        revoked_at timestamptz
      )`);
    await runner.query('CREATE INDEX refresh_tokens_family ON refresh_tokens (family)');
    await runner.query('CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id)');
    await runner.query(`
      CREATE TABLE tasks (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        title text NOT NULL,
        description text,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed')),
        priority text NOT NULL DEFAULT 'none' CHECK (priority IN ('none', 'low', 'medium', 'high', 'urgent')),
        due_on date,
        due_at timestamptz,
        tags text[] NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz,
        deleted_at timestamptz,
        CHECK (due_on IS NULL OR due_at IS NULL)
      )`);
    await runner.query('CREATE INDEX tasks_of_user ON tasks (user_id, id DESC) WHERE deleted_at IS NULL');
    await runner.query(
      'CREATE INDEX tasks_of_user_by_status ON tasks (user_id, status, id DESC) WHERE deleted_at IS NULL',
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
