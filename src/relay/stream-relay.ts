import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AppError } from '../common/app-error';
import { describeError } from '../common/describe-error';
import { PacedResponse } from '../common/paced-response';
import { dataOf, FrameTooLongError, SseFrames, splitFrames } from '../common/sse-frames';
import { SSE_HEADERS } from '../common/sse-writer';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertEventStream } from './answer-type';
import { hasContent, isError, parseEvent, toEventError } from './provider-events';

/** After this the headers go out even if the model has made nothing yet: proxies in between give up on silence. */
const LONGEST_HOLD_MS = 10_000;

const ERROR_FIELD = Buffer.from('"error":');

export interface StreamRelayOptions {
  /** Beside those of section 0 of the contract, or in their place. */
  headers?: Record<string, string>;
  /** Whole events as they came, for what goes out. */
  transform?: (events: Buffer) => Buffer;
  /** Done before the first byte goes out; sees the events so far. */
  beforeFirst?: (events: Buffer) => Promise<void>;
  /** Done before the stream ends. */
  beforeLast?: () => Promise<void>;
}

/**
 * Hands a provider's stream on, event by event, its bytes untouched. The headers wait for the first event that the
 * model made, so that a failure before it is an ordinary error; a stream that breaks later is reset.
 */
export class StreamRelay implements ByteSink {
  private static readonly logger = new Logger(StreamRelay.name);
  private readonly frames = new SseFrames();
  private readonly paced: PacedResponse;
  private held: Buffer[] = [];
  private holding: NodeJS.Timeout | undefined;
  private state: 'holding' | 'opening' | 'flowing' | 'over' = 'holding';
  private hasEnded = false;
  private finish: { resolve(): void; reject(error: AppError): void } | undefined;

  constructor(
    private readonly call: ForwardedCall,
    private readonly response: ServerResponse,
    private readonly options: StreamRelayOptions = {},
  ) {
    this.paced = new PacedResponse(response, {
      onBehind: () => call.pause(),
      onCaughtUp: () => call.resume(),
    });
  }

  /**
   * Settles when the stream is over, well or reset.
   * @throws AppError where it failed before its first byte
   */
  run(head: UpstreamHead): Promise<void> {
    assertEventStream(head, this.call);
    return new Promise((resolve, reject) => {
      this.finish = { resolve, reject };
      this.holding = setTimeout(() => this.open(), LONGEST_HOLD_MS);
      this.call.flow(this);
    });
  }

  onBytes(chunk: Buffer): void {
    if (this.state === 'over') return;
    try {
      const events = this.frames.push(chunk);
      if (events !== undefined) this.take(events);
    } catch (error) {
      this.break(error);
    }
  }

  onEnd(): void {
    if (this.state === 'over') return;
    this.hasEnded = true;
    try {
      const rest = this.frames.rest();
      if (rest.length > 0) this.take(rest);
      if (this.state === 'holding') this.open();
      else if (this.state === 'flowing') this.close();
    } catch (error) {
      this.break(error);
    }
  }

  onBroken(error: AppError): void {
    if (this.state === 'over') return;
    clearTimeout(this.holding);
    this.state = 'over';
    if (!this.response.headersSent) {
      this.finish?.reject(error);
      return;
    }
    if (error.code !== 'client_left') this.report(error);
    this.response.destroy();
    this.finish?.resolve();
  }

  private take(events: Buffer): void {
    if (this.state === 'flowing') {
      this.write(events);
      return;
    }
    this.held.push(events);
    if (this.state === 'holding' && splitFrames(events).some(isGood)) this.open();
  }

  private open(): void {
    clearTimeout(this.holding);
    this.state = 'opening';
    if (this.options.beforeFirst === undefined) this.start();
    else
      this.options.beforeFirst(Buffer.concat(this.held)).then(
        () => this.start(),
        (error) => this.break(error),
      );
  }

  private start(): void {
    // Broken off in the meantime.
    if (this.state !== 'opening') return;
    if (this.held.length === 0 && this.hasEnded) {
      this.break(new UpstreamReplyError('upstream_invalid_response', 'a stream without events'));
      return;
    }
    this.state = 'flowing';
    this.response.writeHead(200, { ...SSE_HEADERS, ...this.options.headers });
    const { held } = this;
    this.held = [];
    if (held.length === 0) this.response.flushHeaders();
    else this.write(held.length === 1 ? held[0]! : Buffer.concat(held));
    if (this.hasEnded && this.isFlowing()) this.close();
  }

  private isFlowing(): boolean {
    return this.state === 'flowing';
  }

  private write(events: Buffer): void {
    const error = events.includes(ERROR_FIELD) ? findError(events) : undefined;
    const good = error === undefined ? events : events.subarray(0, error.at);
    const sent = this.options.transform?.(good) ?? good;
    if (sent.length > 0) this.paced.write(sent);
    if (error !== undefined) this.break(error.cause);
  }

  private close(): void {
    const end = (): void => {
      this.state = 'over';
      this.paced.end();
      this.finish?.resolve();
    };
    if (this.options.beforeLast === undefined) end();
    else this.options.beforeLast().then(end, (error) => this.break(error));
  }

  /** Over a fault in what the provider sent, or one of ours: the provider's side ends too. */
  private break(error: unknown): void {
    const cause =
      error instanceof FrameTooLongError
        ? new UpstreamReplyError('upstream_invalid_response', error.message)
        : error;
    const broken = toUpstreamError(cause);
    this.call.stop(broken, 'failed');
    this.onBroken(broken);
  }

  private report(error: AppError): void {
    const requestId = String(this.response.getHeader('X-Request-Id'));
    StreamRelay.logger.error({
      event: 'stream_broken',
      code: error.code,
      request_id: requestId,
      ...describeError(error.cause ?? error),
    });
  }
}

/** @throws AppError where the event says that the answer failed */
function isGood(frame: Buffer): boolean {
  const data = dataOf(frame);
  if (data === undefined) return false;
  const event = parseEvent(data);
  if (event === undefined) return true;
  if (isError(event)) throw toEventError(event);
  return hasContent(event);
}

/** The first error event and where it begins. */
function findError(events: Buffer): { at: number; cause: AppError } | undefined {
  let at = 0;
  for (const frame of splitFrames(events)) {
    const data = frame.includes(ERROR_FIELD) ? dataOf(frame) : undefined;
    const event = data === undefined ? undefined : parseEvent(data);
    if (event !== undefined && isError(event)) return { at, cause: toEventError(event) };
    at += frame.length;
  }
  return undefined;
}
