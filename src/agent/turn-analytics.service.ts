import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.service';
import { empty, type Sql, sql } from '../database/sql';

/** Which turns are looked at: those that began in this stretch of time. */
export interface TurnSelection {
  from: Date;
  /** Not included. */
  until: Date;
  /** undefined: everybody's. */
  userId?: string;
}

export interface ToolUse {
  /** As the model called it, which may be no tool that there is. */
  tool: string;
  calls: number;
  /** Refused or failed: the model was told so and nothing was changed. */
  failed: number;
}

export interface TurnCounts {
  /** Those that still run too. */
  total: number;
  completed: number;
  cancelled: number;
  failed: number;
  /** How long those that were completed took; null where none was. */
  p50Ms: number | null;
  p95Ms: number | null;
  maxMs: number | null;
}

const MOST_TOOLS = 100;

/** How the agent is used, and how well that goes. Counts only: what was said and done stays where it is. */
@Injectable()
export class TurnAnalytics {
  constructor(private readonly database: Database) {}

  async countTurns(selection: TurnSelection): Promise<TurnCounts> {
    const [counts] = await this.database.query<TurnCounts>(sql`
      SELECT total, completed, cancelled, failed, milliseconds[1] AS "p50Ms", milliseconds[2] AS "p95Ms",
             milliseconds[3] AS "maxMs"
      FROM (
        SELECT count(*) AS total,
          count(*) FILTER (WHERE state = 'completed') AS completed,
          count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
          count(*) FILTER (WHERE state = 'failed') AS failed,
          percentile_disc(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (
            ORDER BY CASE state WHEN 'completed' THEN finished_at - created_at END) AS took
        FROM turns WHERE ${selected(selection)}
      ) AS counted
      CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT round(extract(epoch FROM one) * 1000)::bigint FROM unnest(took) AS one) AS milliseconds
      ) AS converted`);
    return counts!;
  }

  /** The most used first. */
  async countToolCalls(selection: TurnSelection): Promise<ToolUse[]> {
    return this.database.query<ToolUse>(sql`
      SELECT tool, count(*) AS calls,
        count(*) FILTER (WHERE jsonb_typeof(tool_effects.result) = 'object' AND tool_effects.result ? 'error') AS failed
      FROM turns JOIN tool_effects ON turn_id = turns.id
      WHERE ${selected(selection)} GROUP BY tool ORDER BY calls DESC, tool COLLATE "C" LIMIT ${MOST_TOOLS}`);
  }
}

const selected = ({ from, until, userId }: TurnSelection): Sql => sql`
  turns.created_at >= ${from} AND turns.created_at < ${until}
  ${userId === undefined ? empty : sql`AND turns.user_id = ${userId}`}`;
