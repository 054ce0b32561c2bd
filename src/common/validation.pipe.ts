import { Injectable, type ValidationError, ValidationPipe } from '@nestjs/common';
import { AppError, type ErrorDetail } from './app-error';
import { STORABLE_TEXT } from './storable-text';

/** Each failed constraint with the path of the value it is about. */
export function toErrorDetails(errors: ValidationError[], parent: (string | number)[] = []): ErrorDetail[] {
  return errors.flatMap((error) => {
    const isIndex = Array.isArray(error.target) || /^\d+$/.test(error.property);
    const path = [...parent, isIndex ? Number(error.property) : error.property];
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...toErrorDetails(error.children ?? [], path)];
  });
}

function constraintNames(errors: ValidationError[]): string[] {
  return errors.flatMap((error) => [
    ...Object.keys(error.constraints ?? {}),
    ...constraintNames(error.children ?? []),
  ]);
}

/** The contract's answer to input that a DTO refuses. */
export function toValidationError(errors: ValidationError[]): AppError {
  const details = toErrorDetails(errors);
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

  /** A path's `1e3` is not the id 1000: what a parameter may be, its own pipe says. */
  protected override transformPrimitive(value: unknown): unknown {
    return value;
  }
}
