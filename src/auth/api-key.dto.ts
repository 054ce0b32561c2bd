import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { IsOmittable } from '../common/is-omittable';
import { IsStorableText } from '../common/storable-text';
import { HasLength } from '../common/text-length';
import { LARGEST_QUOTA } from '../usage/quota-limits';
import { IsInstant } from './instant';
import { type Scope, SCOPES } from './scopes';

export class CreateApiKeyRequest {
  @ApiProperty({ description: 'What it is for, in your own words', example: 'nightly report' })
  @IsString()
  @HasLength(1, 100)
  @Matches(/\S/, { message: '$property must not be blank' })
  @IsStorableText()
  name!: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'From when on it is refused; never where absent',
    example: '2099-12-31T23:59:59Z',
  })
  @IsOptional()
  @IsInstant()
  expires_at?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: 'Tokens a day, within what its user may spend; no limit of its own where absent',
    example: 100_000,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LARGEST_QUOTA)
  daily_token_limit?: number | null;

  @ApiPropertyOptional({
    enum: SCOPES,
    isArray: true,
    description: 'What it may be used for; everything where absent',
    example: ['chat', 'tasks'],
  })
  @IsOmittable()
  @IsArray()
  @ArrayNotEmpty({ message: '$property must name at least one' })
  @ArrayUnique({ message: '$property must not name one twice' })
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

export class ApiKeyView {
  @ApiProperty({ format: 'uuid', example: 'c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69' })
  id!: string;

  @ApiProperty({ example: 'nightly report' })
  name!: string;

  @ApiProperty({ description: 'How the key begins', example: 'kt_Vb0sQ2' })
  prefix!: string;

  @ApiProperty({ enum: SCOPES, isArray: true, example: ['chat', 'tasks'] })
  scopes!: readonly Scope[];

  @ApiProperty({ type: 'integer', nullable: true, example: 100_000 })
  daily_token_limit!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2099-12-31T23:59:59.000Z' })
  expires_at!: string | null;

  @ApiProperty({
    description: 'To the minute',
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
  })
  last_used_at!: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' })
  created_at!: string;
}

export class NewApiKeyView extends ApiKeyView {
  @ApiProperty({
    description: 'The key itself, which is shown this once',
    example: 'kt_Vb0sQ2mE5kX8nR1tY4wZ7cF0gJ3lP6uA9dH2oS5iK8q',
  })
  key!: string;
}

export class ApiKeyPageView {
  @ApiProperty({ type: [ApiKeyView] })
  items!: ApiKeyView[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor!: string | null;
}

/** A key as it is stored. */
export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  dailyTokenLimit: number | null;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
}

export function toApiKeyView(key: ApiKey): ApiKeyView {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    daily_token_limit: key.dailyTokenLimit,
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}
