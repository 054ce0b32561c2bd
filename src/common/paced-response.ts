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
  private watch: NodeJS.Timeout | undefined;
  private isBehindNow = false;

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
    return this.isBehindNow;
  }

  write(bytes: Buffer | string): void {
    if (!this.isOpen || this.response.write(bytes) || this.isBehind) return;
    this.isBehindNow = true;
    this.watchReader();
    this.response.once('drain', () => this.caughtUp());
    this.pace.onBehind?.();
  }

  end(bytes?: Buffer): void {
    if (!this.isOpen) return;
    this.response.end(bytes);
    // Who reads it whole at once, as nearly all do, is not watched.
    if (this.unread > 0) this.watchReader();
  }

  private get unread(): number {
    return this.response.socket?.writableLength ?? 0;
  }

  /** What it takes in the meantime shows that it still reads. */
  private watchReader(): void {
    clearTimeout(this.watch);
    const { unread } = this;
    this.watch = setTimeout(() => {
      if (this.unread > 0 && this.unread < unread) this.watchReader();
      else this.response.destroy();
    }, STALLED_READER_MS);
  }

  private caughtUp(): void {
    clearTimeout(this.watch);
    if (!this.isBehind) return;
    this.isBehindNow = false;
    this.pace.onCaughtUp?.();
  }
}
