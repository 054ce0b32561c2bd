import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/scopes';
import { MayFailWith } from '../common/may-fail-with.decorator';
import { modelNotAllowed } from '../models/model-not-allowed';
import { ModelsService } from '../models/models.service';
import { findListedModel, type ListedModel, listModels } from './model-list';
import { LIST_SCHEMA, MODEL_SCHEMA } from './openai-schemas';

/** The server's own list; the provider is not asked. */
@ApiTags('openai')
@ApiBearerAuth()
@Scopes('v1')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @ApiOperation({ operationId: 'listModels', summary: 'Lists the models that may be asked for' })
  @ApiOkResponse({ schema: LIST_SCHEMA })
  list(): { object: 'list'; data: ListedModel[] } {
    return { object: 'list', data: listModels(this.models) };
  }

  /** The id of a model may hold slashes, encoded or not: Express hands it over in pieces. */
  @Get('*id')
  @MayFailWith('model_not_allowed')
  @ApiOperation({ operationId: 'retrieveModel', summary: 'Describes a model that may be asked for' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ schema: MODEL_SCHEMA })
  find(@Param('id') pieces: string[]): ListedModel {
    const id = pieces.join('/');
    const found = findListedModel(this.models, id);
    if (found === undefined) throw modelNotAllowed(id);
    return found;
  }
}
