import { AppError } from '../common/app-error';

/** Postgres error codes and node errors that mean "no database there", not "this statement is wrong". */
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: a statement took longer than we let it
  '25P03', // idle_in_transaction_session_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);

const UNAVAILABLE_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|client was closed|connection ended|not queryable|driver not connected|not currently accepting connections/i;

export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError } = error as Error & { code?: string; driverError?: Error };
  if (driverError !== undefined && driverError !== error) return isDatabaseUnavailable(driverError);
  const isConnectionClass = code?.startsWith('08') === true;
  return isConnectionClass || UNAVAILABLE_CODES.has(code ?? '') || UNAVAILABLE_MESSAGES.test(error.message);
}

/** Postgres chose this transaction as the victim of a deadlock or conflict: the same work may succeed when run again. */
export function isTransactionVictim(error: unknown): boolean {
  const { code } = ((error as { driverError?: unknown }).driverError ?? error) as { code?: string };
  return code === '40P01' || code === '40001';
}

/** A lock was not to be had within `lock_timeout`. */
export function isLockUnavailable(error: unknown): boolean {
  const { code } = ((error as { driverError?: unknown }).driverError ?? error) as { code?: string };
  return code === '55P03';
}

/** A pooler in between that does not keep prepared statements with their connection; nothing has run. */
export function isPreparedElsewhere(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '26000' || code === '42P05';
}

export const databaseUnavailable = (cause: unknown): AppError =>
  new AppError('database_unavailable', 'The database cannot be reached just now. Try again shortly.', {
    retryAfterSeconds: 2,
    cause,
  });

/** Whether a unique index refused the row; see its name for which. */
export function isUniqueViolation(error: unknown, index: string): boolean {
  const { code, constraint } = ((error as { driverError?: unknown }).driverError ?? error) as {
    code?: string;
    constraint?: string;
  };
  return code === '23505' && constraint === index;
}
