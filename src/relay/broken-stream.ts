import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';

const logger = new Logger('Relay');

/** Tells the log of a stream that broke after its headers: no status says so, and no filter sees it. */
export function reportBrokenStream(error: AppError, response: ServerResponse): void {
  if (error.code === 'client_left') return;
  logger.error({
    event: 'stream_broken',
    code: error.code,
    request_id: String(response.getHeader('X-Request-Id')),
    ...describeError(error.cause ?? error),
  });
}
