import { AppError } from './app-error';

const UNITS = [
  { name: 'MiB', bytes: 1024 ** 2 },
  { name: 'KiB', bytes: 1024 },
] as const;

/** How large a request body may be, and the variable that says so. */
export interface BodyLimit {
  readonly maxBytes: number;
  readonly variable: string;
}

/** The error names the limit, so that the operator knows what to raise. */
export function bodyTooLarge({ maxBytes, variable }: BodyLimit): AppError {
  return new AppError(
    'body_too_large',
    `The request body is larger than ${describeBytes(maxBytes)} (${variable}).`,
  );
}

/** `1 MiB`, `1.5 MiB`, `1000 bytes`. */
export function describeBytes(bytes: number): string {
  const unit = UNITS.find((each) => bytes >= each.bytes && Number.isInteger((bytes / each.bytes) * 2));
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit.bytes} ${unit.name}`;
}
