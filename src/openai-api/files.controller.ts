import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { readFilePage } from './file-page';
import { FilesService } from './files.service';
import { FILE_SCHEMA, JSON_ANSWER, LIST_SCHEMA, UPLOAD_SCHEMA } from './openai-schemas';

/** A user's files at the provider. */
@ApiTags('openai')
@ApiBearerAuth()
@Scopes('v1')
@Controller('v1/files')
export class FilesController {
  constructor(private readonly files: FilesService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'createFile', summary: 'Uploads a file' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: UPLOAD_SCHEMA })
  @ApiOkResponse({ schema: FILE_SCHEMA })
  upload(@CurrentUser() user: Principal, @Req() request: Request, @Res() response: Response) {
    return this.files.upload(user, request, response);
  }

  @Get()
  @ApiOperation({ operationId: 'listFiles', summary: 'Lists one’s own files, newest first' })
  @ApiQuery({ name: 'after', required: false, description: 'The id of the file before the page.' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 10_000 } })
  @ApiQuery({ name: 'order', required: false, enum: ['asc', 'desc'] })
  @ApiQuery({ name: 'purpose', required: false })
  @ApiOkResponse({ schema: LIST_SCHEMA })
  async list(@CurrentUser() user: Principal, @Query() query: Record<string, unknown>) {
    const { data, hasMore } = await this.files.list(user.id, readFilePage(query));
    return {
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: hasMore,
    };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'retrieveFile', summary: 'Describes a file' })
  @ApiOkResponse({ schema: FILE_SCHEMA })
  describe(@CurrentUser() user: Principal, @Param('id') id: string, @Res() response: Response) {
    return this.files.describe(user, id, response);
  }

  @Get(':id/content')
  @ApiOperation({ operationId: 'downloadFile', summary: 'Downloads a file' })
  @ApiOkResponse({
    description: 'The file, of the type that the provider gives it',
    content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
  })
  download(@CurrentUser() user: Principal, @Param('id') id: string, @Res() response: Response) {
    return this.files.download(user, id, response);
  }

  @Delete(':id')
  @ApiOperation({ operationId: 'deleteFile', summary: 'Deletes a file' })
  @ApiOkResponse(JSON_ANSWER)
  delete(@CurrentUser() user: Principal, @Param('id') id: string, @Res() response: Response) {
    return this.files.delete(user, id, response);
  }
}
