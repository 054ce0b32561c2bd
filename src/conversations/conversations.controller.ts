import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Principal } from '../auth/principal';
import { Scopes } from '../auth/scopes';
import { type Page, PageQuery } from '../common/page';
import { ParseIdPipe } from '../common/parse-id.pipe';
import {
  ConversationPageView,
  ConversationsQuery,
  ConversationView,
  MessagePageView,
  type MessageView,
  toConversationView,
  toMessageView,
  UpdateConversationRequest,
} from './conversation.dto';
import { ConversationsService } from './conversations.service';

@ApiTags('conversations')
@ApiBearerAuth()
@Scopes('chat')
@Controller('api/conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listConversations',
    summary: 'Lists conversations, most recently used first',
  })
  @ApiOkResponse({ type: ConversationPageView })
  async list(
    @CurrentUser() user: Principal,
    @Query() query: ConversationsQuery,
  ): Promise<Page<ConversationView>> {
    const { items, next_cursor } = await this.conversations.list(user.id, {
      ...query,
      isArchived: query.archived,
    });
    return { items: items.map(toConversationView), next_cursor };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getConversation', summary: 'A conversation, without its messages' })
  @ApiOkResponse({ type: ConversationView })
  async find(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
  ): Promise<ConversationView> {
    return toConversationView(await this.conversations.find(user.id, id));
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'updateConversation', summary: 'Renames or archives a conversation' })
  @ApiBody({
    type: UpdateConversationRequest,
    examples: { rename: { value: { title: 'Shopping' } }, archive: { value: { archived: true } } },
  })
  @ApiOkResponse({ type: ConversationView })
  async update(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @Body() { title, archived }: UpdateConversationRequest,
  ): Promise<ConversationView> {
    return toConversationView(await this.conversations.update(user.id, id, { title, isArchived: archived }));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteConversation', summary: 'Deletes a conversation and its messages' })
  @ApiNoContentResponse()
  async delete(@CurrentUser() user: Principal, @Param('id', ParseIdPipe) id: number): Promise<void> {
    await this.conversations.delete(user.id, id);
  }

  @Get(':id/messages')
  @ApiOperation({ operationId: 'listMessages', summary: 'Lists what was said, oldest first' })
  @ApiOkResponse({ type: MessagePageView })
  async listMessages(
    @CurrentUser() user: Principal,
    @Param('id', ParseIdPipe) id: number,
    @Query() query: PageQuery,
  ): Promise<Page<MessageView>> {
    const { items, next_cursor } = await this.conversations.listMessages(user.id, id, query);
    return { items: items.map(toMessageView), next_cursor };
  }
}
