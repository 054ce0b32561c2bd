import { Module } from '@nestjs/common';
import { UsageModule } from '../usage/usage.module';
import { CallSweeper } from './call-sweeper';
import { ModelsService } from './models.service';
import { OwnedObjects } from './owned-objects.service';
import { Providers } from './providers.service';

@Module({
  imports: [UsageModule],
  providers: [ModelsService, OwnedObjects, Providers, CallSweeper],
  exports: [ModelsService, OwnedObjects],
})
export class ModelsModule {}
