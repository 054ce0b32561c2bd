import { Module } from '@nestjs/common';
import { UsageModule } from '../usage/usage.module';
import { ModelsService } from './models.service';

@Module({ imports: [UsageModule], providers: [ModelsService], exports: [ModelsService] })
export class ModelsModule {}
