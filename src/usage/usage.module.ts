import { Module } from '@nestjs/common';
import { CallBook } from './call-book';
import { InstanceHeartbeat } from './instance-heartbeat';
import { UsageService } from './usage.service';

@Module({ providers: [UsageService, CallBook, InstanceHeartbeat], exports: [UsageService, CallBook] })
export class UsageModule {}
