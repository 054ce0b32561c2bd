import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Reports1763700000008 implements MigrationInterface {
  name = 'Reports1763700000008';

  async up(runner: QueryRunner): Promise<void> {
    // A user's turns of some days are otherwise looked for among everybody's (`npm run bench -- report`).
    await runner.query('CREATE INDEX turns_of_user ON turns (user_id, created_at)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward.');
  }
}
