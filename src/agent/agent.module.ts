import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module';
import { ModelsModule } from '../models/models.module';
import { ToolsModule } from '../tools/tools.module';
import { UsageModule } from '../usage/usage.module';
import { AgentService } from './agent.service';
import { RunningTurns } from './running-turns';
import { TurnAnalytics } from './turn-analytics.service';
import { TurnJournal } from './turn-journal';
import { TurnSweeper } from './turn-sweeper';

@Module({
  imports: [ConversationsModule, ModelsModule, ToolsModule, UsageModule],
  providers: [AgentService, RunningTurns, TurnJournal, TurnSweeper, TurnAnalytics],
  exports: [AgentService, TurnAnalytics],
})
export class AgentModule {}
