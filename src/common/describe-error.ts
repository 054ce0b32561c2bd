export interface ErrorDescription {
  type: string;
  errorCode?: string;
  reason?: string;
  frames?: string[];
}

/**
 * What a log line may say of a fault. A failed query's message and values can hold a user's text, so of those only
 * the code is told.
 */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  // The driver's own errors have a severity.
  const isQuery = 'query' in error || 'parameters' in error || 'severity' in error;
  return {
    type: error.name,
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    ...(isQuery ? {} : { reason: error.message.slice(0, 300) }),
    // The stack repeats the message, whose lines can look like frames.
    frames: (error.stack ?? '')
      .replace(error.message, '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}
