import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  registerDecorator,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { HasLength } from '../common/text-length';

const MOST_MESSAGES = 30;
const LONGEST_CONTENT = 4000;
const LONGEST_CONVERSATION = 40_000;

export class ProviderMessage {
  @IsIn(['user', 'assistant', 'system'])
  role!: 'user' | 'assistant' | 'system';

  @IsString()
  @HasLength(1, LONGEST_CONTENT)
  content!: string;
}

export class JsonSchemaFormat {
  @Equals('json_schema')
  type!: 'json_schema';

  @ApiPropertyOptional({ description: 'Absent or null: `response`' })
  @IsOptional()
  @Matches(/^[\w-]{1,64}$/)
  name?: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  schema!: object;

  @IsOptional()
  @IsBoolean()
  strict?: boolean;
}

@ApiExtraModels(JsonSchemaFormat)
export class ProviderChatRequest {
  @ApiProperty({ type: [ProviderMessage], example: [{ role: 'user', content: 'Say hello.' }] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_MESSAGES)
  @ValidateNested({ each: true })
  @IsObject({ each: true })
  @Type(() => ProviderMessage)
  @AreShortTogether()
  messages!: ProviderMessage[];

  @ApiPropertyOptional({ description: 'Instructions; not counted with the messages' })
  @IsOptional()
  @IsString()
  @HasLength(0, LONGEST_CONTENT)
  system?: string;

  @ApiPropertyOptional({ description: 'A model of this provider; absent: the server’s default' })
  @IsOptional()
  @IsString()
  @HasLength(1, 200)
  model?: string;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'At most the server’s `MAX_OUTPUT_TOKENS`, which is also the default',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  maxOutputTokens?: number;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string', enum: ['text'] }, { $ref: getSchemaPath(JsonSchemaFormat) }],
  })
  @ValidateIf(({ responseFormat }) => responseFormat !== undefined && responseFormat !== 'text')
  @IsObject({ message: 'responseFormat must be "text" or an object' })
  @ValidateNested()
  @Type(() => JsonSchemaFormat)
  responseFormat?: 'text' | JsonSchemaFormat;
}

function AreShortTogether(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'areShortTogether',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (messages: unknown) => lengthOf(messages) <= LONGEST_CONVERSATION,
        defaultMessage: () => `messages must have at most ${LONGEST_CONVERSATION} characters together`,
      },
    });
}

function lengthOf(messages: unknown): number {
  if (!Array.isArray(messages)) return 0;
  return (messages as ({ content?: unknown } | null)[]).reduce(
    (sum, message) => sum + (typeof message?.content === 'string' ? message.content.length : 0),
    0,
  );
}
