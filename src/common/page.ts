import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { AppError } from './app-error';
import { isStorable } from './storable-text';

const DEFAULT_PAGE_SIZE = 50;

/** `1e1`, `0x10` and ` 10` are numbers to JavaScript, not to a reader of a URL. */
const isDigits = (value: unknown): boolean => typeof value === 'string' && /^\d{1,9}$/.test(value);

/** The query of every list: docs/contract.md, “Requests”. */
export class PageQuery {
  /** Items a page, 1–100. */
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: DEFAULT_PAGE_SIZE,
    description: 'Items a page',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (isDigits(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = DEFAULT_PAGE_SIZE;

  /** `next_cursor` of the page before. */
  @ApiPropertyOptional({ maxLength: 512, description: '`next_cursor` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Cursors are opaque to clients: a JSON array of the last item's sort keys. */
export function encodeCursor(keys: (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/**
 * @param shape the type of each sort key, in order
 * @throws AppError validation_failed when the cursor is not one of ours
 */
export function decodeCursor(cursor: string, shape: ('string' | 'id')[]): (string | number)[] {
  const isKey = (key: unknown, kind: 'string' | 'id' | undefined): boolean =>
    kind === 'id' ? Number.isSafeInteger(key) : typeof key === 'string' && isStorable(key);
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(keys) && keys.length === shape.length && keys.every((key, i) => isKey(key, shape[i]))) {
      return keys as (string | number)[];
    }
  } catch {
    // Answered below: a cursor that is no JSON is as foreign as one of another shape.
  }
  throw new AppError('validation_failed', 'cursor is not one that this list gave out', {
    details: [{ path: ['cursor'], message: 'cursor is not one that this list gave out' }],
  });
}

/**
 * Makes a page of rows that were asked for with one more than `limit`.
 * @param keysOf the sort keys of a row, in the order of the query's ORDER BY
 */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => T,
  keysOf: (row: Row) => (string | number)[],
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(keysOf(last)) : null,
  };
}
