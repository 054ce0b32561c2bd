/** Whether Redis itself refused a command: it is there, but full, say, or read-only. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && /^[A-Z]{2,} /.test(error.message);

/** A code alone (`ECONNREFUSED`, `WRONGPASS`): messages may repeat what was sent. */
export function reasonOf(error: unknown): string {
  const { code, message = '', name } = (error ?? {}) as { code?: unknown; message?: string; name?: string };
  if (typeof code === 'string') return code;
  return (isRefusal(error) ? message.split(' ', 1)[0] : name) ?? 'unknown';
}
