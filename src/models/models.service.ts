import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import { AppError } from '../common/app-error';
import { Clock } from '../common/clock';
import { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import { UsageService } from '../usage/usage.service';
import type { CallIntent, Settlement } from '../usage/usage.types';
import { catalogueNames, priceOf, type ResolvedModel, resolveModel } from './catalogue';
import type { ChatMessage, ChatRequest } from './chat.types';
import { ModelCall } from './model-call';
import { estimateTokens } from './token-estimate';

/** The one way out to providers. */
@Injectable()
export class ModelsService {
  private readonly client: OpenAI | undefined;
  private readonly allowed: ReadonlySet<string>;

  constructor(
    private readonly settings: Settings,
    private readonly usage: UsageService,
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
    call: Pick<CallIntent, 'userId' | 'turnId' | 'step' | 'door' | 'model'>,
    messages: ChatMessage[],
  ): CallIntent {
    return {
      ...call,
      id: randomUUID(),
      attempt: 1,
      provider: this.settings.upstream,
      inputTokensEstimate: estimateTokens(JSON.stringify(messages)),
    };
  }

  /** A chat request whose intent is committed. Nothing is sent before its stream is read. */
  converse(request: ChatRequest, intent: CallIntent, signal: AbortSignal): ModelCall {
    return new ModelCall(request, intent, signal, {
      client: this.requireClient(),
      usage: this.usage,
      metrics: this.metrics,
      clock: this.clock,
      idleTimeoutMs: this.settings.upstreamTimeoutMs,
      maxOutputTokens: this.settings.maxOutputTokens,
    });
  }

  /** What a call is booked at whose process died before it knew: its input, as estimated when it was sent. */
  interruptedSettlement(call: { id: string; model: string; inputTokensEstimate: number }): Settlement {
    const tokens = { input: call.inputTokensEstimate, cached: 0, output: 0, reasoning: 0 };
    return {
      callId: call.id,
      model: call.model,
      outcome: 'interrupted',
      isEstimated: true,
      tokens,
      ...priceOf(call.model, tokens, this.clock.now()),
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
    // null: the SDK would otherwise read variables of its own.
    baseURL: openai.baseUrl ?? 'https://api.openai.com/v1',
    organization: openai.organization ?? null,
    project: openai.project ?? null,
    maxRetries: 0,
    timeout: upstreamTimeoutMs,
    logLevel: 'off',
  });
}
