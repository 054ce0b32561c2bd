import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { payerOf } from '../auth/caller';
import { JsonFields } from '../common/json-fields';
import { Settings } from '../config/settings';
import type { ForwardedCall, ForwardedRequest } from '../models/forwarded-call';
import { givenAnswers, givenBound, limitedBody } from '../models/limited-body';
import { type ChosenModel, ModelsService } from '../models/models.service';
import { pointsElsewhere } from '../models/pointers';
import { OwnedObjects } from '../models/owned-objects.service';
import type { MadeObject, Owner } from '../models/upstream-object';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { forgetBody } from '../relay/forget-body';
import { StreamRelay } from '../relay/stream-relay';
import { tellCache } from '../relay/told-cache';
import { tellChanges } from '../relay/told-changes';
import { EventRecorder } from './event-recorder';
import { makingOf } from './making';
import { type ModelRequest, readModel, readStream, wantsUsage } from './model-request';
import { relayJson } from './relay-json';
import { withoutUsageChunk } from './usage-chunk';

/** Requests that run a model, passed on to its provider byte for byte. */
@Injectable()
export class ModelRequestsService {
  private readonly logger = new Logger(ModelRequestsService.name);

  constructor(
    private readonly settings: Settings,
    private readonly models: ModelsService,
    private readonly objects: OwnedObjects,
  ) {}

  /** @throws AppError not_found where the request names what is not the user's */
  async relay(request: ModelRequest, response: Response): Promise<void> {
    const chosen = this.models.choose(readModel(request));
    const isStream = readStream(request);
    tellChanges(response, chosen);
    const owner: Owner = { userId: request.user.id, provider: chosen.provider.ledgerName };
    if (request.route !== '/embeddings') {
      await this.objects.requireNamed(owner, request.body, request.rawBody);
    }
    const call = this.forward(request, chosen, isStream, response);
    stopWhenClientLeaves(response, call);
    const head = await call.send();
    tellCache(response, call);
    const making = makingOf(request, call.id);
    forgetBody(response);
    const record = (made: MadeObject[]): Promise<void> => this.objects.record(owner, made);
    if (!isStream) {
      await relayJson(call, head, response, making && ((answer) => record(making.ofAnswer(answer))));
      return;
    }
    const hidesUsage = request.route === '/chat/completions' && !wantsUsage(request.body);
    const recorder = making && new EventRecorder(making.ofEvents, record);
    await new StreamRelay(call, response, {
      transform: hidesUsage ? withoutUsageChunk : undefined,
      errorForm: request.route === '/responses' ? 'responses' : 'chat',
      before: recorder && ((events) => recorder.before(events)),
      beforeLastPart: recorder && ((outline) => recorder.beforeLastPart(outline)),
    }).run(head);
  }

  private forward(
    request: ModelRequest,
    chosen: ChosenModel,
    isStream: boolean,
    response: Response,
  ): ForwardedCall {
    const { route, body, user } = request;
    const providerBody = toProviderBody(request, chosen.name, isStream);
    if (this.settings.isPromptLogged) {
      this.logger.log({ event: 'prompt', messages: body.messages, input: body.input });
    }
    return this.models.forward(
      { payer: payerOf(user), door: 'v1', model: chosen.name, provider: chosen.provider },
      {
        method: 'POST',
        path: route,
        body: providerBody,
        headers: {
          'content-type': 'application/json',
          accept: isStream ? 'text/event-stream' : 'application/json',
        },
        isRetried: false,
        isStream,
        isBackground: body.background === true,
        ...this.limitsOf(request, { chosen, body: providerBody, response }),
      },
    );
  }

  /** Fields are the client's business, until somebody else's money needs a bound. */
  private limitsOf(
    { route, body: fields }: ModelRequest,
    { chosen, body, response }: { chosen: ChosenModel; body: Buffer; response: Response },
  ): Pick<ForwardedRequest, 'outlook' | 'limited'> {
    if (route === '/embeddings') return { outlook: { mostOutputTokens: 0 } };
    const dialect = route === '/responses' ? 'responses' : 'chat';
    const { maxOutputTokens } = this.settings;
    const limited = (): Buffer => {
      const limits = {
        model: chosen.name,
        dialect,
        fields,
        body,
        mostOutputTokens: maxOutputTokens,
      } as const;
      const { body: bounded, changed } = limitedBody(limits);
      tellChanges(response, chosen, changed);
      return bounded;
    };
    const outlook = {
      mostOutputTokens: givenBound(dialect, fields) ?? maxOutputTokens,
      answers: dialect === 'chat' ? givenAnswers(fields) : 1,
      pointsElsewhere: pointsElsewhere(fields),
    };
    return { outlook, limited };
  }
}

/** The client's bytes. Changed are the model where it is not the one that answers, and whether usage is told. */
function toProviderBody({ route, body, rawBody }: ModelRequest, model: string, isStream: boolean): Buffer {
  const fields = new JsonFields(rawBody);
  if (body.model !== model) fields.set('model', model);
  if (isStream && route === '/chat/completions' && !wantsUsage(body)) {
    const options = body.stream_options ?? {};
    // What is no object the provider refuses.
    if (typeof options === 'object' && !Array.isArray(options))
      fields.set('stream_options', { ...options, include_usage: true });
  }
  return fields.toBuffer();
}
