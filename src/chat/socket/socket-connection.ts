import { Logger } from '@nestjs/common';
import type { RawData, WebSocket } from 'ws';
import { AppError } from '../../common/app-error';
import { toErrorBody } from '../../common/error-body';
import { requestContext } from '../../common/request-context';
import { CLOSE, closeCodeOf, closeReasonOf } from './close-codes';
import { toFailure } from './failures';

/** Requests that may wait for those before them. */
export const MOST_WAITING = 16;
/** How long a client may go without a request. */
export const IDLE_MS = 600_000;
/** How long a client may leave a frame unread before it is dropped. */
export const STALLED_READER_MS = 30_000;
/** A client that answers none of so many pings is gone. */
const MOST_PINGS_UNANSWERED = 2;
/** Beyond it a client that sends pings and reads nothing is not answered any more. */
const MOST_UNREAD_BYTES = 1024 ** 2;

export type Answer = (message: string, signal: AbortSignal) => AsyncIterable<string>;

/** One socket: its requests are answered one after the other, at the pace its client reads. */
export class SocketConnection {
  private static readonly logger = new Logger(SocketConnection.name);
  private readonly openedAt = performance.now();
  private readonly over = new AbortController();
  private waiting: string[] = [];
  private requestCount = 0;
  private isAnswering = false;
  private isGoingAway = false;
  private pingsUnanswered = 0;
  private idle: NodeJS.Timeout | undefined;

  /** @param answer gives the frames that answer a message; called again when they are sent */
  constructor(
    private readonly socket: WebSocket,
    private readonly answer: Answer,
    private readonly requestId: string,
  ) {
    const inContext = <Args extends unknown[]>(listener: (...args: Args) => void) => {
      return (...args: Args): void => requestContext.run({ requestId }, () => listener(...args));
    };
    socket.on(
      'message',
      inContext((data, isBinary) => this.onMessage(data, isBinary)),
    );
    socket.on('ping', (data: Buffer) => this.onPing(data));
    socket.on('pong', () => (this.pingsUnanswered = 0));
    socket.on(
      'close',
      inContext((code) => this.onClose(code)),
    );
    // `ws` already sends a close code for invalid frames.
    socket.on('error', () => undefined);
    this.awaitRequest();
  }

  /** Asks whether the client is still there. */
  beat(): void {
    if (this.pingsUnanswered++ === MOST_PINGS_UNANSWERED) this.socket.terminate();
    else this.socket.ping();
  }

  /** Closes as soon as the request at hand is answered. */
  goAway(): void {
    this.isGoingAway = true;
    if (!this.isAnswering) this.socket.close(CLOSE.goingAway);
  }

  private get isOver(): boolean {
    return this.over.signal.aborted;
  }

  private onMessage(data: RawData, isBinary: boolean): void {
    // What comes while we close is not answered.
    if (this.isOver || this.socket.readyState !== this.socket.OPEN) return;
    if (isBinary) {
      this.fail(new AppError('unsupported_media_type', 'Send text messages.'));
    } else if (this.waiting.length === MOST_WAITING) {
      this.fail(
        new AppError('rate_limited', `At most ${MOST_WAITING} requests may wait.`, { retryAfterSeconds: 1 }),
      );
    } else {
      this.waiting.push((data as Buffer).toString('utf8'));
      if (!this.isAnswering) void this.answerWaiting();
    }
  }

  private async answerWaiting(): Promise<void> {
    this.isAnswering = true;
    clearTimeout(this.idle);
    while (this.waiting.length > 0) await this.answerOne(this.waiting.shift()!);
    this.isAnswering = false;
    if (this.isGoingAway) this.socket.close(CLOSE.goingAway);
    else this.awaitRequest();
  }

  private async answerOne(message: string): Promise<void> {
    this.requestCount++;
    try {
      for await (const frame of this.answer(message, this.over.signal)) {
        if (!(await this.send(frame))) break;
      }
    } catch (error) {
      if (!this.isOver) this.fail(toFailure(error, SocketConnection.logger));
    }
  }

  /** @returns false where the client is gone; resolves when the frame is with the system */
  private send(frame: string): Promise<boolean> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.socket.terminate(), STALLED_READER_MS);
      this.socket.send(frame, (error) => {
        clearTimeout(stalled);
        resolve(error == null);
      });
    });
  }

  /** Tells of the error and closes; what still waits is dropped. */
  private fail(error: AppError): void {
    this.end();
    this.socket.send(JSON.stringify(toErrorBody(error, this.requestId)));
    this.socket.close(closeCodeOf(error), closeReasonOf(error));
  }

  /** Answers no more; a call under way is aborted. */
  private end(): void {
    clearTimeout(this.idle);
    this.waiting = [];
    this.over.abort();
  }

  private awaitRequest(): void {
    if (this.isOver) return;
    this.idle = setTimeout(() => this.socket.close(CLOSE.goingAway, 'idle'), IDLE_MS).unref();
  }

  private onPing(data: Buffer): void {
    if (this.socket.bufferedAmount > MOST_UNREAD_BYTES) this.socket.terminate();
    else this.socket.pong(data);
  }

  private onClose(code: number): void {
    this.end();
    SocketConnection.logger.log({
      event: 'socket_closed',
      code,
      requests: this.requestCount,
      durationMs: Math.round(performance.now() - this.openedAt),
    });
  }
}
