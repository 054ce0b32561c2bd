interface WireError {
  code?: unknown;
  type?: unknown;
  status?: unknown;
  message?: unknown;
  details?: unknown;
}

/** OpenAI and Anthropic send one error object, Gemini a list of one. */
function errorOf(body: unknown): WireError | undefined {
  const [first] = Array.isArray(body) ? (body as unknown[]) : [body];
  const error = (first as { error?: unknown } | null | undefined)?.error;
  return error !== null && typeof error === 'object' ? error : undefined;
}

/** The words by which providers tell their errors apart. */
export function errorWords(body: unknown): ReadonlySet<unknown> {
  const { code, type, status, details } = errorOf(body) ?? {};
  const reasons = Array.isArray(details)
    ? details.map((detail: { reason?: unknown } | null) => detail?.reason)
    : [];
  return new Set([code, type, status, ...reasons]);
}

export function hasError(body: unknown): boolean {
  return errorOf(body) !== undefined;
}

/** To be matched, never told: it can quote the key. */
export function errorMessage(body: unknown): string {
  const message = errorOf(body)?.message;
  return typeof message === 'string' ? message : '';
}
