import type { Logger } from '@nestjs/common';
import type { AppError } from '../../common/app-error';
import { describeError } from '../../common/describe-error';
import { toAppError } from '../../common/error.filter';

/** What a request failed with; a fault that is not the client's is logged. */
export function toFailure(error: unknown, logger: Logger): AppError {
  const failure = toAppError(error);
  // What is cut on the way down is no fault.
  if (failure.status >= 500 && failure.code !== 'shutting_down') {
    logger.error({
      event: 'request_failed',
      code: failure.code,
      ...describeError(failure.cause ?? failure),
    });
  }
  return failure;
}
