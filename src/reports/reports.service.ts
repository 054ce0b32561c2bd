import { Injectable } from '@nestjs/common';
import { TurnAnalytics } from '../agent/turn-analytics.service';
import type { Principal } from '../auth/principal';
import { Clock } from '../common/clock';
import { type UsageGroup, UsageReports } from '../usage/usage-reports.service';
import { type AnalyticsView, toAnalyticsView } from './analytics.dto';
import { toInstants, toPeriod } from './period';
import type { PeriodQuery } from './period.dto';
import { toUsageReportView, type UsageReportView } from './usage-report.dto';

/** Whose days are meant where none are named: the reader's. */
type Reader = Pick<Principal, 'timezone'>;

/** What was used in a period, by one user or by all. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly usage: UsageReports,
    private readonly turns: TurnAnalytics,
    private readonly clock: Clock,
  ) {}

  /**
   * @param payerId undefined: everybody's
   * @throws AppError validation_failed
   */
  async reportUsage(
    reader: Reader,
    query: PeriodQuery & { group_by: UsageGroup },
    payerId?: string,
  ): Promise<UsageReportView> {
    const period = toPeriod(query, reader.timezone, this.clock.now());
    const report = await this.usage.report({ ...period, groupBy: query.group_by, payerId });
    return toUsageReportView(period, query.group_by, report);
  }

  /**
   * @param userId undefined: everybody's
   * @throws AppError validation_failed
   */
  async analyse(reader: Reader, query: PeriodQuery, userId?: string): Promise<AnalyticsView> {
    const period = toPeriod(query, reader.timezone, this.clock.now());
    const selection = { ...toInstants(period, reader.timezone), userId };
    const [tools, turns] = await Promise.all([
      this.turns.countToolCalls(selection),
      this.turns.countTurns(selection),
    ]);
    return toAnalyticsView(period, tools, turns);
  }
}
