import type { AppError } from '../common/app-error';
import { EventStreamSplitter, splitEvents } from '../common/event-stream';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertEventStream } from './answer-type';
import { isJsonObject } from '../models/json-object';
import { textOfContent } from '../models/message-content';
import {
  END_OF_STREAM,
  isError,
  MAX_READ_EVENT_BYTES,
  type ProviderEvent,
  readEvent,
  toEventError,
} from '../models/provider-events';

export interface DeltaSummary {
  usage: Record<string, unknown> | null;
  model: string;
  finishReason: string | null;
}

/** After `onEnd` or `onBroken` nothing more comes. */
export interface DeltaListener {
  /** Never empty. */
  onDelta(text: string): void;
  /** All deltas of one chunk have been reported. */
  onBurstEnd?(): void;
  onEnd(summary: DeltaSummary): void;
  onBroken(error: AppError): void;
}

/** Reads a stream of Chat Completions for the text of its first choice. */
export class DeltaReader implements ByteSink {
  private readonly events = new EventStreamSplitter(
    {
      onEvents: (events) => splitEvents(events).forEach((event) => this.read(event)),
      onLongEventPart: () => {
        throw new UpstreamReplyError('upstream_invalid_response', 'an event beyond every bound');
      },
    },
    MAX_READ_EVENT_BYTES,
  );
  private readonly summary: DeltaSummary;
  private hasEvents = false;
  private hasSaidDone = false;
  private hasText = false;
  private hasCalls = false;
  private isOver = false;

  constructor(
    private readonly call: ForwardedCall,
    private readonly listener: DeltaListener,
  ) {
    this.summary = { usage: null, model: call.model, finishReason: null };
  }

  /** @throws AppError where no stream came */
  run(head: UpstreamHead): void {
    assertEventStream(head, this.call);
    this.call.flow(this);
  }

  onBytes(chunk: Buffer): void {
    this.guarded(() => {
      this.events.push(chunk);
      this.listener.onBurstEnd?.();
    });
  }

  onEnd(): void {
    this.guarded(() => {
      this.events.finish();
      this.summary.finishReason ??= this.impliedFinishReason();
      this.isOver = true;
      this.listener.onEnd(this.summary);
    });
  }

  onBroken(error: AppError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onBroken(error);
  }

  private read(bytes: Buffer): void {
    if (this.isOver) return;
    const event = readEvent(bytes);
    if (event === undefined) return;
    this.hasEvents = true;
    if (event === END_OF_STREAM) {
      this.hasSaidDone = true;
      return;
    }
    if (isError(event)) throw toEventError(event);
    if (typeof event.model === 'string') this.summary.model = event.model;
    if (event.usage != null) this.summary.usage = event.usage as DeltaSummary['usage'];
    const choice: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
    if (!isJsonObject(choice)) return;
    const { finish_reason: reason } = choice;
    if (typeof reason === 'string' || typeof reason === 'number') this.summary.finishReason = String(reason);
    const text = this.textOf(choice);
    if (text === '') return;
    this.hasText = true;
    this.listener.onDelta(text);
  }

  /** A message in place of deltas holds the words; after deltas it only repeats them. */
  private textOf({ delta, message }: ProviderEvent): string {
    const said = isJsonObject(delta) ? delta : this.hasText ? undefined : message;
    if (!isJsonObject(said)) return '';
    if (Array.isArray(said.tool_calls) && said.tool_calls.length > 0) this.hasCalls = true;
    return textOfContent(said.content) + textOfContent(said.refusal);
  }

  /** Some providers give no reason, but say [DONE], which only a stream that came to its end does. */
  private impliedFinishReason(): string {
    if (this.hasSaidDone && this.hasCalls) return 'tool_calls';
    if (this.hasSaidDone && this.hasText) return 'stop';
    if (!this.hasEvents) throw new UpstreamReplyError('upstream_invalid_response', 'a stream without events');
    throw new UpstreamReplyError('upstream_error', 'the stream ended without a finish reason');
  }

  /** Over a fault in what the provider sent the provider's side ends too. */
  private guarded(work: () => void): void {
    if (this.isOver) return;
    try {
      work();
    } catch (error) {
      const broken = toUpstreamError(error);
      this.call.stop(broken, 'failed');
      this.onBroken(broken);
    }
  }
}
