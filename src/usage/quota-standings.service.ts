import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { toInstant, utcOffsetMinutes } from '../common/zoned-time';
import { Settings } from '../config/settings';
import { Database } from '../database/database.service';
import { sql } from '../database/sql';
import type { QuotaKind } from './quota-limits';

/** Whose budget it is. */
export interface QuotaSubject {
  /** A user's or a key's id. */
  id: string;
  isKey: boolean;
  /** IANA name of the zone whose days and months count. */
  timezone: string;
}

/** A budget in its present day or month. */
export interface QuotaStanding {
  kind: QuotaKind;
  /** Set for this subject alone. null: the server's default holds; 0: none. */
  ownLimit: number | null;
  /** What is in force; null: no limit. */
  limit: number | null;
  used: number;
  /** For calls that are under way. */
  reserved: number;
  endsAt: Date;
}

/** How far budgets are used. */
@Injectable()
export class QuotaStandings {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Tokens of the day and money of the month that calls are booked to now, in this order. */
  async read({ id, isKey, timezone }: QuotaSubject): Promise<QuotaStanding[]> {
    const offset = utcOffsetMinutes(timezone, this.clock.now());
    const rows = await this.database.query<StandingRow>(sql`
      SELECT kind, starts_on::text AS "startsOn", amount AS "ownLimit",
             coalesce(used, 0) AS used, coalesce(reserved, 0) AS reserved
      FROM (SELECT ((now() AT TIME ZONE 'UTC') + make_interval(mins => ${offset}::integer))::date) AS today (day)
      CROSS JOIN LATERAL (
        VALUES (1, 'tokens_a_day', day), (2, 'cost_a_month', date_trunc('month', day)::date)
      ) AS present (place, kind, starts_on)
      LEFT JOIN (SELECT kind, amount FROM quota_limits WHERE subject = ${id}) AS own USING (kind)
      LEFT JOIN (SELECT kind, starts_on, used, reserved FROM quota_windows WHERE subject = ${id}) AS standing
        USING (kind, starts_on)
      ORDER BY place`);
    return rows.map((row) => this.toStanding(row, isKey, timezone));
  }

  private toStanding({ startsOn, ...row }: StandingRow, isKey: boolean, timezone: string): QuotaStanding {
    const limit = row.ownLimit ?? (isKey ? 0 : this.defaultOf(row.kind));
    return { ...row, limit: limit === 0 ? null : limit, endsAt: endOf(row.kind, startsOn, timezone) };
  }

  private defaultOf(kind: QuotaKind): number {
    const { tokensADay, costAMonthMicroUsd } = this.settings.quotas;
    return kind === 'tokens_a_day' ? tokensADay : costAMonthMicroUsd;
  }
}

type StandingRow = Omit<QuotaStanding, 'limit' | 'endsAt'> & { startsOn: string };

/** The next midnight there, which may be another one than 24 hours on. */
function endOf(kind: QuotaKind, startsOn: string, timezone: string): Date {
  const [year, month, day] = startsOn.split('-').map(Number) as [number, number, number];
  const midnight = { year, month, day, hour: 0, minute: 0, second: 0 };
  const end =
    kind === 'tokens_a_day' ? { ...midnight, day: day + 1 } : { ...midnight, month: month + 1, day: 1 };
  return toInstant(end, timezone);
}
