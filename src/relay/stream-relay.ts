import type { ServerResponse } from 'node:http';
import type { AppError } from '../common/app-error';
import { PacedResponse } from '../common/paced-response';
import { dataOf, FrameTooLongError, SseFrames, splitFrames } from '../common/event-stream';
import { SSE_HEADERS } from '../common/sse-writer';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertEventStream } from './answer-type';
import { reportBrokenStream } from './broken-stream';
import {
  hasContent,
  isError,
  isFailure,
  parseEvent,
  type ProviderEvent,
  toEventError,
} from '../models/provider-events';

/** After this the headers go out even if the model has made nothing yet: proxies in between give up on silence. */
const LONGEST_HOLD_MS = 10_000;
/** The same of who says so much without having made anything: nothing from outside fills our memory. */
const MOST_HELD_BYTES = 1024 * 1024;

/** In every error event: as a field of a chunk, or as the type of an event of the Responses API. */
const ERROR_WORD = Buffer.from('"error"');

export interface StreamRelayOptions {
  /** Beside those of section 0 of the contract, or in their place. */
  headers?: Record<string, string>;
  /** Whole events as they came, for what goes out. */
  transform?: (events: Buffer) => Buffer;
  /** Done before these events go out; what comes meanwhile waits. */
  before?: (events: Buffer) => Promise<void> | undefined;
}

/**
 * Hands a provider's stream on, event by event, its bytes untouched. The headers wait for the first event that the
 * model made, so that a failure before it is an ordinary error; a stream that breaks later is reset.
 */
export class StreamRelay implements ByteSink {
  private readonly frames = new SseFrames();
  private readonly paced: PacedResponse;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private holding: NodeJS.Timeout | undefined;
  /** `holding`: until the model has made something; `waiting`: for what is done before events go out. */
  private state: 'holding' | 'waiting' | 'flowing' | 'over' = 'holding';
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
      this.holding = setTimeout(() => this.release(), LONGEST_HOLD_MS);
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
      if (this.state === 'holding') this.release();
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
    reportBrokenStream(error, this.response);
    // What was written in this turn is with the system in the next: a client that got nothing could not even tell the status.
    setImmediate(() => this.response.destroy());
    this.finish?.resolve();
  }

  private take(events: Buffer): void {
    if (this.state === 'flowing' && this.options.before === undefined) {
      this.write(events);
      return;
    }
    this.held.push(events);
    this.heldBytes += events.length;
    const isDue = this.state === 'holding' ? this.isGoodToGo(events) : this.state === 'flowing';
    if (isDue) this.release();
  }

  /** @throws AppError where an event says that the answer failed */
  private isGoodToGo(events: Buffer): boolean {
    return splitFrames(events).some(isGood) || this.heldBytes > MOST_HELD_BYTES;
  }

  /** Lets go of what is held, once what has to be done before is done. */
  private release(): void {
    clearTimeout(this.holding);
    const events = this.held.length === 1 ? this.held[0]! : Buffer.concat(this.held);
    this.held = [];
    const pending = events.length === 0 ? undefined : this.options.before?.(events);
    if (pending === undefined) {
      this.send(events);
      return;
    }
    this.state = 'waiting';
    this.call.pause();
    pending.then(() => this.goOn(events)).catch((error) => this.break(error));
  }

  private goOn(events: Buffer): void {
    this.send(events);
    if (this.state === 'flowing' && !this.paced.isBehind) this.call.resume();
  }

  private send(events: Buffer): void {
    // Broken off in the meantime.
    if (this.isOver()) return;
    const isFirst = !this.response.headersSent;
    if (isFirst && events.length === 0 && this.hasEnded) {
      this.break(new UpstreamReplyError('upstream_invalid_response', 'a stream without events'));
      return;
    }
    this.state = 'flowing';
    if (isFirst) this.response.writeHead(200, { ...SSE_HEADERS, ...this.options.headers });
    if (events.length === 0) this.response.flushHeaders();
    else this.write(events);
    if (this.isOver()) return;
    if (this.held.length > 0) this.release();
    else if (this.hasEnded) this.close();
  }

  /** A method, for what the compiler cannot see: writing may break the stream. */
  private isOver(): boolean {
    return this.state === 'over';
  }

  private write(events: Buffer): void {
    const error = events.includes(ERROR_WORD) ? findError(events) : undefined;
    const good = error === undefined ? events : events.subarray(0, error.at);
    const sent = this.options.transform?.(good) ?? good;
    if (sent.length > 0) this.paced.write(sent);
    if (error !== undefined) this.break(error.cause);
  }

  private close(): void {
    this.state = 'over';
    this.paced.end();
    this.finish?.resolve();
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
}

/** @throws AppError where the event says that the answer failed */
function isGood(frame: Buffer): boolean {
  const data = dataOf(frame);
  if (data === undefined) return false;
  const event = parseEvent(data);
  if (event === undefined) return true;
  if (isError(event)) throw toEventError(event);
  // Nothing came before it: a failure like any other. Later it is the provider's own end, and goes on.
  if (isFailure(event)) throw toEventError(event.response as ProviderEvent);
  return hasContent(event);
}

/** The first error event and where it begins. */
function findError(events: Buffer): { at: number; cause: AppError } | undefined {
  let at = 0;
  for (const frame of splitFrames(events)) {
    const data = frame.includes(ERROR_WORD) ? dataOf(frame) : undefined;
    const event = data === undefined ? undefined : parseEvent(data);
    if (event !== undefined && isError(event)) return { at, cause: toEventError(event) };
    at += frame.length;
  }
  return undefined;
}
