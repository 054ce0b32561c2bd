import { EventStreamSplitter, splitEvents } from '../common/event-stream';
import { ErrorAnswer } from './error-answer';
import type { Provider, UpstreamRequest } from './provider';
import { END_OF_STREAM, isError, MAX_READ_EVENT_BYTES, readEvent, toEventError } from './provider-events';
import type { ReplyAssembler } from './reply-assembler';
import { UpstreamReplyError } from './upstream-errors';
import {
  contentTypeOf,
  type ExchangeListener,
  type UpstreamExchange,
  type UpstreamHead,
} from './upstream-exchange';

/** A stream of Chat Completions that is read here, for the agent: its events go to an assembler, its text comes out. */
export class ReplyStream implements ExchangeListener {
  private readonly events = new EventStreamSplitter(
    {
      onEvents: (events) => splitEvents(events).forEach((event) => this.read(event)),
      onLongEventPart: () => {
        throw new UpstreamReplyError('upstream_invalid_response', 'an event beyond every bound');
      },
    },
    MAX_READ_EVENT_BYTES,
  );
  private hasEvents = false;
  private exchange: UpstreamExchange | undefined;
  private errorAnswer: ErrorAnswer | undefined;
  private opening: { resolve(): void; reject(failure: unknown): void } | undefined;
  /** Text that was not taken yet. */
  private waiting: string[] = [];
  private end: { failure?: unknown } | undefined;
  private wake: (() => void) | undefined;
  private readonly onAbort = (): void => this.stop(this.signal.reason);

  constructor(
    private readonly assembler: ReplyAssembler,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Sends the request.
   * @returns once a good answer begins; throws the failure as it came, or what `signal` was aborted with
   */
  open(provider: Provider, request: UpstreamRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.signal.addEventListener('abort', this.onAbort, { once: true });
      this.exchange = provider.exchange(request, this);
    });
  }

  /** The text as it comes, until the stream ends; throws as `open` does. */
  async *texts(): AsyncGenerator<string> {
    try {
      for (;;) {
        const texts = this.waiting;
        this.waiting = [];
        yield* texts;
        if (this.waiting.length > 0) continue;
        if (this.end !== undefined) break;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
      if ('failure' in this.end) throw this.end.failure;
    } finally {
      // A reader that stops early ends the provider's work too.
      this.stop(new UpstreamReplyError('upstream_error', 'nobody reads on'));
    }
  }

  onHead(head: UpstreamHead): void {
    if (head.status >= 300) this.errorAnswer = new ErrorAnswer(head);
    else if (/\bjson\b/i.test(contentTypeOf(head))) {
      this.stop(new UpstreamReplyError('upstream_invalid_response', 'JSON in place of a stream'));
    } else this.opening?.resolve();
  }

  onBytes(chunk: Buffer): void {
    if (this.errorAnswer !== undefined) {
      this.errorAnswer.add(chunk);
      if (this.errorAnswer.isFull) this.stop(this.errorAnswer.toError());
      return;
    }
    this.guarded(() => this.events.push(chunk));
  }

  onEnd(): void {
    if (this.errorAnswer !== undefined) {
      this.over({ failure: this.errorAnswer.toError() });
      return;
    }
    this.guarded(() => {
      this.events.finish();
      if (!this.hasEvents)
        throw new UpstreamReplyError('upstream_invalid_response', 'a stream without events');
      this.over({});
    });
  }

  onFailure(error: Error): void {
    this.over({ failure: this.errorAnswer?.toError() ?? error });
  }

  private read(event: Buffer): void {
    const read = readEvent(event);
    if (read === undefined || this.end !== undefined) return;
    this.hasEvents = true;
    if (read === END_OF_STREAM) {
      this.assembler.markDone();
      return;
    }
    if (isError(read)) throw toEventError(read);
    const text = this.assembler.add(read);
    if (text === '') return;
    this.waiting.push(text);
    this.wake?.();
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.stop(error);
    }
  }

  /** Ends it with this failure; the provider's side is aborted. Nothing more once it is over. */
  private stop(failure: unknown): void {
    if (this.end !== undefined) return;
    this.exchange?.abort();
    this.over({ failure });
  }

  private over(end: { failure?: unknown }): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.signal.removeEventListener('abort', this.onAbort);
    if ('failure' in end) this.opening?.reject(end.failure);
    this.wake?.();
  }
}
