import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module';
import { ModelsModule } from '../models/models.module';
import { UsageModule } from '../usage/usage.module';
import { BackgroundCosts } from './background-costs.service';
import { FilesController } from './files.controller';
import { FilesService } from './files.service';
import { MediaController } from './media.controller';
import { ModelRequestReception } from './model-request-reception.service';
import { ModelRequestsController } from './model-requests.controller';
import { ModelRequestsService } from './model-requests.service';
import { ModelsController } from './models.controller';
import { OwnedFiles } from './owned-files.service';
import { StoredResponsesController } from './stored-responses.controller';
import { StoredResponsesService } from './stored-responses.service';

@Module({
  imports: [LimitsModule, ModelsModule, UsageModule],
  controllers: [
    ModelRequestsController,
    MediaController,
    StoredResponsesController,
    FilesController,
    ModelsController,
  ],
  providers: [
    BackgroundCosts,
    ModelRequestReception,
    ModelRequestsService,
    StoredResponsesService,
    FilesService,
    OwnedFiles,
  ],
})
export class OpenAiApiModule {}
