import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import type { Caller } from '../auth/caller';
import { AppError, notFound } from '../common/app-error';
import type { ProviderName } from '../config/providers';
import { Settings } from '../config/settings';
import type { ForwardedCall } from '../models/forwarded-call';
import { givenBound } from '../models/limited-body';
import { ModelsService } from '../models/models.service';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { forgetBody } from '../relay/forget-body';
import { StreamRelay } from '../relay/stream-relay';
import { tellCache } from '../relay/told-cache';
import { tellChanges } from '../relay/told-changes';
import { toJsonLines } from './json-lines';
import { toProviderBody } from './provider-body';
import type { ProviderChatRequest } from './provider-chat.dto';

const JSON_LINES = 'application/x-ndjson';

export interface ProviderChat {
  provider: ProviderName;
  request: ProviderChatRequest;
  caller: Caller;
}

/** One provider's own stream, untouched. */
@Injectable()
export class ProviderChatService {
  private readonly logger = new Logger(ProviderChatService.name);

  constructor(
    private readonly settings: Settings,
    private readonly models: ModelsService,
  ) {}

  /** @throws AppError not_found where the provider's key is not set */
  async stream(chat: ProviderChat, isJsonLines: boolean, response: Response): Promise<void> {
    const call = this.prepare(chat, response);
    const head = await call.send();
    tellCache(response, call);
    forgetBody(response);
    const options = isJsonLines
      ? {
          transform: toJsonLines,
          isReframed: true,
          headers: { 'Content-Type': `${JSON_LINES}; charset=utf-8` },
        }
      : {};
    const errorForm = this.familyOf(chat.provider);
    await new StreamRelay(call, response, { ...options, errorForm }).run(head);
  }

  private prepare({ provider: name, request, caller }: ProviderChat, response: Response): ForwardedCall {
    if (name !== 'openai' && this.models.findProvider(name) === undefined) throw notFound('Provider');
    this.assertWithinLimit(request);
    const chosen = this.models.chooseOf(name, request.model);
    const { name: model, provider } = chosen;
    const family = this.familyOf(name);
    const { parameters, adjusted } = toProviderBody(family, model, request, this.settings.maxOutputTokens);
    tellChanges(response, chosen, adjusted);
    if (this.settings.isPromptLogged) {
      this.logger.log({
        event: 'prompt',
        request_id: String(response.getHeader('X-Request-Id')),
        messages: request.messages,
      });
    }
    const call = this.models.forward(
      { payer: caller.payer, door: 'provider', model, provider },
      {
        method: 'POST',
        path: family === 'responses' ? '/responses' : '/chat/completions',
        body: Buffer.from(JSON.stringify(parameters)),
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        isRetried: true,
        isStream: true,
        outlook: { mostOutputTokens: givenBound(family, parameters) ?? this.settings.maxOutputTokens },
      },
    );
    stopWhenClientLeaves(response, call);
    return call;
  }

  private familyOf(provider: ProviderName): 'chat' | 'responses' {
    return provider === 'openai' ? this.settings.openaiApiFamily : 'chat';
  }

  /** What the bound is, the operator says: a decorator cannot know it. */
  private assertWithinLimit({ maxOutputTokens }: ProviderChatRequest): void {
    const most = this.settings.maxOutputTokens;
    if (maxOutputTokens === undefined || maxOutputTokens <= most) return;
    const message = `maxOutputTokens must not be greater than ${most}`;
    throw new AppError('validation_failed', message, { details: [{ path: ['maxOutputTokens'], message }] });
  }
}
