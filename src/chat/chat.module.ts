import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module';
import { LimitsModule } from '../limits/limits.module';
import { ModelsModule } from '../models/models.module';
import { ChatController } from './chat.controller';
import { CompletionsService } from './completions.service';
import { ProviderChatController } from './provider-chat.controller';
import { ProviderChatService } from './provider-chat.service';
import { TurnsController } from './turns.controller';

@Module({
  imports: [AgentModule, LimitsModule, ModelsModule],
  controllers: [ChatController, ProviderChatController, TurnsController],
  providers: [CompletionsService, ProviderChatService],
})
export class ChatModule {}
