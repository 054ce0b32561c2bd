import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/admin-only.decorator';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { AnalyticsView } from './analytics.dto';
import { ApiReportResponse } from './api-report-response';
import { CsvInterceptor } from './csv.interceptor';
import { PeriodQuery } from './period.dto';
import { ReportsService } from './reports.service';
import { AdminUsageQuery, type UsageReportView } from './usage-report.dto';

/** What all have used: sums and ids, never what anybody said. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/admin')
export class AdminReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get('usage')
  @UseInterceptors(CsvInterceptor)
  @ApiOperation({
    operationId: 'reportUsageOfAll',
    summary: 'What everybody’s calls came to, by user, day, model, tool or conversation',
  })
  @ApiReportResponse()
  async reportUsage(
    @CurrentUser() admin: Principal,
    @Query() query: AdminUsageQuery,
  ): Promise<UsageReportView> {
    return this.reports.reportUsage(admin, query, query.user_id);
  }

  @Get('analytics')
  @ApiOperation({
    operationId: 'analyseTurnsOfAll',
    summary: 'Which tools everybody’s turns used, how often they failed, how long turns took',
  })
  @ApiOkResponse({ type: AnalyticsView })
  async analyse(@CurrentUser() admin: Principal, @Query() query: PeriodQuery): Promise<AnalyticsView> {
    return this.reports.analyse(admin, query);
  }
}
