import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';

/** @throws AppError upstream_invalid_response where a stream was asked for and something else came */
export function assertEventStream(head: UpstreamHead, call: ForwardedCall): void {
  const type = String(head.headers['content-type'] ?? '');
  if (/^text\/event-stream\b/i.test(type)) return;
  const error = toUpstreamError(new UpstreamReplyError('upstream_invalid_response', 'no event stream'));
  call.stop(error, 'failed');
  throw error;
}
