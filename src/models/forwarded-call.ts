import { randomUUID } from 'node:crypto';
import { AppError } from '../common/app-error';
import type { CallIntent, CallOutcome } from '../usage/usage.types';
import { backoffMs, MOST_RETRIES } from './backoff';
import { settle } from './call-settlement';
import { type AttemptServices, type ByteSink, CallAttempt } from './call-attempt';
import type { Provider, UpstreamRequest } from './provider';
import { retryAdvice, toUpstreamError } from './upstream-errors';
import type { UpstreamHead } from './upstream-exchange';
import type { Outlook } from './worst-case';

/** The reason to stop a call whose client has left; 499 is the status that proxies log for it. */
export const clientLeft = (): AppError =>
  new AppError('client_left', 'The client has left.', { status: 499 });

/** Of a limit: nothing was written. */
const isRefusal = (error: unknown): boolean => error instanceof AppError && error.status < 500;

const NOT_SENT = { answeredBy: undefined, usage: undefined, estimate: undefined, durationMs: 0 };

export interface ForwardedRequest extends UpstreamRequest {
  /** Absent where it runs no model. */
  outlook?: Outlook;
  /**
   * The body that goes out where the caller is held against a limit: bounded, where the client set no bound.
   * @throws AppError where nothing bounds what it asks for
   */
  limited?: () => Buffer;
  /** Whether a failure before the first byte is tried again. */
  isRetried: boolean;
}

export interface ForwardServices extends AttemptServices {
  /** Told once, when nothing more will happen. */
  onOver(call: ForwardedCall): void;
}

/**
 * A client's own request, passed on, and its answer handed back as bytes. Every attempt has its intent written before
 * it goes out.
 */
export class ForwardedCall {
  private attempt: CallAttempt | undefined;
  private hasAnswer = false;
  private isAttemptOver = false;
  private stopped: { reason: AppError; outcome: CallOutcome } | undefined;
  private wake: (() => void) | undefined;
  /** The bound of the output, where it was we who set it. */
  protected boundedTo: number | undefined;

  constructor(
    private readonly provider: Provider,
    private request: ForwardedRequest,
    protected intent: CallIntent,
    protected readonly services: ForwardServices,
  ) {}

  /** Of the attempt that was sent last. */
  get id(): string {
    return this.intent.id;
  }

  /** The model that was asked. */
  get model(): string {
    return this.intent.model;
  }

  /** Whether its answer was there already; undefined: it was not looked for. */
  get cached(): 'hit' | 'miss' | undefined {
    return undefined;
  }

  /**
   * Sends the request, again where that is allowed, until a good answer begins.
   * @throws AppError as the contract maps the provider's failures; or the reason it was stopped for
   */
  async send(): Promise<UpstreamHead> {
    try {
      const head = await this.sendUntilAnswered();
      this.hasAnswer = true;
      // An answer can take minutes, and needs it no more.
      this.request = { ...this.request, body: undefined, limited: undefined };
      // A short answer may be whole before its head is seen here.
      if (this.isAttemptOver) this.services.onOver(this);
      return head;
    } catch (error) {
      this.services.onOver(this);
      throw error;
    }
  }

  /** Hands over the answer's bytes, from its first. */
  flow(sink: ByteSink): void {
    this.attempt?.flow(sink);
  }

  /** The whole JSON answer, where it has ended and was parsed already. */
  get answer(): Readonly<Record<string, unknown>> | undefined {
    return this.attempt?.answer;
  }

  /** The provider is not read from until `resume`. */
  pause(): void {
    this.attempt?.pause();
  }

  resume(): void {
    this.attempt?.resume();
  }

  /** Ends the call wherever it stands; the provider's side is aborted. Nothing more once it is over. */
  stop(reason = clientLeft(), outcome: CallOutcome = 'cancelled'): void {
    this.stopped ??= { reason, outcome };
    this.attempt?.stop(reason, outcome);
    this.wake?.();
  }

  private async sendUntilAnswered(): Promise<UpstreamHead> {
    for (;;) {
      this.throwIfStopped();
      await this.open();
      const attempt = new CallAttempt(this.intent, this.services, () => this.onAttemptOver());
      this.attempt = attempt;
      this.isAttemptOver = false;
      // While the intent was being written.
      if (this.stopped !== undefined) attempt.stop(this.stopped.reason, this.stopped.outcome);
      this.throwIfStopped();
      try {
        return await attempt.send(this.provider, this.request);
      } catch (failure) {
        this.throwIfStopped();
        await this.prepareRetry(failure);
      }
    }
  }

  /** The answer of the database may be what was lost, and the intent be written: then it is settled, as not sent. */
  protected async open(): Promise<void> {
    const { book, clock, metrics } = this.services;
    const settleUnsent = (): void =>
      book.settle(settle(this.intent, { outcome: 'failed', ...NOT_SENT }, clock, metrics));
    const { isLimited } = await book.open(this.intent).catch((error: unknown) => {
      if (!isRefusal(error)) settleUnsent();
      throw error;
    });
    if (!isLimited || this.request.limited === undefined) return;
    try {
      const body = this.request.limited();
      if (body !== this.request.body) this.boundedTo = this.request.outlook?.mostOutputTokens;
      this.request = { ...this.request, body, limited: undefined };
    } catch (error) {
      settleUnsent();
      throw error;
    }
  }

  private async prepareRetry(failure: unknown): Promise<void> {
    const { attempt } = this.intent;
    const advice = this.request.isRetried && attempt <= MOST_RETRIES ? retryAdvice(failure) : undefined;
    if (advice === undefined) throw toUpstreamError(failure);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, backoffMs(advice, attempt));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.intent = { ...this.intent, id: randomUUID(), attempt: attempt + 1 };
  }

  private onAttemptOver(): void {
    this.isAttemptOver = true;
    if (this.hasAnswer) this.services.onOver(this);
  }

  protected get isStopped(): boolean {
    return this.stopped !== undefined;
  }

  protected throwIfStopped(): void {
    if (this.stopped !== undefined) throw this.stopped.reason;
  }
}
