import { ByteCollector } from '../common/byte-collector';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { isErrorAnswer, toEventError } from '../models/provider-events';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';

/** More than any completion; what is larger is no answer to a chat. */
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024;

export interface JsonAnswer {
  bytes: Buffer;
  value: Record<string, unknown>;
}

/**
 * The whole answer of a call that was sent.
 * @throws AppError upstream_invalid_response where it is no JSON object, or as the call broke
 */
export async function readJsonAnswer(call: ForwardedCall): Promise<JsonAnswer> {
  const bytes = await readAnswer(call);
  const value = call.answer ?? parse(bytes);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw toUpstreamError(new UpstreamReplyError('upstream_invalid_response', 'no JSON object'));
  }
  const answer = value as Record<string, unknown>;
  if (isErrorAnswer(answer)) throw toEventError(answer);
  return { bytes, value: answer };
}

function readAnswer(call: ForwardedCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const answer = new ByteCollector();
    const sink: ByteSink = {
      onBytes: (chunk) => {
        answer.push(chunk);
        if (answer.bytes > LONGEST_ANSWER_BYTES) {
          call.stop(
            toUpstreamError(new UpstreamReplyError('upstream_invalid_response', 'too long')),
            'failed',
          );
        }
      },
      onEnd: () => resolve(answer.take()),
      onBroken: reject,
    };
    call.flow(sink);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
