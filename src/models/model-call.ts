import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../common/clock';
import type { Metrics } from '../observability/metrics';
import type { CallIntent, CallOutcome, Settlement, TokenUsage } from '../usage/usage.types';
import { adaptRequest } from './adapt-request';
import { backoffMs, MOST_RETRIES } from './backoff';
import { settle } from './call-settlement';
import type { ChatRequest, ModelReply } from './chat.types';
import type { Provider } from './provider';
import { ReplyAssembler } from './reply-assembler';
import { ReplyStream } from './reply-stream';
import { estimateTokens } from './token-estimate';
import { unseenOutputTokens } from './unseen-output';
import { mayHaveBeenBilled, type RetryAdvice, retryAdvice, toUpstreamError } from './upstream-errors';

/** The caller's refusal of a retry, which is no failure of the provider's. */
class NotRetriedError extends Error {}

/** Books a failed attempt, and then commits the intent of the next; throws where that must not be sent. */
export type Retry = (failed: Settlement, next: CallIntent) => Promise<void>;

export interface ModelCallOptions {
  provider: Provider;
  retry: Retry;
  metrics: Metrics;
  clock: Clock;
  maxOutputTokens: number;
}

/**
 * One request for a reply, streamed, with its retries. Its first intent is already committed; each retry settles the
 * failed call and commits an intent of its own before it goes out. The last call is left for the caller to settle,
 * together with whatever the reply changes.
 */
export class ModelCall {
  private intent: CallIntent;
  private assembler = new ReplyAssembler();
  private failure: unknown;
  private isSent = false;
  private startedAt = performance.now();

  constructor(
    private readonly request: ChatRequest,
    firstIntent: CallIntent,
    private readonly signal: AbortSignal,
    private readonly options: ModelCallOptions,
  ) {
    this.intent = firstIntent;
  }

  /**
   * Yields the text as it comes and returns the whole reply.
   * @throws AppError as the contract maps the provider's failures; whatever `signal` was aborted with when it was
   */
  async *stream(): AsyncGenerator<string, ModelReply> {
    try {
      const stream = await this.open();
      for await (const text of stream.texts()) yield text;
      return this.assembler.finish();
    } catch (error) {
      // Who stops waiting for a retry leaves the failure that asked for it.
      this.failure ??= error;
      this.signal.throwIfAborted();
      if (error instanceof NotRetriedError) throw error.cause;
      throw toUpstreamError(error);
    }
  }

  /** What the last call came to, by the provider's own numbers where they came. */
  settlement(outcome: CallOutcome): Settlement {
    const durationMs = performance.now() - this.startedAt;
    const unseen = outcome === 'completed' ? 0 : unseenOutputTokens(this.intent, true, durationMs);
    const end = {
      outcome,
      answeredBy: this.assembler.model,
      usage: this.assembler.usage,
      estimate: this.isUnbilled() ? undefined : this.estimate(unseen),
      durationMs,
    };
    return settle(this.intent, end, this.options.clock, this.options.metrics);
  }

  private estimate(unseenOutput: number): TokenUsage {
    const output = Math.max(unseenOutput, estimateTokens(this.assembler.written));
    return { input: this.intent.inputTokensEstimate, cached: 0, output, reasoning: 0 };
  }

  /** Never sent, or refused before the model began. */
  private isUnbilled(): boolean {
    const hasBegun = this.assembler.model !== undefined;
    return !this.isSent || (this.failure !== undefined && !hasBegun && !mayHaveBeenBilled(this.failure));
  }

  private async open(): Promise<ReplyStream> {
    for (let attempt = 1; ; attempt++) {
      this.startedAt = performance.now();
      try {
        return await this.send();
      } catch (error) {
        this.signal.throwIfAborted();
        const advice = attempt > MOST_RETRIES ? undefined : retryAdvice(error);
        if (advice === undefined) throw error;
        this.failure = error;
        await this.prepareRetry(advice, attempt);
      }
    }
  }

  private async prepareRetry(advice: RetryAdvice, attempt: number): Promise<void> {
    await delay(backoffMs(advice, attempt), undefined, { signal: this.signal });
    const failed = this.settlement('failed');
    const next = { ...this.intent, id: randomUUID(), attempt: this.intent.attempt + 1 };
    await this.options.retry(failed, next).catch((cause: unknown) => {
      throw new NotRetriedError('The next attempt was not committed.', { cause });
    });
    this.intent = next;
    this.failure = undefined;
    this.isSent = false;
  }

  private async send(): Promise<ReplyStream> {
    const { model, messages, tools } = this.request;
    this.signal.throwIfAborted();
    const { parameters } = adaptRequest(model, {
      model,
      messages,
      stream: true as const,
      stream_options: { include_usage: true },
      max_tokens: this.options.maxOutputTokens,
      ...(tools.length === 0
        ? {}
        : {
            tools: tools.map((tool) => ({
              type: 'function' as const,
              function: { ...tool, parameters: { ...tool.parameters } },
            })),
          }),
    });
    const stream = new ReplyStream(this.assembler, this.signal);
    this.isSent = true;
    await stream.open(this.options.provider, {
      method: 'POST',
      path: '/chat/completions',
      body: Buffer.from(JSON.stringify(parameters)),
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-client-request-id': this.intent.id,
      },
      isStream: true,
    });
    return stream;
  }
}
