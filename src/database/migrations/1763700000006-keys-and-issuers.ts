import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeysAndIssuers1763700000006 implements MigrationInterface {
  name = 'KeysAndIssuers1763700000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        key_hash bytea NOT NULL CONSTRAINT api_keys_hash_unique UNIQUE,
        prefix text NOT NULL,
        name text NOT NULL,
        scopes text[] NOT NULL,
        -- As it was asked for; what is enforced is the key's row of quota_limits.
        daily_token_limit bigint CHECK (daily_token_limit > 0),
        expires_at timestamptz,
        last_used_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz
      )`);
    await runner.query(
      'CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at DESC, id DESC) WHERE revoked_at IS NULL',
    );
    // Who comes from an external issuer has neither; the version before this only ever asks for those who have both.
    await runner.query(`
      ALTER TABLE users
        ALTER COLUMN email DROP NOT NULL,
        ALTER COLUMN password_hash DROP NOT NULL,
        ADD CONSTRAINT users_sign_in_here_or_elsewhere CHECK ((email IS NULL) = (password_hash IS NULL))`);
    await runner.query(`
      CREATE TABLE external_accounts (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (issuer, subject)
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
