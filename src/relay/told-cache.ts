import type { ServerResponse } from 'node:http';
import type { ForwardedCall } from '../models/forwarded-call';

/** Says in the answer's headers whether it was there already, where it was looked for. */
export function tellCache(response: ServerResponse, { cached }: ForwardedCall): void {
  if (cached !== undefined) response.setHeader('X-Cache', cached);
}
