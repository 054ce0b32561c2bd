import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, signInRequired } from '../common/app-error';
import { Clock } from '../common/clock';
import { Revocations } from '../common/revocations';
import { type ProviderName, SIBLING_PROVIDERS } from '../config/providers';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { CallBook } from '../usage/call-book';
import type { OpenCall } from '../usage/usage.service';
import type { CallIntent, Payer, Settlement } from '../usage/usage.types';
import {
  catalogueNames,
  familyOf,
  modelProviders,
  pricedModel,
  priceOf,
  providerOf,
  type ResolvedModel,
  resolveModel,
} from './catalogue';
import { CachedCall } from './cache/cached-call';
import { NO_MODEL, settleWithoutModel } from './call-settlement';
import { ResponseCache } from './cache/response-cache';
import type { ChatRequest } from './chat.types';
import { ForwardedCall, type ForwardedRequest, type ForwardServices } from './forwarded-call';
import { ModelCall, type Retry } from './model-call';
import { modelNotAllowed } from './model-not-allowed';
import type { Provider } from './provider';
import { Providers } from './providers.service';
import { estimateTokens, estimateTokensOfBytes } from './token-estimate';
import { NOTHING, worstCaseOf } from './worst-case';

/** A model that may be called, and who serves it. */
export interface ChosenModel extends ResolvedModel {
  provider: Provider;
}

/** The place of a call in its turn. */
export interface TurnStep {
  payer: Payer;
  turnId: string;
  conversationId: number;
  step: number;
}

/** The one way out to providers. */
@Injectable()
export class ModelsService {
  private readonly allowed: ReadonlySet<string>;
  private readonly forwarded = new Set<ForwardedCall>();
  private onForwardedOver: (() => void) | undefined;
  private isDraining = false;

  constructor(
    private readonly settings: Settings,
    private readonly providers: Providers,
    private readonly book: CallBook,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    private readonly revocations: Revocations,
    private readonly cache: ResponseCache,
  ) {
    this.allowed = new Set([
      ...(settings.allowedModels ?? catalogueNames(modelProviders(settings))),
      settings.defaultModel,
    ]);
  }

  /**
   * The model to call for a name a client asked for; a retired one gives its replacement.
   * @param requested undefined: the operator's default
   * @throws AppError upstream_not_configured, model_not_allowed
   */
  choose(requested: string | undefined): ChosenModel {
    const asked = requested ?? this.settings.defaultModel;
    if (!this.isAllowed(asked)) throw modelNotAllowed(asked);
    const resolved = resolveModel(asked, this.clock.now());
    return { ...resolved, provider: this.providerOf(resolved.name) };
  }

  /**
   * The same among one provider's models.
   * @throws AppError upstream_not_configured, model_not_allowed
   */
  chooseOf(name: ProviderName, requested: string | undefined): ChosenModel {
    const asked = requested ?? this.defaultOf(name);
    const chosen = this.choose(asked);
    if (chosen.provider.name !== name) throw modelNotAllowed(asked);
    return chosen;
  }

  /** A dated snapshot is allowed with its family. */
  isAllowed(model: string): boolean {
    return this.allowed.has(model) || this.allowed.has(familyOf(model));
  }

  /** The names a client may ask for. */
  allowedNames(): string[] {
    return [...this.allowed];
  }

  /** undefined where its key is not set. */
  findProvider(name: ProviderName): Provider | undefined {
    return this.providers.find(name);
  }

  /** @throws AppError upstream_not_configured */
  requireProvider(name: ProviderName): Provider {
    return this.providers.require(name);
  }

  /**
   * A client's own request, to be passed on as it is. Nothing goes out before `send`, which writes its intent first.
   * @param call who pays for it and for which model; `NO_MODEL` for a request that runs none
   * @throws AppError shutting_down
   */
  forward(
    { provider, ...call }: Pick<CallIntent, 'payer' | 'door' | 'model'> & { provider: Provider },
    request: ForwardedRequest,
  ): ForwardedCall {
    // A request that was still arriving when the server began to stop.
    if (this.isDraining) throw shuttingDown();
    const { outlook } = request;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const worstCase =
      outlook === undefined
        ? NOTHING
        : worstCaseOf(provider.ledgerName, call.model, body, outlook, this.clock.now());
    const intent: CallIntent = {
      ...call,
      id: randomUUID(),
      turnId: null,
      conversationId: null,
      step: null,
      attempt: 1,
      provider: provider.ledgerName,
      inputTokensEstimate: outlook?.pointsElsewhere
        ? worstCase.tokens - worstCase.outputTokens
        : estimateTokensOfBytes(outlook?.textBytes ?? body.length),
      worstCase,
    };
    let unwatch: (() => void) | undefined;
    const services: ForwardServices = {
      book: this.book,
      metrics: this.metrics,
      clock: this.clock,
      onOver: (over) => {
        unwatch?.();
        this.forget(over);
      },
    };
    const slot = this.cache.slotOf({ payer: call.payer, provider }, request);
    const forwarded =
      slot === undefined
        ? new ForwardedCall(provider, request, intent, services)
        : new CachedCall(slot, provider, request, intent, services);
    this.forwarded.add(forwarded);
    const { keyId } = call.payer;
    if (keyId !== null) unwatch = this.revocations.watch(keyId, () => forwarded.stop(signInRequired()));
    return forwarded;
  }

  /** Waits for the forwarded calls to end, stops those that the grace does not suffice for, and books them all. */
  async drain(graceMs: number): Promise<void> {
    this.isDraining = true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onForwardedOver = () => this.forwarded.size === 0 && resolve();
      this.onForwardedOver();
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
    for (const call of this.forwarded) call.stop(shuttingDown(), 'interrupted');
    await this.book.close();
  }

  /** A model that no provider is known for is OpenAI's, or of whoever stands in its place. */
  private providerOf(model: string): Provider {
    const name = providerOf(model);
    if (name === undefined || name === 'simulator') return this.providers.require('openai');
    const provider = name === 'openai' ? this.providers.require(name) : this.providers.find(name);
    if (provider === undefined) throw modelNotAllowed(model);
    return provider;
  }

  private defaultOf(name: ProviderName): string {
    if (name === 'openai') return this.settings.defaultModel;
    const { defaultModel } = SIBLING_PROVIDERS[name];
    return this.isAllowed(defaultModel)
      ? defaultModel
      : (this.allowedNames().find((model) => providerOf(model) === name) ?? defaultModel);
  }

  private forget(call: ForwardedCall): void {
    this.forwarded.delete(call);
    this.onForwardedOver?.();
  }

  /** The intent of a call's first attempt, to be committed by the caller before `converse` sends it. */
  intend(
    { payer, turnId, conversationId, step }: TurnStep,
    { model, messages, tools }: ChatRequest,
  ): CallIntent {
    const provider = this.providerOf(model).ledgerName;
    const body = JSON.stringify({ messages, tools });
    const outlook = { mostOutputTokens: this.settings.maxOutputTokens };
    return {
      payer,
      turnId,
      conversationId,
      step,
      door: 'agent',
      model,
      id: randomUUID(),
      attempt: 1,
      provider,
      inputTokensEstimate: estimateTokens(body),
      worstCase: worstCaseOf(provider, model, body, outlook, this.clock.now()),
    };
  }

  /**
   * A chat request whose intent is committed. Nothing is sent before its stream is read.
   * @param retry books a failed attempt and commits the next one's intent
   */
  converse(request: ChatRequest, intent: CallIntent, retry: Retry, signal: AbortSignal): ModelCall {
    return new ModelCall(request, intent, signal, {
      provider: this.providerOf(request.model),
      retry,
      metrics: this.metrics,
      clock: this.clock,
      maxOutputTokens: this.settings.maxOutputTokens,
    });
  }

  /**
   * What a call is booked at whose process died before it knew: its input, as estimated when it was sent. Where a limit
   * holds its payer, also all the output that was reserved, for nobody saw how much of it was written.
   */
  interruptedSettlement(call: OpenCall): Settlement {
    if (call.model === NO_MODEL) return settleWithoutModel(call, 'interrupted');
    const model = pricedModel(call.provider, call.model);
    const { inputTokensEstimate: input, reservedOutputTokens: output } = call;
    const tokens = { input, cached: 0, output, reasoning: 0 };
    return {
      callId: call.id,
      model,
      outcome: 'interrupted',
      isEstimated: true,
      tokens,
      ...priceOf(model, tokens, this.clock.now()),
    };
  }

  /** What a call is booked at that was committed but never sent. */
  unsentSettlement({ id, provider, model }: CallIntent): Settlement {
    const tokens = { input: 0, cached: 0, output: 0, reasoning: 0 };
    const priced = pricedModel(provider, model);
    return {
      callId: id,
      model: priced,
      outcome: 'failed',
      isEstimated: false,
      tokens,
      ...priceOf(priced, tokens, this.clock.now()),
    };
  }
}

const shuttingDown = (): AppError =>
  new AppError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 5 });
