import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { RateLimited } from '../limits/rate-limited.decorator';
import { StreamSlots } from '../limits/stream-slots';
import { type ModelRequest, type ModelRoute, readStream } from './model-request';
import { ModelRequestsService } from './model-requests.service';
import { CHAT_BODY, EMBEDDINGS_BODY, JSON_ANSWER, JSON_OR_STREAM, RESPONSES_BODY } from './openai-schemas';
import type { JsonObject } from './relay-json';

/** What runs a model, in OpenAI's terms. */
@ApiTags('openai')
@ApiBearerAuth()
@RateLimited('v1')
@Scopes('v1')
@Controller('v1')
export class ModelRequestsController {
  constructor(
    private readonly requests: ModelRequestsService,
    private readonly streams: StreamSlots,
  ) {}

  @Post('chat/completions')
  @HttpCode(200)
  @ApiOperation({ summary: 'Chat Completions, as OpenAI’s' })
  @ApiBody(CHAT_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  completeChat(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/chat/completions', user, request, response);
  }

  @Post('responses')
  @HttpCode(200)
  @ApiOperation({ summary: 'Responses, as OpenAI’s' })
  @ApiBody(RESPONSES_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  respond(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/responses', user, request, response);
  }

  @Post('embeddings')
  @HttpCode(200)
  @ApiOperation({ summary: 'Embeddings, as OpenAI’s' })
  @ApiBody(EMBEDDINGS_BODY)
  @ApiOkResponse(JSON_ANSWER)
  embed(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/embeddings', user, request, response);
  }

  private async relay(
    route: ModelRoute,
    user: Principal,
    request: Request,
    response: Response,
  ): Promise<void> {
    const { rawBody = Buffer.from('{}') } = request;
    const asked: ModelRequest = { route, body: request.body as JsonObject, rawBody, user };
    if (readStream(asked)) await this.streams.hold(user, response);
    await this.requests.relay(asked, response);
  }
}
