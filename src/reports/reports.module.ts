import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module';
import { AuthModule } from '../auth/auth.module';
import { LimitsModule } from '../limits/limits.module';
import { UsageModule } from '../usage/usage.module';
import { AdminLimitsController } from './admin-limits.controller';
import { AdminReportsController } from './admin-reports.controller';
import { LimitWindows } from './limit-windows.service';
import { LimitsService } from './limits.service';
import { ReportsService } from './reports.service';
import { UsageController } from './usage.controller';

@Module({
  imports: [AuthModule, LimitsModule, UsageModule, AgentModule],
  controllers: [UsageController, AdminReportsController, AdminLimitsController],
  providers: [ReportsService, LimitsService, LimitWindows],
})
export class ReportsModule {}
