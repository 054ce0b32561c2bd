import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module';
import { AuthModule } from '../auth/auth.module';
import { LimitsModule } from '../limits/limits.module';
import { ModelsModule } from '../models/models.module';
import { ChatController } from './chat.controller';
import { CompletionsService } from './completions.service';
import { ProviderChatController } from './provider-chat.controller';
import { ProviderChatService } from './provider-chat.service';
import { PromptsService } from './socket/prompts.service';
import { SocketController } from './socket/socket.controller';
import { SocketGateway } from './socket/socket.gateway';
import { TurnsController } from './turns.controller';

@Module({
  imports: [AgentModule, AuthModule, LimitsModule, ModelsModule],
  controllers: [ChatController, ProviderChatController, SocketController, TurnsController],
  providers: [CompletionsService, ProviderChatService, PromptsService, SocketGateway],
})
export class ChatModule {}
