import { AppError } from './app-error';

const RETRY_AFTER_SECONDS = 2;

/**
 * Counts the bytes of all request bodies that are in memory. A body counts with what has arrived of it: a client that
 * only announces a large body takes no room from others.
 */
export class BodyMemory {
  private heldBytes = 0;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.heldBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.heldBytes + bytes <= this.maxBytes;
  }

  /** @returns false where there is no room; nothing is counted then */
  take(bytes: number): boolean {
    if (!this.hasRoomFor(bytes)) return false;
    this.heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.heldBytes -= bytes;
  }
}

export const noRoomForBody = (): AppError =>
  new AppError('server_busy', 'The server holds as many request bodies as it can. Try again shortly.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
