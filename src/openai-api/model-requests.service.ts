import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { JsonFields } from '../common/json-fields';
import { Settings } from '../config/settings';
import type { ForwardedCall } from '../models/forwarded-call';
import { type ChosenModel, ModelsService } from '../models/models.service';
import { OwnedObjects } from '../models/owned-objects.service';
import type { MadeObject, Owner } from '../models/upstream-object';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { forgetBody } from '../relay/forget-body';
import { StreamRelay } from '../relay/stream-relay';
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
    const call = this.forward(request, chosen, isStream);
    stopWhenClientLeaves(response, call);
    const head = await call.send();
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
      before: recorder && ((events) => recorder.before(events)),
    }).run(head);
  }

  private forward(request: ModelRequest, chosen: ChosenModel, isStream: boolean): ForwardedCall {
    const { route, body, user } = request;
    if (this.settings.isPromptLogged) {
      this.logger.log({ event: 'prompt', messages: body.messages, input: body.input });
    }
    return this.models.forward(
      { userId: user.id, door: 'v1', model: chosen.name, provider: chosen.provider },
      {
        method: 'POST',
        path: route,
        body: toProviderBody(request, chosen.name, isStream),
        headers: {
          'content-type': 'application/json',
          accept: isStream ? 'text/event-stream' : 'application/json',
        },
        isRetried: false,
      },
    );
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
