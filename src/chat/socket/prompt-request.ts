import { IsArray, IsIn, IsString, validateSync } from 'class-validator';
import { AppError, type ErrorDetail } from '../../common/app-error';
import { faultOfShape } from '../../common/json-shape';
import { refusalOfReservedKey } from '../../common/reserved-keys';
import { toErrorDetails } from '../../common/validation.pipe';

export const RESPONSE_TYPES = ['int', 'string', 'full', 'stream'] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];

/** One text message of a socket's client. */
export class PromptRequest {
  @IsString()
  prompt_template!: string;

  /** May be empty: the template alone. What else a message holds is the provider's business. */
  @IsArray()
  messages!: { role: string }[];

  @IsIn(RESPONSE_TYPES)
  response_type!: ResponseType;
}

/** @throws AppError invalid_json, validation_failed */
export function readPromptRequest(text: string): PromptRequest {
  const body = parse(text);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw invalid([{ path: [], message: 'the message must be a JSON object' }]);
  }
  const fault = faultOfShape(body);
  if (fault !== undefined) throw invalid([{ path: [], message: `the message is ${fault}` }]);
  const refusal = refusalOfReservedKey(body);
  if (refusal !== undefined) throw refusal;
  const request = Object.assign(new PromptRequest(), body);
  const details = [...faultsOfFields(request), ...faultsOfMessages(request.messages)];
  if (details.length > 0) throw invalid(details);
  return request;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid_json', 'The message is not valid JSON.');
  }
}

function faultsOfFields(request: PromptRequest): ErrorDetail[] {
  const validationError = { target: true, value: false };
  return toErrorDetails(
    validateSync(request, { whitelist: true, forbidNonWhitelisted: true, validationError }),
  );
}

function faultsOfMessages(messages: unknown): ErrorDetail[] {
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((message: unknown, index) => {
    const path = ['messages', index];
    if (message === null || typeof message !== 'object' || Array.isArray(message)) {
      return [{ path, message: 'each value in messages must be an object' }];
    }
    const { role, content } = message as { role?: unknown; content?: unknown };
    const faults: ErrorDetail[] = [];
    if (!ROLES.includes(role as string)) {
      faults.push({ path: [...path, 'role'], message: `role must be one of ${ROLES.join(', ')}` });
    }
    if (!isContent(content)) {
      faults.push({ path: [...path, 'content'], message: 'content must be a string or a list of parts' });
    }
    return faults;
  });
}

/** A message that calls tools has none. */
const isContent = (content: unknown): boolean =>
  content == null || typeof content === 'string' || Array.isArray(content);

const MOST_DETAILS = 50;

function invalid(details: ErrorDetail[]): AppError {
  return new AppError('validation_failed', details[0]!.message, { details: details.slice(0, MOST_DETAILS) });
}
