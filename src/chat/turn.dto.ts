import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import type { Turn, TurnResult } from '../agent/turn.types';
import { isActive } from '../agent/turn.types';
import { IsStorableText } from '../common/storable-text';
import { HasLength } from '../common/text-length';
import type { TokenUsage } from '../usage/usage.types';

export class TurnRequest {
  @ApiPropertyOptional({ type: 'integer', description: 'Absent or null begins a conversation' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  conversation_id?: number | null;

  @ApiProperty({ description: 'What the user says', example: 'List my tasks' })
  @IsString()
  @HasLength(1, 10_000)
  @IsStorableText()
  message!: string;

  @ApiPropertyOptional({ description: 'A model of the server’s list; absent: the server’s default' })
  @IsOptional()
  @IsString()
  @HasLength(1, 200)
  model?: string;
}

export class ToolCallView {
  @ApiProperty({ example: 'add_task' })
  tool!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { title: 'Buy milk', due: 'tomorrow' },
  })
  arguments!: Record<string, unknown>;

  @ApiPropertyOptional({ example: 'invalid_arguments' })
  error?: string;
}

export class ChangeView {
  @ApiProperty({ example: 'add_task' })
  tool!: string;

  @ApiProperty({ type: 'integer', example: 7 })
  task_id!: number;

  @ApiProperty({ enum: ['created', 'updated', 'completed', 'reopened', 'deleted', 'restored'] })
  change!: string;

  @ApiProperty({ example: 'Buy milk' })
  title!: string;
}

export class UsageView {
  @ApiProperty({ type: 'integer', example: 310 })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer', example: 42 })
  completion_tokens!: number;

  @ApiProperty({ type: 'integer', example: 352 })
  total_tokens!: number;
}

/** The answer of a turn; for a running turn, its result so far. */
export class TurnAnswer {
  @ApiProperty({ type: 'integer', example: 1 })
  conversation_id!: number;

  @ApiProperty({ example: 'I added “Buy milk” (task 7), due 2026-11-22.' })
  response!: string;

  @ApiProperty({ type: [ToolCallView] })
  tool_calls!: ToolCallView[];

  @ApiProperty({ format: 'uuid' })
  turn_id!: string;

  @ApiProperty({ example: 'gpt-4o-mini' })
  model!: string;

  @ApiProperty({ type: [ChangeView] })
  changes!: ChangeView[];

  @ApiProperty({ type: UsageView })
  usage!: UsageView;
}

export class TurnView extends TurnAnswer {
  @ApiProperty({ enum: ['running', 'completed', 'cancelled', 'failed'] })
  state!: 'running' | 'completed' | 'cancelled' | 'failed';

  @ApiPropertyOptional({
    type: 'object',
    properties: { code: { type: 'string' }, message: { type: 'string' } },
    required: ['code', 'message'],
    example: { code: 'upstream_timeout', message: 'The model did not answer in time.' },
  })
  error?: { code: string; message: string };

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' })
  created_at!: string;

  @ApiProperty({ nullable: true, type: String, format: 'date-time', example: '2026-11-21T09:30:02.000Z' })
  finished_at!: string | null;
}

const NO_USAGE: TokenUsage = { input: 0, cached: 0, output: 0, reasoning: 0 };

export function toTurnAnswer(turnId: string, conversationId: number, result: TurnResult): TurnAnswer {
  return {
    conversation_id: conversationId,
    response: result.response,
    tool_calls: result.toolCalls.map(({ tool, arguments: given, error }) => ({
      tool,
      arguments: given,
      ...(error === undefined ? {} : { error }),
    })),
    turn_id: turnId,
    model: result.model,
    changes: result.changes,
    usage: {
      prompt_tokens: result.usage.input,
      completion_tokens: result.usage.output,
      total_tokens: result.usage.input + result.usage.output,
    },
  };
}

export function toTurnView(turn: Turn): TurnView {
  const nothingYet = { response: '', toolCalls: [], changes: [], usage: NO_USAGE, model: turn.model };
  return {
    ...toTurnAnswer(turn.id, turn.conversationId, turn.result ?? nothingYet),
    state: isActive(turn.state) ? 'running' : (turn.state as TurnView['state']),
    ...(turn.error === undefined ? {} : { error: turn.error }),
    created_at: turn.createdAt.toISOString(),
    finished_at: turn.finishedAt?.toISOString() ?? null,
  };
}
