import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { RateLimited } from '../limits/rate-limited.decorator';
import { StreamSlots } from '../limits/stream-slots';
import { JSON_ANSWER, JSON_OR_STREAM, LIST_SCHEMA } from './openai-schemas';
import { type StoredResponseRequest, StoredResponsesService } from './stored-responses.service';

/** Responses that the provider keeps. */
@ApiTags('openai')
@ApiBearerAuth()
@RateLimited('v1')
@Scopes('v1')
@Controller('v1/responses/:id')
export class StoredResponsesController {
  constructor(
    private readonly responses: StoredResponsesService,
    private readonly streams: StreamSlots,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getResponse', summary: 'Gets a stored response' })
  @ApiOkResponse(JSON_OR_STREAM)
  async get(
    @CurrentUser() user: Principal,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (request.query.stream === 'true') await this.streams.hold(user, response);
    await this.responses.relay({ method: 'GET', id, query: queryOf(request), user }, response);
  }

  @Delete()
  @ApiOperation({ operationId: 'deleteResponse', summary: 'Deletes a stored response' })
  @ApiOkResponse(JSON_ANSWER)
  delete(@CurrentUser() user: Principal, @Param('id') id: string, @Res() response: Response) {
    return this.responses.relay({ method: 'DELETE', id, query: '', user }, response);
  }

  @Post('cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelResponse',
    summary: 'Cancels a response that is made in the background',
  })
  @ApiOkResponse(JSON_ANSWER)
  cancel(@CurrentUser() user: Principal, @Param('id') id: string, @Res() response: Response) {
    return this.responses.relay({ method: 'POST', id, path: '/cancel', query: '', user }, response);
  }

  @Get('input_items')
  @ApiOperation({ operationId: 'listInputItems', summary: 'Lists what a stored response was asked' })
  @ApiOkResponse({ schema: LIST_SCHEMA })
  listInput(
    @CurrentUser() user: Principal,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ) {
    const asked: StoredResponseRequest = {
      method: 'GET',
      id,
      path: '/input_items',
      query: queryOf(request),
      user,
    };
    return this.responses.relay(asked, response);
  }
}

function queryOf({ originalUrl }: Request): string {
  const at = originalUrl.indexOf('?');
  return at < 0 ? '' : originalUrl.slice(at);
}
