import { Module } from '@nestjs/common';
import { UsageModule } from '../usage/usage.module';
import { CallSweeper } from './call-sweeper';
import { ModelsService } from './models.service';
import { Providers } from './providers.service';

@Module({
  imports: [UsageModule],
  providers: [ModelsService, Providers, CallSweeper],
  exports: [ModelsService],
})
export class ModelsModule {}
