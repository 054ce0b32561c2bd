import { Module } from '@nestjs/common';
import { RedisModule } from '../redis/redis.module';
import { UsageModule } from '../usage/usage.module';
import { ResponseCache } from './cache/response-cache';
import { CallSweeper } from './call-sweeper';
import { ModelsService } from './models.service';
import { OwnedObjects } from './owned-objects.service';
import { Providers } from './providers.service';

@Module({
  imports: [UsageModule, RedisModule],
  providers: [ModelsService, OwnedObjects, Providers, ResponseCache, CallSweeper],
  exports: [ModelsService, OwnedObjects],
})
export class ModelsModule {}
