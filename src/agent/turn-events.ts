import type { TurnEvent } from './turn.types';

/**
 * Hands one turn's events from the loop that makes them to the one door that reads them. The loop never waits: a turn
 * runs whether or not anyone listens, so what is unread is kept, its text as one piece, and dropped once the reader leaves.
 */
export class TurnEvents implements AsyncIterable<TurnEvent> {
  private unread: TurnEvent[] = [];
  private isOver = false;
  private isAbandoned = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  push(event: TurnEvent): void {
    if (this.isAbandoned) return;
    const last = this.unread.at(-1);
    if (event.type === 'delta' && last?.type === 'delta') {
      this.unread[this.unread.length - 1] = { type: 'delta', text: last.text + event.text };
    } else {
      this.unread.push(event);
    }
    this.wake?.();
  }

  end(): void {
    this.isOver = true;
    this.wake?.();
  }

  fail(error: Error): void {
    this.failure = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TurnEvent, void> {
    try {
      for (;;) {
        const event = this.unread.shift();
        if (event !== undefined) yield event;
        else if (this.isOver) break;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
      if (this.failure !== undefined) throw this.failure;
    } finally {
      this.isAbandoned = true;
      this.unread = [];
    }
  }
}
