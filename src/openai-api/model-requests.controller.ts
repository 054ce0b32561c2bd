import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { RateLimited } from '../limits/rate-limited.decorator';
import { ModelRequestReception } from './model-request-reception.service';
import type { ModelRoute } from './model-routes';
import {
  CHAT_BODY,
  COMPACT_BODY,
  COMPLETIONS_BODY,
  EMBEDDINGS_BODY,
  JSON_ANSWER,
  JSON_OR_STREAM,
  MODERATIONS_BODY,
  RESPONSES_BODY,
} from './openai-schemas';

/** What runs a model on text, in OpenAI's terms. */
@ApiTags('openai')
@ApiBearerAuth()
@RateLimited('v1')
@Scopes('v1')
@Controller('v1')
export class ModelRequestsController {
  constructor(private readonly reception: ModelRequestReception) {}

  @Post('chat/completions')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createChatCompletion', summary: 'Chat Completions, as OpenAI’s' })
  @ApiBody(CHAT_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  completeChat(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/chat/completions', user, request, response);
  }

  @Post('responses')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createResponse', summary: 'Responses, as OpenAI’s' })
  @ApiBody(RESPONSES_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  respond(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/responses', user, request, response);
  }

  @Post('completions')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createCompletion', summary: 'The older completions, as OpenAI’s' })
  @ApiBody(COMPLETIONS_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  complete(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/completions', user, request, response);
  }

  @Post('responses/compact')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'compactResponse',
    summary: 'Makes a conversation of the Responses API shorter',
  })
  @ApiBody(COMPACT_BODY)
  @ApiOkResponse(JSON_ANSWER)
  compact(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/responses/compact', user, request, response);
  }

  @Post('responses/input_tokens')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'countInputTokens',
    summary: 'Counts the input tokens of a response that is not made',
  })
  @ApiBody(RESPONSES_BODY)
  @ApiOkResponse(JSON_ANSWER)
  countTokens(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/responses/input_tokens', user, request, response);
  }

  @Post('embeddings')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createEmbedding', summary: 'Embeddings, as OpenAI’s' })
  @ApiBody(EMBEDDINGS_BODY)
  @ApiOkResponse(JSON_ANSWER)
  embed(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/embeddings', user, request, response);
  }

  @Post('moderations')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createModeration', summary: 'Moderations, as OpenAI’s; they cost nothing' })
  @ApiBody(MODERATIONS_BODY)
  @ApiOkResponse(JSON_ANSWER)
  moderate(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.relay('/moderations', user, request, response);
  }

  private relay(route: ModelRoute, user: Principal, request: Request, response: Response): Promise<void> {
    return this.reception.receive(route, { user, request, response });
  }
}
