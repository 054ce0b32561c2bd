import { settleCacheHit } from '../call-settlement';
import type { ByteSink } from '../call-attempt';
import { ForwardedCall } from '../forwarded-call';
import type { UpstreamHead } from '../upstream-exchange';
import { NOTHING } from '../worst-case';
import { AnswerRecorder } from './answer-recorder';
import type { AnswerSlot } from './answer-slot';
import type { KeptAnswer } from './kept-answer';

/** A request whose answer may be there already; else it goes out, and a good answer is kept. */
export class CachedCall extends ForwardedCall {
  private kept: KeptAnswer | undefined;
  private head: UpstreamHead | undefined;

  constructor(
    private readonly slot: AnswerSlot,
    ...of: ConstructorParameters<typeof ForwardedCall>
  ) {
    super(...of);
  }

  override get cached(): 'hit' | 'miss' {
    return this.kept === undefined ? 'miss' : 'hit';
  }

  override async send(): Promise<UpstreamHead> {
    const kept = await this.slot.find();
    this.head = kept === undefined ? await super.send() : await this.book(kept);
    return this.head;
  }

  override flow(sink: ByteSink): void {
    const { kept, head, slot } = this;
    if (kept !== undefined) {
      sink.onBytes(kept.body);
      // A sink may stop it over what it is given.
      if (!this.isStopped) sink.onEnd();
      return;
    }
    const recorder = new AnswerRecorder(sink, (body) => {
      // One that its reader found fault with has been stopped.
      if (!this.isStopped) slot.keep({ head: head!, body, boundedTo: this.boundedTo });
    });
    super.flow(recorder);
  }

  /** A kept answer has its row like any other, which reserves nothing and costs nothing. */
  private async book(kept: KeptAnswer): Promise<UpstreamHead> {
    try {
      this.throwIfStopped();
      this.intent = { ...this.intent, inputTokensEstimate: 0, worstCase: NOTHING };
      await this.open();
      const outcome = this.isStopped ? 'cancelled' : 'completed';
      this.services.book.settle(settleCacheHit(this.intent, kept.model, outcome));
      this.throwIfStopped();
      this.kept = kept;
      return { status: 200, headers: { 'content-type': kept.contentType } };
    } finally {
      this.services.onOver(this);
    }
  }
}
