import { type DynamicModule, Module } from '@nestjs/common';
import { AgentModule } from './agent/agent.module';
import { AuthModule } from './auth/auth.module';
import { ChatModule } from './chat/chat.module';
import { CommonModule } from './common/common.module';
import type { Settings } from './config/settings';
import { SettingsModule } from './config/settings.module';
import { ConversationsModule } from './conversations/conversations.module';
import { DatabaseModule } from './database/database.module';
import { LimitsModule } from './limits/limits.module';
import { ObservabilityModule } from './observability/observability.module';
import { OpenAiApiModule } from './openai-api/openai-api.module';
import { ReportsModule } from './reports/reports.module';
import { TasksModule } from './tasks/tasks.module';

@Module({})
export class AppModule {
  /** @param settings with a database URL, which `startLocalServices` fills in where there was none */
  static forRoot(settings: Settings): DynamicModule {
    const { url, poolSize } = settings.database;
    if (url === undefined) throw new Error('The app needs a database URL.');
    return {
      module: AppModule,
      imports: [
        // First, for a request is held against routes in this order, and these have nearly all of them.
        ChatModule,
        OpenAiApiModule,
        CommonModule,
        SettingsModule.forRoot(settings),
        DatabaseModule.forRoot({ url, poolSize }),
        ObservabilityModule,
        AuthModule,
        LimitsModule,
        TasksModule,
        ConversationsModule,
        AgentModule,
        ReportsModule,
      ],
    };
  }
}
