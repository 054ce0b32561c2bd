import { invalid } from './model-request';

const LONGEST_PAGE = 10_000;

/** A page of a user's files. */
export interface FilePageRequest {
  /** The id of the file before the page; undefined: from the beginning. */
  after?: string;
  purpose?: string;
  isAscending: boolean;
  limit: number;
}

type Query = Readonly<Record<string, unknown>>;

/**
 * As OpenAI's list takes it: newest first unless `order=asc`.
 * @throws AppError validation_failed
 */
export function readFilePage(query: Query): FilePageRequest {
  const order = textOf(query, 'order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid('order', 'must be asc or desc');
  const limit = Number(textOf(query, 'limit') ?? LONGEST_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_PAGE) {
    throw invalid('limit', `must be a whole number from 1 to ${LONGEST_PAGE}`);
  }
  return {
    after: textOf(query, 'after'),
    purpose: textOf(query, 'purpose'),
    isAscending: order === 'asc',
    limit,
  };
}

function textOf(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(name, 'may be given once');
  if (value.includes('\0')) throw invalid(name, 'has a NUL');
  return value;
}
