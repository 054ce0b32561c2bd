import type { Response } from 'express';

const PING_INTERVAL_MS = 15_000;
/** How long a reader may leave our bytes unread before it is dropped. */
const STALLED_READER_MS = 30_000;

/** The headers of every stream we write. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  Connection: 'keep-alive',
  'X-Accel-Buffering': 'no',
} as const;

/**
 * Writes a stream of our own framing: blocks of one `data:` line and a blank one, and a comment as a heartbeat.
 * Writing waits for a slow reader, and drops one that has stopped reading.
 */
export class SseWriter {
  private ping: NodeJS.Timeout | undefined;

  constructor(private readonly response: Response) {
    response.once('close', () => clearInterval(this.ping));
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Sends the headers: from here on a failure can only be a block of the stream. */
  open(): void {
    this.response.writeHead(200, SSE_HEADERS);
    this.response.flushHeaders();
    this.ping = setInterval(() => this.isOpen && this.response.write(': ping\n\n'), PING_INTERVAL_MS);
  }

  /** @returns false when the reader is gone */
  send(data: object): Promise<boolean> {
    return this.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  /** Ends a stream that came to its end. */
  async done(): Promise<void> {
    await this.write('data: [DONE]\n\n');
    this.end();
  }

  end(): void {
    clearInterval(this.ping);
    if (this.isOpen) this.response.end();
  }

  private async write(block: string): Promise<boolean> {
    if (!this.isOpen) return false;
    if (!this.response.write(block)) await this.drained();
    return this.isOpen;
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.response.destroy(), STALLED_READER_MS);
      const proceed = (): void => {
        clearTimeout(stalled);
        this.response.off('drain', proceed).off('close', proceed);
        resolve();
      };
      this.response.once('drain', proceed).once('close', proceed);
    });
  }
}
