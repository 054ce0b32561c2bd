import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { Clock } from '../common/clock';
import type { Metrics } from '../observability/metrics';
import type { CallIntent, CallOutcome, Settlement, TokenUsage } from '../usage/usage.types';
import { adaptRequest } from './adapt-request';
import { backoffMs, MOST_RETRIES } from './backoff';
import { settle } from './call-settlement';
import type { ChatRequest, ModelReply } from './chat.types';
import { ReplyAssembler } from './reply-assembler';
import { estimateTokens } from './token-estimate';
import { unseenOutputTokens } from './unseen-output';
import {
  mayHaveBeenBilled,
  type RetryAdvice,
  retryAdvice,
  toUpstreamError,
  UpstreamIdleError,
} from './upstream-errors';

/** The caller's refusal of a retry, which is no failure of the provider's. */
class NotRetriedError extends Error {}

/** Books a failed attempt, and then commits the intent of the next; throws where that must not be sent. */
export type Retry = (failed: Settlement, next: CallIntent) => Promise<void>;

export interface ModelCallOptions {
  client: OpenAI;
  retry: Retry;
  metrics: Metrics;
  clock: Clock;
  /** The longest wait for headers and for each next byte. */
  idleTimeoutMs: number;
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
      const idle = new IdleTimer(this.options.idleTimeoutMs);
      const signal = AbortSignal.any([this.signal, idle.signal]);
      try {
        const chunks = await this.open(signal, idle);
        for await (const chunk of chunks) {
          idle.restart();
          const text = this.assembler.add(chunk);
          if (text !== '') yield text;
        }
        // The SDK ends an aborted stream as if it were over.
        signal.throwIfAborted();
        return this.assembler.finish();
      } catch (error) {
        throw idle.signal.aborted && !this.signal.aborted ? new UpstreamIdleError('no byte in time') : error;
      } finally {
        idle.stop();
      }
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

  private async open(
    signal: AbortSignal,
    idle: IdleTimer,
  ): Promise<AsyncIterable<OpenAI.ChatCompletionChunk>> {
    for (let attempt = 1; ; attempt++) {
      idle.restart();
      this.startedAt = performance.now();
      try {
        return await this.send(signal);
      } catch (error) {
        signal.throwIfAborted();
        const advice = attempt > MOST_RETRIES ? undefined : retryAdvice(error);
        if (advice === undefined) throw error;
        this.failure = error;
        await this.prepareRetry(advice, attempt, idle);
      }
    }
  }

  private async prepareRetry(advice: RetryAdvice, attempt: number, idle: IdleTimer): Promise<void> {
    idle.stop();
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

  private async send(signal: AbortSignal): Promise<AsyncIterable<OpenAI.ChatCompletionChunk>> {
    const { model, messages, tools } = this.request;
    signal.throwIfAborted();
    this.isSent = true;
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
    return this.options.client.chat.completions.create(parameters, {
      signal,
      headers: { 'X-Client-Request-Id': this.intent.id },
    });
  }
}

/** Aborts when nothing came for a while. */
class IdleTimer {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(), this.timeoutMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
