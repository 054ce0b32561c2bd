import { Module } from '@nestjs/common';
import { CallBook } from './call-book';
import { InstanceHeartbeat } from './instance-heartbeat';
import { QuotaLimits } from './quota-limits';
import { QuotaStandings } from './quota-standings.service';
import { UsageReports } from './usage-reports.service';
import { UsageService } from './usage.service';

@Module({
  providers: [UsageService, CallBook, QuotaLimits, QuotaStandings, UsageReports, InstanceHeartbeat],
  exports: [UsageService, CallBook, QuotaLimits, QuotaStandings, UsageReports],
})
export class UsageModule {}
