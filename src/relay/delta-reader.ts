import type { AppError } from '../common/app-error';
import { dataOf, FrameTooLongError, SseFrames, splitFrames } from '../common/event-stream';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import type { UpstreamHead } from '../models/upstream-exchange';
import { assertEventStream } from './answer-type';
import { isError, parseEvent, type ProviderEvent, toEventError } from '../models/provider-events';

export interface DeltaSummary {
  usage: Record<string, unknown> | null;
  model: string;
  finishReason: string | null;
}

/** After `onEnd` or `onBroken` nothing more comes. */
export interface DeltaListener {
  /** Never empty. */
  onDelta(text: string): void;
  /** All that came in one go has been told. */
  onBurstEnd?(): void;
  onEnd(summary: DeltaSummary): void;
  onBroken(error: AppError): void;
}

/** Reads a stream of Chat Completions for the text of its first choice. */
export class DeltaReader implements ByteSink {
  private readonly frames = new SseFrames();
  private readonly summary: DeltaSummary;
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
      const events = this.frames.push(chunk);
      if (events === undefined) return;
      splitFrames(events).forEach((frame) => this.read(frame));
      this.listener.onBurstEnd?.();
    });
  }

  onEnd(): void {
    this.guarded(() => {
      const rest = this.frames.rest();
      if (rest.length > 0) this.read(rest);
      if (this.summary.finishReason === null) {
        throw new UpstreamReplyError('upstream_error', 'the stream ended without a finish reason');
      }
      this.isOver = true;
      this.listener.onEnd(this.summary);
    });
  }

  onBroken(error: AppError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onBroken(error);
  }

  private read(frame: Buffer): void {
    const data = dataOf(frame);
    const event = data === undefined ? undefined : parseEvent(data);
    if (event === undefined || this.isOver) return;
    if (isError(event)) throw toEventError(event);
    if (typeof event.model === 'string') this.summary.model = event.model;
    if (event.usage != null) this.summary.usage = event.usage as DeltaSummary['usage'];
    const choice = (event.choices as ProviderEvent[] | undefined)?.[0];
    if (typeof choice?.finish_reason === 'string') this.summary.finishReason = choice.finish_reason;
    const { content, refusal } = (choice?.delta ?? {}) as ProviderEvent;
    for (const text of [content, refusal]) {
      if (typeof text === 'string' && text !== '') this.listener.onDelta(text);
    }
  }

  /** Over a fault in what the provider sent the provider's side ends too. */
  private guarded(work: () => void): void {
    if (this.isOver) return;
    try {
      work();
    } catch (error) {
      const isTooLong = error instanceof FrameTooLongError;
      const broken = toUpstreamError(
        isTooLong ? new UpstreamReplyError('upstream_invalid_response', error.message) : error,
      );
      this.call.stop(broken, 'failed');
      this.onBroken(broken);
    }
  }
}
