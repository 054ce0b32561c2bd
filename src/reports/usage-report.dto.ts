import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { IsOmittable } from '../common/is-omittable';
import type { UsageGroup, UsageReport, UsageSums } from '../usage/usage-reports.service';
import type { Period } from './period';
import { PeriodQuery } from './period.dto';

const OWN_GROUPS = ['day', 'model', 'tool', 'conversation'] as const satisfies UsageGroup[];
const ALL_GROUPS = ['user', ...OWN_GROUPS] as const satisfies UsageGroup[];

export class UsageQuery extends PeriodQuery {
  @ApiPropertyOptional({ enum: OWN_GROUPS, default: 'day' })
  @IsOmittable()
  @IsIn(OWN_GROUPS)
  group_by: (typeof OWN_GROUPS)[number] = 'day';
}

export class AdminUsageQuery extends PeriodQuery {
  @ApiPropertyOptional({ enum: ALL_GROUPS, default: 'user' })
  @IsOmittable()
  @IsIn(ALL_GROUPS)
  group_by: (typeof ALL_GROUPS)[number] = 'user';

  @ApiPropertyOptional({ format: 'uuid', description: 'This user’s alone' })
  @IsOptional()
  @IsUUID()
  user_id?: string;
}

export class UsageSumsView {
  @ApiProperty({ type: 'integer', example: 12, description: 'Requests to providers, retries too' })
  calls!: number;

  @ApiProperty({ type: 'integer', example: 48_210, description: 'Cached tokens included' })
  input_tokens!: number;

  @ApiProperty({ type: 'integer', example: 30_720 })
  cached_tokens!: number;

  @ApiProperty({ type: 'integer', example: 3904, description: 'Reasoning tokens included' })
  output_tokens!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  reasoning_tokens!: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 7269,
    description: 'Millionths of a dollar, of the calls whose price is known; null where none is',
  })
  cost_micro_usd!: number | null;

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'Of the calls, those whose tokens the provider did not tell',
  })
  estimated_calls!: number;
}

export class UsageRowView extends UsageSumsView {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    nullable: true,
    example: '2026-11-25',
    description:
      'The day, model, tool, conversation or user; null: of no conversation, or callers without a token',
  })
  key!: string | number | null;
}

export class UsageReportView {
  @ApiProperty({ format: 'date', example: '2026-11-01' })
  from!: string;

  @ApiProperty({ format: 'date', example: '2026-11-30' })
  to!: string;

  @ApiProperty({ enum: ALL_GROUPS })
  group_by!: UsageGroup;

  @ApiProperty({ type: [UsageRowView] })
  rows!: UsageRowView[];

  @ApiProperty({ description: 'Of all calls, each counted once' })
  total!: UsageSumsView;
}

export function toUsageReportView(
  { from, to }: Period,
  groupBy: UsageGroup,
  { rows, total }: UsageReport,
): UsageReportView {
  return {
    from,
    to,
    group_by: groupBy,
    rows: rows.map((row) => ({ key: row.key, ...toSumsView(row) })),
    total: toSumsView(total),
  };
}

function toSumsView(sums: UsageSums): UsageSumsView {
  return {
    calls: sums.calls,
    input_tokens: sums.inputTokens,
    cached_tokens: sums.cachedTokens,
    output_tokens: sums.outputTokens,
    reasoning_tokens: sums.reasoningTokens,
    cost_micro_usd: sums.costMicroUsd,
    estimated_calls: sums.estimatedCalls,
  };
}
