import type { AppError } from '../common/app-error';
import type { Clock } from '../common/clock';
import type { Metrics } from '../observability/metrics';
import type { CallBook } from '../usage/call-book';
import type { CallIntent, CallOutcome, TokenUsage } from '../usage/usage.types';
import { settle } from './call-settlement';
import { ErrorAnswer } from './error-answer';
import type { Provider, UpstreamRequest } from './provider';
import { unseenOutputTokens } from './unseen-output';
import { mayHaveBeenBilled, toUpstreamError } from './upstream-errors';
import {
  contentTypeOf,
  type ExchangeListener,
  type UpstreamExchange,
  type UpstreamHead,
} from './upstream-exchange';
import { type UsageReader, usageReaderFor } from './usage-reader';

/** Takes the bytes of a good answer; after `onEnd` or `onBroken` nothing more comes. */
export interface ByteSink {
  onBytes(chunk: Buffer): void;
  onEnd(): void;
  /** The answer will not be whole. */
  onBroken(error: AppError): void;
}

export interface AttemptServices {
  book: CallBook;
  metrics: Metrics;
  clock: Clock;
}

/** One request whose intent is written: sent, its bytes handed on, and settled once, however it ends. */
export class CallAttempt implements ExchangeListener {
  private usage: UsageReader | undefined;
  private readonly startedAt = performance.now();
  private exchange: UpstreamExchange | undefined;
  private waiting: { resolve(head: UpstreamHead): void; reject(failure: unknown): void } | undefined;
  private hasHead = false;
  private contentType = '';
  private request: Pick<UpstreamRequest, 'isStream' | 'isBackground'> | undefined;
  private errorAnswer: ErrorAnswer | undefined;
  private sink: ByteSink | undefined;
  /** What came between the head and the sink. */
  private early: Buffer[] = [];
  private end: AppError | 'whole' | undefined;

  /** @param onOver called once, when the settlement is being written */
  constructor(
    private readonly intent: CallIntent,
    private readonly services: AttemptServices,
    private readonly onOver: () => void,
  ) {}

  /** @returns the head of a good answer; throws the failure as it came */
  send(provider: Provider, request: UpstreamRequest): Promise<UpstreamHead> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.request = { isStream: request.isStream, isBackground: request.isBackground };
      const headers = { ...request.headers, 'x-client-request-id': this.intent.id };
      this.exchange = provider.exchange({ ...request, headers }, this);
    });
  }

  /** Hands over what came and what comes. */
  flow(sink: ByteSink): void {
    const { early, end } = this;
    this.early = [];
    this.sink = sink;
    for (const chunk of early) {
      // A sink may stop it over what it is given, and has been told so.
      if (this.end !== end) return;
      sink.onBytes(chunk);
    }
    if (this.end !== end) return;
    if (end === 'whole') sink.onEnd();
    else if (end !== undefined) sink.onBroken(end);
  }

  /** The provider is not read from until `resume`. */
  pause(): void {
    this.exchange?.pause();
  }

  resume(): void {
    this.exchange?.resume();
  }

  /** The whole answer, parsed, where it was short enough; before its end, undefined. */
  get answer(): Readonly<Record<string, unknown>> | undefined {
    return this.end === 'whole' ? this.usage?.answer : undefined;
  }

  /** Ends it wherever it stands; the provider's side is aborted. Nothing more once it is over. */
  stop(reason: AppError, outcome: CallOutcome): void {
    if (this.end !== undefined) return;
    const mayBeBilled = this.exchange?.isSent ?? false;
    this.exchange?.abort();
    this.break(reason, outcome, mayBeBilled);
    this.waiting?.reject(reason);
  }

  onHead(head: UpstreamHead): void {
    if (head.status >= 300) {
      this.errorAnswer = new ErrorAnswer(head);
      return;
    }
    this.hasHead = true;
    this.contentType = contentTypeOf(head);
    this.waiting?.resolve(head);
  }

  onBytes(chunk: Buffer): void {
    if (this.errorAnswer !== undefined) {
      this.errorAnswer.add(chunk);
      if (!this.errorAnswer.isFull) return;
      this.exchange?.abort();
      this.fail(this.errorAnswer.toError());
      return;
    }
    this.usage ??= usageReaderFor(this.contentType, chunk);
    this.usage.add(chunk);
    if (this.sink === undefined) this.early.push(chunk);
    else this.sink.onBytes(chunk);
  }

  onEnd(): void {
    if (this.errorAnswer !== undefined) {
      this.fail(this.errorAnswer.toError());
      return;
    }
    // A sink may have stopped it over its very last bytes.
    if (this.end !== undefined) return;
    this.end = 'whole';
    this.settle('completed', true);
    this.sink?.onEnd();
  }

  onFailure(error: Error): void {
    this.fail(this.errorAnswer?.toError() ?? error);
  }

  private fail(failure: Error): void {
    if (this.end !== undefined) return;
    const isSent = this.exchange?.isSent ?? false;
    const mayBeBilled = this.hasHead || (isSent && mayHaveBeenBilled(failure));
    this.break(toUpstreamError(failure), 'failed', mayBeBilled);
    this.waiting?.reject(failure);
  }

  private break(error: AppError, outcome: CallOutcome, mayBeBilled: boolean): void {
    this.end = error;
    this.settle(outcome, mayBeBilled);
    this.sink?.onBroken(error);
  }

  private settle(outcome: CallOutcome, mayBeBilled: boolean): void {
    const { usage, model } = this.usage?.read() ?? {};
    // What can come to nothing is not billed: a moderation, for one.
    const isBilled = mayBeBilled && this.intent.worstCase.tokens > 0;
    const estimate = isBilled ? this.estimate(outcome) : undefined;
    const { clock, metrics, book } = this.services;
    const end = {
      outcome,
      answeredBy: model,
      usage,
      estimate,
      durationMs: performance.now() - this.startedAt,
    };
    book.settle(settle(this.intent, end, clock, metrics));
    this.onOver();
  }

  private estimate(outcome: CallOutcome): TokenUsage {
    const { outputTokens, isMedia = false } = this.intent.worstCase;
    const output = isMedia || outputTokens === 0 ? 0 : this.estimateOutput(outcome);
    return { input: this.intent.inputTokensEstimate, cached: 0, output, reasoning: 0 };
  }

  private estimateOutput(outcome: CallOutcome): number {
    const { isBackground = false, isStream = true } = this.request ?? {};
    if (isBackground) return this.intent.worstCase.outputTokens;
    const seen = this.usage?.estimateOutputTokens() ?? 0;
    if (outcome === 'completed') return seen;
    return Math.max(seen, unseenOutputTokens(this.intent, isStream, performance.now() - this.startedAt));
  }
}
