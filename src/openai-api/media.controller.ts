import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { RateLimited } from '../limits/rate-limited.decorator';
import { ModelRequestReception } from './model-request-reception.service';
import {
  EDIT_BODY,
  IMAGE_BODY,
  JSON_OR_STREAM,
  SPEECH_ANSWER,
  SPEECH_BODY,
  TRANSCRIPT_ANSWER,
  TRANSCRIPTION_BODY,
  TRANSLATION_BODY,
} from './media-schemas';

/** What makes and reads pictures and sound, in OpenAI's terms. */
@ApiTags('openai')
@ApiBearerAuth()
@RateLimited('v1')
@Scopes('v1')
@Controller('v1')
export class MediaController {
  constructor(private readonly reception: ModelRequestReception) {}

  @Post('images/generations')
  @HttpCode(200)
  @ApiOperation({ operationId: 'createImage', summary: 'Makes pictures' })
  @ApiBody(IMAGE_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  makeImages(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.reception.receive('/images/generations', { user, request, response });
  }

  @Post('images/edits')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'editImage',
    summary: 'Changes pictures, which come in a form or are named in JSON',
  })
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiBody(EDIT_BODY)
  @ApiOkResponse(JSON_OR_STREAM)
  editImages(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.reception.receive('/images/edits', { user, request, response });
  }

  @Post('audio/transcriptions')
  @HttpCode(200)
  @ApiOperation({ operationId: 'transcribe', summary: 'Writes down what is said' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(TRANSCRIPTION_BODY)
  @ApiOkResponse(TRANSCRIPT_ANSWER)
  transcribe(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.reception.receive('/audio/transcriptions', { user, request, response });
  }

  @Post('audio/translations')
  @HttpCode(200)
  @ApiOperation({ operationId: 'translate', summary: 'Writes down in English what is said' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(TRANSLATION_BODY)
  @ApiOkResponse(TRANSCRIPT_ANSWER)
  translate(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.reception.receive('/audio/translations', { user, request, response });
  }

  @Post('audio/speech')
  @HttpCode(200)
  @ApiOperation({ operationId: 'speak', summary: 'Says a text aloud' })
  @ApiBody(SPEECH_BODY)
  @ApiOkResponse(SPEECH_ANSWER)
  speak(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.reception.receive('/audio/speech', { user, request, response });
  }
}
