import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import { contentTypeOf, type UpstreamHead } from '../models/upstream-exchange';

export const isEventStream = (head: UpstreamHead): boolean =>
  /^text\/event-stream\b/i.test(contentTypeOf(head));

/**
 * Some servers send events under another text type, or under none: what came then tells itself.
 * @throws AppError upstream_invalid_response where a stream was asked for and something else came
 */
export function assertEventStream(head: UpstreamHead, call: ForwardedCall): void {
  if (!/^(?:text\/(?:event-stream|plain)\b|$)/i.test(contentTypeOf(head))) refuse(call, 'no event stream');
}

/** @throws AppError upstream_invalid_response where JSON was asked for and something else came */
export function assertJson(head: UpstreamHead, call: ForwardedCall): void {
  if (!isJson(head)) refuse(call, 'no JSON');
}

export const isJson = (head: UpstreamHead): boolean => /\bjson\b/i.test(contentTypeOf(head));

/** @throws AppError upstream_invalid_response where a page came, which nobody asks a provider for */
export function assertNoPage(head: UpstreamHead, call: ForwardedCall): void {
  if (/\b(x?html|javascript)\b/i.test(contentTypeOf(head))) refuse(call, 'a page');
}

function refuse(call: ForwardedCall, fault: string): never {
  const error = toUpstreamError(new UpstreamReplyError('upstream_invalid_response', fault));
  call.stop(error, 'failed');
  throw error;
}
