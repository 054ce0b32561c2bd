import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProviderError } from './wire';

const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/**
 * Reads the whole body, with a size limit.
 * @throws ProviderError 413
 */
export async function readBytes(req: IncomingMessage, res: ServerResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > BODY_LIMIT_BYTES) {
      // The rest is discarded, so that the client can finish sending and read the answer.
      req.resume();
      res.setHeader('connection', 'close');
      throw new ProviderError(413, {
        message: `The body is larger than ${BODY_LIMIT_BYTES} bytes.`,
        type: 'invalid_request_error',
        param: null,
        code: 'request_too_large',
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}
