import { Injectable } from '@nestjs/common';
import { Database, type SqlRunner } from '../database/database.service';
import { sql } from '../database/sql';

/** What is limited: tokens a day, or micro-USD a month, of the payer's own days and months. */
export const QUOTA_KINDS = ['tokens_a_day', 'cost_a_month'] as const;
export type QuotaKind = (typeof QUOTA_KINDS)[number];

/** Far beyond any use, and far from what a bigint or a JSON number can no longer add up. */
export const LARGEST_QUOTA = 1_000_000_000_000_000;

/** The limits set for a user or a key by themselves; where one is absent, the server's default holds. 0 means none. */
export type OwnLimits = Partial<Record<QuotaKind, number>>;

/** The limits that differ from the server's defaults. */
@Injectable()
export class QuotaLimits {
  constructor(private readonly database: Database) {}

  /**
   * In force from the next call on.
   * @param subject a user's or a key's id
   * @param amount null: the default again; 0: no limit
   */
  async set(runner: SqlRunner, subject: string, kind: QuotaKind, amount: number | null): Promise<void> {
    if (amount === null) {
      await runner.query(sql`DELETE FROM quota_limits WHERE subject = ${subject} AND kind = ${kind}`);
      return;
    }
    await runner.query(sql`
      INSERT INTO quota_limits (subject, kind, amount) VALUES (${subject}, ${kind}, ${amount})
      ON CONFLICT (subject, kind) DO UPDATE SET amount = excluded.amount`);
  }

  async read(subjects: readonly string[]): Promise<Map<string, OwnLimits>> {
    const rows = await this.database.query<{ subject: string; kind: QuotaKind; amount: number }>(sql`
      SELECT subject, kind, amount FROM quota_limits WHERE subject = ANY(${subjects}::uuid[])`);
    const limits = new Map<string, OwnLimits>();
    for (const { subject, kind, amount } of rows) {
      limits.set(subject, { ...limits.get(subject), [kind]: amount });
    }
    return limits;
  }
}
