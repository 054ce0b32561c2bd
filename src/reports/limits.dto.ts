import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { LARGEST_QUOTA, type OwnLimits } from '../usage/quota-limits';
import type { LimitWindow } from './limit-windows.service';
import { IsUsdAmount, LARGEST_USD, toMicroUsd, toUsd } from './usd-amount';

export class LimitWindowView {
  @ApiProperty({
    example: 'tokens_a_day',
    description:
      'requests_per_minute, requests_per_hour, streams, tokens_a_day, cost_a_month (millionths of a dollar); of the API key itself key_tokens_a_day, key_cost_a_month',
  })
  name!: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 200_000, description: 'null: none' })
  limit!: number | null;

  @ApiProperty({ type: 'integer', example: 48_210 })
  used!: number;

  @ApiProperty({ type: 'integer', example: 5120, description: 'The most that what is under way can come to' })
  reserved!: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 146_670, description: 'null: without limit' })
  remaining!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-26T23:00:00.000Z' })
  resets_at!: string | null;
}

export class LimitsView {
  @ApiProperty({ type: [LimitWindowView] })
  windows!: LimitWindowView[];
}

/** Absent keeps, null is the server's default again, 0 no limit. */
export class SetLimitsRequest {
  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: 'Input and output together; null: the default again; 0: no limit',
    example: 200_000,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LARGEST_QUOTA)
  daily_token_limit?: number | null;

  @ApiPropertyOptional({
    type: 'number',
    minimum: 0,
    maximum: LARGEST_USD,
    nullable: true,
    description: 'To the millionth of a dollar; null: the default again; 0: no limit',
    example: 12.5,
  })
  @IsOptional()
  @IsUsdAmount()
  monthly_cost_limit_usd?: number | null;
}

/** What an admin has set for one, and how it stands. */
export class SubjectLimitsView extends LimitsView {
  @ApiProperty({ type: 'integer', nullable: true, example: 200_000, description: 'null: the default' })
  daily_token_limit!: number | null;

  @ApiProperty({ type: 'number', nullable: true, example: 12.5, description: 'null: the default' })
  monthly_cost_limit_usd!: number | null;
}

export function toLimitsView(windows: LimitWindow[]): LimitsView {
  return { windows: windows.map(toWindowView) };
}

export function toSubjectLimitsView(own: OwnLimits, windows: LimitWindow[]): SubjectLimitsView {
  const { tokens_a_day: tokens = null, cost_a_month: cost = null } = own;
  return {
    daily_token_limit: tokens,
    monthly_cost_limit_usd: cost === null ? null : toUsd(cost),
    ...toLimitsView(windows),
  };
}

/** What is to change; what is absent stays absent. */
export function toOwnLimits(request: SetLimitsRequest): { [Kind in keyof OwnLimits]: number | null } {
  const { daily_token_limit: tokens, monthly_cost_limit_usd: usd } = request;
  return {
    ...(tokens === undefined ? {} : { tokens_a_day: tokens }),
    ...(usd === undefined ? {} : { cost_a_month: usd === null ? null : toMicroUsd(usd) }),
  };
}

function toWindowView({ name, limit, used, reserved, resetsAt }: LimitWindow): LimitWindowView {
  return {
    name,
    limit,
    used,
    reserved,
    remaining: limit === null ? null : Math.max(0, limit - used - reserved),
    resets_at: resetsAt?.toISOString() ?? null,
  };
}
