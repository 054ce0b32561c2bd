import type { ServerResponse } from 'node:http';
import { type Pace, PacedResponse } from './paced-response';

const PING_INTERVAL_MS = 15_000;

/** The headers of every stream we write; Node adds `Connection: keep-alive`, unless the client asked for `close`. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
} as const;

/**
 * Writes a stream of our own framing: blocks of one `data:` line and a blank one, and a comment as a heartbeat.
 */
export class SseWriter {
  private readonly paced: PacedResponse;
  private ping: NodeJS.Timeout | undefined;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly response: ServerResponse,
    pace: Pace = {},
  ) {
    this.paced = new PacedResponse(response, {
      onBehind: () => pace.onBehind?.(),
      onCaughtUp: () => {
        this.waiting.splice(0).forEach((proceed) => proceed());
        pace.onCaughtUp?.();
      },
    });
    response.once('close', () => clearInterval(this.ping));
  }

  get isOpen(): boolean {
    return this.paced.isOpen;
  }

  /** Sends the headers: from here on a failure can only be a block of the stream. */
  open(): void {
    this.response.writeHead(200, SSE_HEADERS);
    this.response.flushHeaders();
    this.ping = setInterval(() => this.paced.write(': ping\n\n'), PING_INTERVAL_MS);
  }

  /** Writes all blocks at once. A caller that can pause its source listens to `pace`. */
  push(...blocks: object[]): void {
    const text = blocks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('');
    if (text !== '') this.paced.write(text);
  }

  /**
   * Writes, and waits for a reader that is behind.
   * @returns false when the reader is gone
   */
  async send(data: object): Promise<boolean> {
    this.push(data);
    if (this.paced.isBehind) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.isOpen;
  }

  /** Ends a stream that came to its end. */
  done(): void {
    this.paced.write('data: [DONE]\n\n');
    this.end();
  }

  end(): void {
    clearInterval(this.ping);
    this.paced.end();
  }
}
