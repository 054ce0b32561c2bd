import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { type Page, PageQuery } from '../common/page';
import { ParseUuidPipe } from '../common/parse-id.pipe';
import {
  ApiKeyPageView,
  type ApiKeyView,
  CreateApiKeyRequest,
  NewApiKeyView,
  toApiKeyView,
} from './api-key.dto';
import { ApiKeysService } from './api-keys.service';
import { CurrentUser } from './current-user.decorator';
import type { Principal } from './principal';

const EXAMPLES = {
  plain: { summary: 'For everything, for good', value: { name: 'my laptop' } },
  narrow: {
    summary: 'For little, for a while',
    value: {
      name: 'nightly report',
      expires_at: '2099-12-31T23:59:59Z',
      daily_token_limit: 100_000,
      scopes: ['chat', 'tasks'],
    },
  },
};

/** Has no `@Scopes()`: a key can neither make keys nor see or end them. */
@ApiTags('keys')
@ApiBearerAuth()
@Controller('api/keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Post()
  @ApiOperation({ operationId: 'createKey', summary: 'Makes an API key, which is shown this once' })
  @ApiBody({ type: CreateApiKeyRequest, examples: EXAMPLES })
  @ApiCreatedResponse({ type: NewApiKeyView })
  async create(@CurrentUser() user: Principal, @Body() body: CreateApiKeyRequest): Promise<NewApiKeyView> {
    const { apiKey, key } = await this.apiKeys.create(user.id, body);
    return { ...toApiKeyView(apiKey), key };
  }

  @Get()
  @ApiOperation({ operationId: 'listKeys', summary: 'Lists API keys, newest first, without what they are' })
  @ApiOkResponse({ type: ApiKeyPageView })
  async list(@CurrentUser() user: Principal, @Query() query: PageQuery): Promise<Page<ApiKeyView>> {
    const { items, next_cursor } = await this.apiKeys.list(user.id, query);
    return { items: items.map(toApiKeyView), next_cursor };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeKey',
    summary: 'Ends an API key at once, and what is under way with it',
  })
  @ApiNoContentResponse()
  async revoke(@CurrentUser() user: Principal, @Param('id', ParseUuidPipe) id: string): Promise<void> {
    await this.apiKeys.revoke(user.id, id);
  }
}
