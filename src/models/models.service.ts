import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import type { OpenCall } from '../usage/usage.service';
import type { CallIntent, Settlement } from '../usage/usage.types';
import { catalogueNames, pricedModel, priceOf, type ResolvedModel, resolveModel } from './catalogue';
import type { ChatRequest } from './chat.types';
import { ModelCall, type Retry } from './model-call';
import { estimateTokens } from './token-estimate';

/** The one way out to providers. */
@Injectable()
export class ModelsService {
  private readonly client: OpenAI | undefined;
  private readonly allowed: ReadonlySet<string>;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.allowed = new Set([
      ...(settings.allowedModels ?? catalogueNames(settings.upstream)),
      settings.defaultModel,
    ]);
    this.client = settings.upstream === 'not_configured' ? undefined : createClient(settings);
  }

  /** @throws AppError upstream_not_configured */
  assertConfigured(): void {
    this.requireClient();
  }

  /**
   * The model to call for a name a client asked for; a retired one gives its replacement.
   * @param requested undefined: the operator's default
   * @throws AppError model_not_allowed
   */
  choose(requested: string | undefined): ResolvedModel {
    const name = requested ?? this.settings.defaultModel;
    if (!this.allowed.has(name)) {
      throw new AppError('model_not_allowed', 'This model is not on the server’s list.', { param: 'model' });
    }
    return resolveModel(name, this.clock.now());
  }

  /** The intent of a call's first attempt, to be committed by the caller before `converse` sends it. */
  intend(
    call: Pick<CallIntent, 'userId' | 'turnId' | 'step' | 'door'>,
    { model, messages, tools }: ChatRequest,
  ): CallIntent {
    return {
      ...call,
      model,
      id: randomUUID(),
      attempt: 1,
      provider: this.settings.upstream,
      inputTokensEstimate: estimateTokens(JSON.stringify({ messages, tools })),
    };
  }

  /**
   * A chat request whose intent is committed. Nothing is sent before its stream is read.
   * @param retry books a failed attempt and commits the next one's intent
   */
  converse(request: ChatRequest, intent: CallIntent, retry: Retry, signal: AbortSignal): ModelCall {
    return new ModelCall(request, intent, signal, {
      client: this.requireClient(),
      retry,
      metrics: this.metrics,
      clock: this.clock,
      idleTimeoutMs: this.settings.upstreamTimeoutMs,
      maxOutputTokens: this.settings.maxOutputTokens,
    });
  }

  /** What a call is booked at whose process died before it knew: its input, as estimated when it was sent. */
  interruptedSettlement(call: OpenCall): Settlement {
    const model = pricedModel(call.provider, call.model);
    const tokens = { input: call.inputTokensEstimate, cached: 0, output: 0, reasoning: 0 };
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

  private requireClient(): OpenAI {
    if (this.client === undefined) {
      throw new AppError('upstream_not_configured', 'OPENAI_API_KEY is not configured on the server');
    }
    return this.client;
  }
}

function createClient({ openai, upstreamTimeoutMs }: Settings): OpenAI {
  return new OpenAI({
    apiKey: openai.apiKey,
    // All named, so that the SDK reads no variables of its own for them.
    baseURL: openai.baseUrl ?? 'https://api.openai.com/v1',
    organization: openai.organization ?? null,
    project: openai.project ?? null,
    maxRetries: 0,
    timeout: upstreamTimeoutMs,
    logLevel: 'off',
  });
}
