import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Min,
  validateSync,
} from 'class-validator';
import { HasLength } from '../common/text-length';
import { toValidationError } from '../common/validation.pipe';

/**
 * A completion without a conversation: the server keeps nothing and runs no tools. What is inside a message or a tool
 * is the provider's business.
 */
export class CompletionRequest {
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ role: 'user', content: 'Say hello.' }],
  })
  @IsArray()
  @ArrayNotEmpty()
  @IsObject({ each: true })
  messages!: object[];

  @ApiPropertyOptional({ type: 'array', items: { type: 'object', additionalProperties: true } })
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  tools?: object[];

  @ApiPropertyOptional({ oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: true }] })
  @IsOptional()
  tool_choice?: unknown;

  @ApiPropertyOptional({ description: 'A model of the server’s list; absent: the server’s default' })
  @IsOptional()
  @IsString()
  @HasLength(1, 200)
  model?: string;

  @IsOptional()
  @IsNumber()
  temperature?: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Lowered to the server’s own bound where it is above',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  max_tokens?: number;

  @IsOptional()
  @IsString()
  @HasLength(1, 50)
  verbosity?: string;

  @IsOptional()
  @IsString()
  @HasLength(1, 50)
  reasoning_effort?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  response_format?: object;
}

/**
 * Checks the fields of the body itself. Not by way of class-transformer, which copies a whole conversation and drops
 * keys of it that mean something to JavaScript.
 * @throws AppError validation_failed
 */
export function toCompletionRequest(body: object): CompletionRequest {
  // Not by the constructor, whose fields would be there, undefined, where the client sent none.
  const request = Object.assign(Object.create(CompletionRequest.prototype) as CompletionRequest, body);
  if (isPlain(body)) return request;
  const errors = validateSync(request, {
    whitelist: true,
    forbidNonWhitelisted: true,
    validationError: { target: true, value: false },
  });
  if (errors.length > 0) throw toValidationError(errors);
  return request;
}

const isObject = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const areObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);
const isShortText = (value: unknown): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= 50;

const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  messages: (value) => areObjects(value) && (value as unknown[]).length > 0,
  tools: areObjects,
  tool_choice: () => true,
  model: isShortText,
  temperature: Number.isFinite,
  max_tokens: (value) => Number.isInteger(value) && (value as number) >= 1,
  verbosity: isShortText,
  reasoning_effort: isShortText,
  response_format: isObject,
};

/**
 * The usual body, told at a glance: asking every decorator takes a twentieth of a relayed request. What passes here
 * passes there, and only there is said what is wrong (the spec holds one against the other).
 */
function isPlain(body: object): boolean {
  return (
    'messages' in body &&
    Object.entries(body).every(([name, value]) => Object.hasOwn(PLAIN, name) && PLAIN[name]!(value))
  );
}
