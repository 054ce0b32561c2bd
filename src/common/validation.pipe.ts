import { type ArgumentMetadata, Injectable, type ValidationError, ValidationPipe } from '@nestjs/common';
import { AppError, type ErrorDetail } from './app-error';
import { cutText } from './cut-text';
import { refusalOfReservedKey } from './reserved-keys';
import { STORABLE_TEXT } from './storable-text';

/** An answer does not give back a thousand made-up names of ten thousand characters. */
const MOST_DETAILS = 50;
const LONGEST_NAME = 100;
const LONGEST_MESSAGE = 300;

/** Each failed constraint with the path of the value it is about. */
export function toErrorDetails(errors: ValidationError[], parent: (string | number)[] = []): ErrorDetail[] {
  return errors.flatMap((error) => {
    const isIndex = Array.isArray(error.target) || /^\d+$/.test(error.property);
    const path = [...parent, isIndex ? Number(error.property) : cutText(error.property, LONGEST_NAME)];
    const own = Object.entries(error.constraints ?? {})
      .sort(typeFirst)
      .map(([, message]) => ({ path, message: cutText(message, LONGEST_MESSAGE) }));
    return [...own, ...toErrorDetails(error.children ?? [], path)];
  });
}

/** Of a text where a number belongs, "must be an integer" says more than "must not be greater than 100". */
function typeFirst([a]: [string, string], [b]: [string, string]): number {
  return Number(b.startsWith('is')) - Number(a.startsWith('is'));
}

function constraintNames(errors: ValidationError[]): string[] {
  return errors.flatMap((error) => [
    ...Object.keys(error.constraints ?? {}),
    ...constraintNames(error.children ?? []),
  ]);
}

/** The contract's answer to input that a DTO refuses. */
export function toValidationError(errors: ValidationError[]): AppError {
  const details = toErrorDetails(errors).slice(0, MOST_DETAILS);
  const isOnlyUnstorable = constraintNames(errors).every((name) => name === STORABLE_TEXT);
  if (isOnlyUnstorable) {
    return new AppError('text_not_storable', details[0]?.message ?? 'Text cannot be stored.');
  }
  return new AppError('validation_failed', details[0]?.message ?? 'The request is not valid.', { details });
}

/** Unknown fields are refused by name; nothing is converted silently. */
@Injectable()
export class InputPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      validationError: { target: true, value: false },
      exceptionFactory: toValidationError,
    });
  }

  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isChecked = metadata.type === 'body' && this.toValidate(metadata);
    return super.transform(isChecked ? mapValues(value, withoutConstructors) : value, metadata);
  }

  /** Nest drops such keys without a word, also deep in what is the provider's business. */
  protected override stripProtoKeys(value: unknown): void {
    const refusal = value !== null && typeof value === 'object' ? refusalOfReservedKey(value) : undefined;
    if (refusal !== undefined) throw refusal;
  }

  /** A path's `1e3` is not the id 1000: what a parameter may be, its own pipe says. */
  protected override transformPrimitive(value: unknown): unknown {
    return value;
  }
}

/** class-transformer asks every object for its `constructor`, and calls what a client sent under that name. */
function withoutConstructors(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, 'constructor')) {
    return mapValues(value, withoutConstructors);
  }
  const { constructor: _, ...others } = value;
  return mapValues(others, withoutConstructors);
}

function mapValues(value: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]));
}
