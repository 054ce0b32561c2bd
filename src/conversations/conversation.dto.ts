import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Matches } from 'class-validator';
import { IsOmittable } from '../common/is-omittable';
import { PageQuery } from '../common/page';
import { IsStorableText } from '../common/storable-text';
import { HasLength } from '../common/text-length';
import type { Conversation, StoredMessage, StoredToolCall } from './message.types';

export class ConversationsQuery extends PageQuery {
  /** true lists the archive instead. */
  @ApiPropertyOptional({ type: Boolean, default: false, description: 'true lists the archive instead' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  archived: boolean = false;
}

export class UpdateConversationRequest {
  @IsOmittable()
  @IsString()
  @HasLength(1, 200)
  @Matches(/\S/, { message: 'title must not be blank' })
  @IsStorableText()
  title?: string;

  @IsOmittable()
  @IsBoolean()
  archived?: boolean;
}

export class ConversationView {
  @ApiProperty({ type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ example: 'Add a task to buy milk tomorrow' })
  title!: string;

  @ApiProperty({ example: false })
  archived!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  created_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  updated_at!: string;
}

export class MessageView {
  @ApiProperty({ type: 'integer', example: 12 })
  id!: number;

  @ApiProperty({ format: 'uuid' })
  turn_id!: string;

  @ApiProperty({ enum: ['user', 'assistant', 'tool'] })
  role!: 'user' | 'assistant' | 'tool';

  @ApiProperty({ example: 'Add a task to buy milk tomorrow' })
  content!: string;

  @ApiProperty({
    required: false,
    type: 'array',
    items: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        tool: { type: 'string' },
        arguments: { type: 'object', additionalProperties: true },
        error: { type: 'string' },
      },
      required: ['id', 'tool', 'arguments'],
    },
    example: [{ id: 'q7Wd02LmZ', tool: 'list_tasks', arguments: { status: 'all' } }],
  })
  tool_calls?: StoredToolCall[];

  @ApiProperty({ required: false })
  tool_call_id?: string;

  @ApiProperty({ enum: ['complete', 'partial'] })
  status!: 'complete' | 'partial';

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  created_at!: string;
}

export class ConversationPageView {
  @ApiProperty({ type: [ConversationView] })
  items!: ConversationView[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor!: string | null;
}

export class MessagePageView {
  @ApiProperty({ type: [MessageView] })
  items!: MessageView[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor!: string | null;
}

export function toConversationView(conversation: Conversation): ConversationView {
  return {
    id: conversation.id,
    title: conversation.title,
    archived: conversation.isArchived,
    created_at: conversation.createdAt.toISOString(),
    updated_at: conversation.updatedAt.toISOString(),
  };
}

export function toMessageView({ id, turnId, message, status, createdAt }: StoredMessage): MessageView {
  return {
    id,
    turn_id: turnId,
    role: message.role,
    content: message.content,
    ...(message.role === 'assistant' && message.toolCalls !== undefined
      ? { tool_calls: message.toolCalls }
      : {}),
    ...(message.role === 'tool' ? { tool_call_id: message.toolCallId } : {}),
    status,
    created_at: createdAt.toISOString(),
  };
}
