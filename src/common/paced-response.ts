import type { ServerResponse } from 'node:http';

/** How long a reader may leave our bytes unread before it is dropped. */
const STALLED_READER_MS = 30_000;

export interface Pace {
  /** The reader is behind: send no more until it has caught up. */
  onBehind?(): void;
  onCaughtUp?(): void;
}

/** A response that is written to no faster than its reader reads; one that has stopped reading is dropped. */
export class PacedResponse {
  private stalled: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly pace: Pace = {},
  ) {
    response.once('close', () => this.caughtUp());
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  get isBehind(): boolean {
    return this.stalled !== undefined;
  }

  write(bytes: Buffer | string): void {
    if (!this.isOpen || this.response.write(bytes) || this.isBehind) return;
    this.stalled = setTimeout(() => this.response.destroy(), STALLED_READER_MS);
    this.response.once('drain', () => this.caughtUp());
    this.pace.onBehind?.();
  }

  end(): void {
    if (this.isOpen) this.response.end();
  }

  private caughtUp(): void {
    if (!this.isBehind) return;
    clearTimeout(this.stalled);
    this.stalled = undefined;
    this.pace.onCaughtUp?.();
  }
}
