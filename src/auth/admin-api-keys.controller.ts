import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Page, PageQuery } from '../common/page';
import { ParseUuidPipe } from '../common/parse-id.pipe';
import { AdminOnly } from './admin-only.decorator';
import { ApiKeyPageView, type ApiKeyView, toApiKeyView } from './api-key.dto';
import { ApiKeysService } from './api-keys.service';

/** Other users' API keys. An admin revokes keys here, for example of a user who is blocked at the external issuer. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/admin')
export class AdminApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Get('users/:id/keys')
  @ApiOperation({
    operationId: 'listKeysOfUser',
    summary: 'Lists a user’s API keys, newest first, without what they are',
  })
  @ApiOkResponse({ type: ApiKeyPageView })
  async listOfUser(
    @Param('id', ParseUuidPipe) id: string,
    @Query() query: PageQuery,
  ): Promise<Page<ApiKeyView>> {
    const { items, next_cursor } = await this.apiKeys.listOfUser(id, query);
    return { items: items.map(toApiKeyView), next_cursor };
  }

  @Delete('keys/:id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeAnyKey',
    summary: 'Ends anybody’s API key at once, and what is under way with it',
  })
  @ApiNoContentResponse()
  async revoke(@Param('id', ParseUuidPipe) id: string): Promise<void> {
    await this.apiKeys.revokeOfAnyone(id);
  }
}
