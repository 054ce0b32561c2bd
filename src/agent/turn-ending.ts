import { AppError, signInRequired } from '../common/app-error';
import { TurnStoppedError } from './running-turns';

/** How a turn that cannot continue ends, and the error that its readers get. */
export interface TurnEnding {
  /** undefined: it is no longer ours to end. */
  state?: 'cancelled' | 'failed';
  /** Whether the same message may succeed when the turn is taken up again. */
  isResumable: boolean;
  error: AppError;
}

export const CANCELLED: TurnEnding = {
  state: 'cancelled',
  isResumable: false,
  error: new AppError('turn_cancelled', 'The turn was cancelled.'),
};

/** Another process has it, or has closed it. */
export const ABANDONED: TurnEnding = {
  isResumable: true,
  error: new AppError('turn_interrupted', 'The turn was interrupted. Send the message again.', {
    retryAfterSeconds: 1,
  }),
};

export function endingFor(cause: unknown): TurnEnding {
  if (cause instanceof TurnStoppedError) return endingOfStop(cause);
  if (cause instanceof AppError) {
    return { state: 'failed', isResumable: cause.status >= 500 || cause.status === 429, error: cause };
  }
  const error = new AppError('internal', 'Something went wrong on the server.', { cause });
  return { state: 'failed', isResumable: false, error };
}

function endingOfStop({ reason }: TurnStoppedError): TurnEnding {
  switch (reason) {
    case 'cancelled':
      return CANCELLED;
    case 'lease_lost':
      return ABANDONED;
    case 'key_revoked':
      return { state: 'failed', isResumable: false, error: signInRequired() };
    case 'deadline': {
      const error = new AppError('upstream_timeout', 'The turn took longer than the server allows.');
      return { state: 'failed', isResumable: true, error };
    }
    case 'shutting_down': {
      const error = new AppError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 5 });
      return { state: 'failed', isResumable: true, error };
    }
  }
}
