import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';

export const isEventStream = (head: UpstreamHead): boolean => /^text\/event-stream\b/i.test(typeOf(head));

/** @throws AppError upstream_invalid_response where a stream was asked for and something else came */
export function assertEventStream(head: UpstreamHead, call: ForwardedCall): void {
  if (!isEventStream(head)) refuse(call, 'no event stream');
}

/** @throws AppError upstream_invalid_response where JSON was asked for and something else came */
export function assertJson(head: UpstreamHead, call: ForwardedCall): void {
  if (!/\bjson\b/i.test(typeOf(head))) refuse(call, 'no JSON');
}

const typeOf = ({ headers }: UpstreamHead): string => String(headers['content-type'] ?? '');

function refuse(call: ForwardedCall, fault: string): never {
  const error = toUpstreamError(new UpstreamReplyError('upstream_invalid_response', fault));
  call.stop(error, 'failed');
  throw error;
}
