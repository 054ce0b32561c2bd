import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/scopes';
import { AppError } from '../common/app-error';
import { ModelsService } from '../models/models.service';
import { type ListedModel, listModels } from './model-list';
import { LIST_SCHEMA, MODEL_SCHEMA } from './openai-schemas';

/** The server's own list; the provider is not asked. */
@ApiTags('openai')
@ApiBearerAuth()
@Scopes('v1')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @ApiOperation({ summary: 'Lists the models that may be asked for' })
  @ApiOkResponse({ schema: LIST_SCHEMA })
  list(): { object: 'list'; data: ListedModel[] } {
    return { object: 'list', data: listModels(this.models) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Describes a model that may be asked for' })
  @ApiOkResponse({ schema: MODEL_SCHEMA })
  find(@Param('id') id: string): ListedModel {
    const found = listModels(this.models).find((model) => model.id === id);
    if (found === undefined) throw new AppError('model_not_allowed', 'There is no such model here.');
    return found;
  }
}
