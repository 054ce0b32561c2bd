import type { AppError } from '../../common/app-error';
import type { ForwardedCall } from '../../models/forwarded-call';
import type { UpstreamHead } from '../../models/upstream-exchange';
import { type DeltaListener, DeltaReader } from '../../relay/delta-reader';

/** What may wait unread; one network read of the provider's can bring many. */
const MOST_WAITING = 64;

/** The deltas of a call at the pace of whoever reads them: while many wait, the provider is not read from. */
export class DeltaStream implements DeltaListener {
  private waiting: string[] = [];
  private end: AppError | 'whole' | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly call: ForwardedCall) {}

  /** @throws AppError where no stream came, or as it broke */
  async *read(head: UpstreamHead): AsyncGenerator<string> {
    new DeltaReader(this.call, this).run(head);
    for (;;) {
      const batch = this.waiting;
      this.waiting = [];
      yield* batch;
      if (this.waiting.length > 0) continue;
      if (this.end === 'whole') return;
      if (this.end !== undefined) throw this.end;
      this.call.resume();
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  onDelta(text: string): void {
    this.waiting.push(text);
    if (this.waiting.length === MOST_WAITING) this.call.pause();
    this.wake?.();
  }

  onEnd(): void {
    this.end = 'whole';
    this.wake?.();
  }

  onBroken(error: AppError): void {
    this.end = error;
    this.wake?.();
  }
}
