import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { Clock } from '../common/clock';
import { toStorable } from '../common/storable-text';
import type { Metrics } from '../observability/metrics';
import type { CallIntent, CallOutcome, Settlement, TokenUsage } from '../usage/usage.types';
import { adaptRequest } from './adapt-request';
import { findModel, pricedModel, priceOf } from './catalogue';
import type { ChatRequest, ModelReply } from './chat.types';
import { ReplyAssembler } from './reply-assembler';
import { estimateTokens } from './token-estimate';
import {
  mayHaveBeenBilled,
  type RetryAdvice,
  retryAdvice,
  toUpstreamError,
  UpstreamIdleError,
} from './upstream-errors';

const MOST_RETRIES = 2;
const FIRST_BACKOFF_MS = 400;

const LONGEST_MODEL_NAME = 100;

/** The caller's refusal of a retry, which is no failure of the provider's. */
class NotRetriedError extends Error {}

/** Books a failed attempt and commits the intent of the next, both or neither; throws where that must not be sent. */
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
    const model = this.bookedModel();
    const tokens = this.assembler.usage ?? this.estimate();
    this.options.metrics.countModelCall({
      provider: this.intent.provider,
      model: findModel(model)?.name ?? 'other',
      outcome,
      durationMs: performance.now() - this.startedAt,
      inputTokens: tokens.input,
      outputTokens: tokens.output,
    });
    return {
      callId: this.intent.id,
      model,
      outcome,
      isEstimated: this.assembler.usage === undefined && !this.isUnbilled(),
      tokens,
      ...priceOf(model, tokens, this.options.clock.now()),
    };
  }

  /** The name is the provider's text: cleaned, or the ledger could refuse it. */
  private bookedModel(): string {
    const answered = this.assembler.model;
    if (answered === undefined) return pricedModel(this.intent.provider, this.intent.model);
    return findModel(answered)?.name ?? toStorable(answered.slice(0, LONGEST_MODEL_NAME));
  }

  private estimate(): TokenUsage {
    if (this.isUnbilled()) return { input: 0, cached: 0, output: 0, reasoning: 0 };
    const output = estimateTokens(this.assembler.written);
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

/** Jittered, so that callers who failed together do not come back together; never before the provider's own time. */
function backoffMs({ afterSeconds }: RetryAdvice, attempt: number): number {
  const jittered = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return (afterSeconds ?? 0) * 1000 + jittered;
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
