import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module';
import { LimitsModule } from '../limits/limits.module';
import { ChatController } from './chat.controller';
import { TurnsController } from './turns.controller';

@Module({ imports: [AgentModule, LimitsModule], controllers: [ChatController, TurnsController] })
export class ChatModule {}
