import type { ServerResponse } from 'node:http';

/** Names in the answer's headers what was changed about a request before it went on. */
export function tellChanges(
  response: ServerResponse,
  { name, replaced }: { name: string; replaced?: string },
  adjusted: readonly string[] = [],
): void {
  if (replaced !== undefined) response.setHeader('X-Model-Replaced', `${replaced}=${name}`);
  if (adjusted.length > 0) response.setHeader('X-Adjusted-Params', adjusted.join(', '));
}
