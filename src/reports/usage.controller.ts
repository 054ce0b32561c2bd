import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { AnalyticsView } from './analytics.dto';
import { ApiReportResponse } from './api-report-response';
import { CsvInterceptor } from './csv.interceptor';
import { LimitsView } from './limits.dto';
import { LimitsService } from './limits.service';
import { PeriodQuery } from './period.dto';
import { ReportsService } from './reports.service';
import { UsageQuery, type UsageReportView } from './usage-report.dto';

/** What one has used oneself. Any key may look: it spends of the same budgets. */
@ApiTags('usage')
@ApiBearerAuth()
@Scopes('any')
@Controller('api/usage')
export class UsageController {
  constructor(
    private readonly reports: ReportsService,
    private readonly limits: LimitsService,
  ) {}

  @Get()
  @UseInterceptors(CsvInterceptor)
  @ApiOperation({
    operationId: 'reportUsage',
    summary: 'What your calls came to, by day, model, tool or conversation',
  })
  @ApiReportResponse()
  async reportUsage(@CurrentUser() user: Principal, @Query() query: UsageQuery): Promise<UsageReportView> {
    return this.reports.reportUsage(user, query, user.id);
  }

  @Get('limits')
  @ApiOperation({ operationId: 'getLimits', summary: 'How far you are from each limit' })
  @ApiOkResponse({ type: LimitsView })
  async findLimits(@CurrentUser() user: Principal): Promise<LimitsView> {
    return this.limits.ofCaller(user);
  }

  @Get('analytics')
  @ApiOperation({
    operationId: 'analyseTurns',
    summary: 'Which tools your turns used, how often they failed, how long turns took',
  })
  @ApiOkResponse({ type: AnalyticsView })
  async analyse(@CurrentUser() user: Principal, @Query() query: PeriodQuery): Promise<AnalyticsView> {
    return this.reports.analyse(user, query, user.id);
  }
}
