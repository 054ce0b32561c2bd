import type { ServerResponse } from 'node:http';
import type { AppError } from '../common/app-error';
import { EventStreamSplitter, splitEvents } from '../common/event-stream';
import { PacedResponse } from '../common/paced-response';
import { SSE_HEADERS } from '../common/sse-writer';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { LongEventReader } from '../models/long-event-reader';
import {
  END_OF_STREAM,
  hasContent,
  isError,
  isFailure,
  MAX_READ_EVENT_BYTES,
  type ProviderEvent,
  readEvent,
  toEventError,
} from '../models/provider-events';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertEventStream } from './answer-type';
import { reportBrokenStream } from './broken-stream';
import { type ErrorEventForm, sequenceNumberIn, toErrorEvent } from './error-event';

/** After this the headers go out even if the model has made nothing yet: proxies in between give up on silence. */
const MAX_HOLD_MS = 10_000;
/** Once so much came without content, the headers go out too: nothing from outside fills our memory. */
const MAX_HELD_BYTES = 1024 * 1024;
/** A longer event goes out in parts as it comes; only its outline is read. */
const MAX_EVENT_BYTES = 256 * 1024;

const bytesOf = (words: string[]): Buffer[] => words.map((word) => Buffer.from(word));
/** What events hold that are no errors. */
const ORDINARY_WORDS = bytesOf(['"choices"', '"response.']);
/** What errors hold, beside the word itself. */
const FAULT_WORDS = bytesOf(['Error', '"detail"', '"message"', '"msg"']);
const ERROR_WORD = Buffer.from('error');
const BLANK_LINE = Buffer.from('\n\n');

/** Whether it is worth parsing these events to look for an error. Each search here costs every stream. */
function mayFail(events: Buffer): boolean {
  const holds = (word: Buffer): boolean => events.includes(word);
  if (holds(ERROR_WORD)) return true;
  const isOneEvent = events.indexOf(BLANK_LINE) === events.length - BLANK_LINE.length;
  return isOneEvent ? !ORDINARY_WORDS.some(holds) : FAULT_WORDS.some(holds);
}

export interface StreamRelayOptions {
  /** Sent with `SSE_HEADERS`; one of the same name replaces it. */
  headers?: Record<string, string>;
  /** How the door's protocol says that a stream failed. Default: as a chunk of Chat Completions. */
  errorForm?: ErrorEventForm;
  /** Changes whole events before they go out. */
  transform?: (events: Buffer) => Buffer;
  /** Whether `transform` needs every event whole: what is longer than 16 MiB then ends the stream. */
  isReframed?: boolean;
  /** Done before these events go out; what comes meanwhile waits. */
  before?: (events: Buffer) => Promise<void> | undefined;
  /** The same for an event that is not kept whole: done before its last part goes out. */
  beforeLastPart?: (outline: ProviderEvent) => Promise<void> | undefined;
}

/** What is on its way to the client: whole events, or a part of a long one. */
interface Piece {
  bytes: Buffer;
  isPart: boolean;
  /** Of a long event whose last part this is. */
  outline?: ProviderEvent;
}

/**
 * Hands a provider's stream on, its bytes untouched. The headers wait for the first event with content, so that a
 * failure before it is an ordinary error. An error event in mid-stream becomes one of ours in the same protocol, which
 * ends the stream. A stream whose connection breaks is reset.
 */
export class StreamRelay implements ByteSink {
  private readonly splitter: EventStreamSplitter;
  private readonly paced: PacedResponse;
  private held: Piece[] = [];
  private heldBytes = 0;
  private holding: NodeJS.Timeout | undefined;
  private longEvent: LongEventReader | undefined;
  /** The events that went out last, for the number of the next. */
  private lastEvents: Buffer | undefined;
  /** `holding`: until there is content; `waiting`: for what is done before events go out. */
  private state: 'holding' | 'waiting' | 'flowing' | 'over' = 'holding';
  private hasEnded = false;
  private finish: { resolve(): void; reject(error: AppError): void } | undefined;

  constructor(
    private readonly call: ForwardedCall,
    private readonly response: ServerResponse,
    private readonly options: StreamRelayOptions = {},
  ) {
    this.splitter = new EventStreamSplitter(
      {
        onEvents: (events) => this.take({ bytes: events, isPart: false }),
        onLongEventPart: (part, isLast) => this.takePart(part, isLast),
      },
      options.isReframed ? MAX_READ_EVENT_BYTES : MAX_EVENT_BYTES,
    );
    this.paced = new PacedResponse(response, {
      onBehind: () => call.pause(),
      onCaughtUp: () => {
        if (this.state !== 'waiting') call.resume();
      },
    });
  }

  /**
   * Settles when the stream is over, well or not.
   * @throws AppError where it failed before its first byte
   */
  run(head: UpstreamHead): Promise<void> {
    assertEventStream(head, this.call);
    return new Promise((resolve, reject) => {
      this.finish = { resolve, reject };
      this.holding = setTimeout(() => this.flow(), MAX_HOLD_MS);
      this.call.flow(this);
    });
  }

  onBytes(chunk: Buffer): void {
    if (this.state === 'over') return;
    this.guarded(() => this.splitter.push(chunk));
  }

  onEnd(): void {
    if (this.state === 'over') return;
    this.hasEnded = true;
    this.guarded(() => {
      this.splitter.finish();
      if (this.state === 'holding' || this.state === 'flowing') this.flow();
    });
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

  private take(piece: Piece): void {
    if (this.isOver()) return;
    if (this.state === 'flowing') {
      this.sendOrWait(piece);
      return;
    }
    this.held.push(piece);
    this.heldBytes += piece.bytes.length;
    if (this.state === 'holding' && this.isGoodToGo(piece)) this.flow();
  }

  private takePart(part: Buffer, isLast: boolean): void {
    if (this.isOver()) return;
    if (this.options.isReframed) {
      throw new UpstreamReplyError('upstream_invalid_response', 'an event beyond every bound');
    }
    this.longEvent ??= new LongEventReader();
    this.longEvent.add(part);
    const { outline } = this.longEvent;
    if (isLast) this.longEvent = undefined;
    // What has gone out of it cannot be taken back.
    if (outline !== undefined && isError(outline)) throw toEventError(outline);
    this.take({ bytes: part, isPart: true, outline: isLast ? (outline ?? {}) : undefined });
  }

  /** @throws AppError where an event says that the answer failed */
  private isGoodToGo({ bytes, isPart }: Piece): boolean {
    return isPart || splitEvents(bytes).some(isGood) || this.heldBytes > MAX_HELD_BYTES;
  }

  /** Sends what is held, as far as nothing has to be done before. */
  private flow(): void {
    clearTimeout(this.holding);
    this.state = 'flowing';
    while (this.state === 'flowing' && this.held.length > 0) this.sendOrWait(this.takeHeld());
    if (this.state !== 'flowing') return;
    if (this.hasEnded) this.close();
    else if (!this.response.headersSent) this.open();
  }

  /** The events that came one after the other are one piece again. */
  private takeHeld(): Piece {
    const firstPart = this.held.findIndex(({ isPart }) => isPart);
    const count = firstPart < 0 ? this.held.length : Math.max(1, firstPart);
    const pieces = this.held.splice(0, count);
    this.heldBytes = 0;
    return pieces.length === 1
      ? pieces[0]!
      : { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), isPart: false };
  }

  private sendOrWait(piece: Piece): void {
    const pending = this.before(piece);
    if (pending === undefined) this.send(piece);
    else this.wait(pending, piece);
  }

  private before({ bytes, isPart, outline }: Piece): Promise<void> | undefined {
    if (!isPart) return this.options.before?.(bytes);
    return outline === undefined ? undefined : this.options.beforeLastPart?.(outline);
  }

  private wait(pending: Promise<void>, piece: Piece): void {
    this.state = 'waiting';
    this.call.pause();
    pending
      .then(() => {
        // Broken off in the meantime.
        if (this.isOver()) return;
        this.send(piece);
        if (this.isOver()) return;
        this.flow();
        if (this.state === 'flowing' && !this.paced.isBehind) this.call.resume();
      })
      .catch((error) => this.break(error));
  }

  private send(piece: Piece): void {
    if (!this.response.headersSent) this.open();
    this.write(piece);
  }

  private open(): void {
    this.response.writeHead(200, { ...SSE_HEADERS, ...this.options.headers });
    if (this.held.length === 0) this.response.flushHeaders();
  }

  /** A method, for what the compiler cannot see: writing may break the stream. */
  private isOver(): boolean {
    return this.state === 'over';
  }

  private write({ bytes, isPart }: Piece): void {
    if (isPart) {
      this.paced.write(bytes);
      return;
    }
    const error = mayFail(bytes) ? findError(bytes) : undefined;
    const good = error === undefined ? bytes : bytes.subarray(0, error.at);
    const sent = this.options.transform?.(good) ?? good;
    if (sent.length > 0) this.paced.write(sent);
    if (good.length > 0) this.lastEvents = good;
    if (error !== undefined) this.endWith(error.event);
  }

  private close(): void {
    if (!this.response.headersSent) {
      this.break(new UpstreamReplyError('upstream_invalid_response', 'a stream without events'));
      return;
    }
    this.state = 'over';
    this.paced.end();
    this.finish?.resolve();
  }

  /** The provider says that it failed: the client hears so in its own protocol, in our words, and the stream ends. */
  private endWith(event: ProviderEvent): void {
    const error = toEventError(event);
    this.call.stop(error, 'failed');
    this.state = 'over';
    reportBrokenStream(error, this.response);
    const last = this.lastEvents === undefined ? undefined : sequenceNumberIn(this.lastEvents);
    const told = toErrorEvent(this.options.errorForm ?? 'chat', error, { event, last });
    this.paced.write(this.options.transform?.(told) ?? told);
    this.paced.end();
    this.finish?.resolve();
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.break(error);
    }
  }

  /** Over a fault in what the provider sent, or one of ours: the provider's side ends too. */
  private break(error: unknown): void {
    const broken = toUpstreamError(error);
    this.call.stop(broken, 'failed');
    this.onBroken(broken);
  }
}

/** @throws AppError where the event says that the answer failed */
function isGood(bytes: Buffer): boolean {
  const event = readEvent(bytes);
  if (event === undefined) return false;
  if (event === END_OF_STREAM) return true;
  if (isError(event)) throw toEventError(event);
  // Nothing came before it: a failure like any other. Later it is the provider's own end, and goes on.
  if (isFailure(event)) throw toEventError(event.response as ProviderEvent);
  return hasContent(event);
}

/** The first error event and where it begins. */
function findError(events: Buffer): { at: number; event: ProviderEvent } | undefined {
  let at = 0;
  for (const bytes of splitEvents(events)) {
    const event = mayFail(bytes) ? tryReadEvent(bytes) : undefined;
    if (event !== undefined && isError(event)) return { at, event };
    at += bytes.length;
  }
  return undefined;
}

/** What is no JSON says nothing here; the client judges it. */
function tryReadEvent(bytes: Buffer): ProviderEvent | undefined {
  try {
    const event = readEvent(bytes);
    return event === END_OF_STREAM ? undefined : event;
  } catch {
    return undefined;
  }
}
