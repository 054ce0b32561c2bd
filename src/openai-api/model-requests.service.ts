import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { payerOf } from '../auth/caller';
import { JsonFields } from '../common/json-fields';
import { Settings } from '../config/settings';
import { NO_MODEL } from '../models/call-settlement';
import type { ForwardedCall, ForwardedRequest } from '../models/forwarded-call';
import { limitedBody } from '../models/limited-body';
import { type ChosenModel, ModelsService } from '../models/models.service';
import { namedByForm } from '../models/named-objects';
import { OwnedObjects } from '../models/owned-objects.service';
import type { UpstreamHead } from '../models/upstream-exchange';
import type { MadeObject, Owner } from '../models/upstream-object';
import { assertNoPage, isEventStream, isJson } from '../relay/answer-type';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { forgetBody } from '../relay/forget-body';
import { StreamRelay } from '../relay/stream-relay';
import { tellCache } from '../relay/told-cache';
import { tellChanges } from '../relay/told-changes';
import { AnswerRelay } from './answer-relay';
import { boundsOf, type CallBounds } from './call-bounds';
import { EventRecorder } from './event-recorder';
import { assertKnownFields, assertSpelling, isForeignServer } from './field-names';
import { type Making, makingOf } from './making';
import { fieldNames, type ModelRequest, readModel, readStream, wantsUsage } from './model-request';
import { MODEL_ROUTES, type ModelRoute } from './model-routes';
import { plainHeader } from './plain-header';
import { relayJson } from './relay-json';
import { withoutUsageChunk } from './usage-chunk';

/** A request that is ready to go out. */
interface Prepared {
  request: ModelRequest;
  chosen: ChosenModel;
  isStream: boolean;
  names: readonly string[];
}

/** What its answer needs, when the request itself is forgotten. */
interface Answering {
  call: ForwardedCall;
  head: UpstreamHead;
  response: Response;
  making: Making | undefined;
  record: (made: MadeObject[]) => Promise<void>;
  hidesUsage: boolean;
  route: ModelRoute;
}

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
    const { route, body } = request;
    const names = fieldNames(request);
    assertSpelling(route, names);
    if (isForeignServer(this.settings)) assertKnownFields(route, names, this.settings.allowedFields);
    const chosen = this.models.choose(readModel(request));
    const isStream = readStream(request);
    tellChanges(response, chosen);
    const owner: Owner = { userId: request.user.id, provider: chosen.provider.ledgerName };
    await this.requireNamed(owner, request);
    const call = this.forward({ request, chosen, isStream, names }, response);
    stopWhenClientLeaves(response, call);
    const head = await call.send();
    tellCache(response, call);
    const making = makingOf(request, call.id);
    const hidesUsage = isStream && hasUsageChunk(route) && !wantsUsage(body);
    forgetBody(response);
    const record = (made: MadeObject[]): Promise<void> => this.objects.record(owner, made);
    const answering = { call, head, response, making, record, hidesUsage, route };
    if (MODEL_ROUTES[route].isText) await (isStream ? relayEvents(answering) : relayObject(answering));
    else await relayAnything(answering);
  }

  private async requireNamed(owner: Owner, { route, body, rawBody, form }: ModelRequest): Promise<void> {
    if (form !== undefined) {
      const named = namedByForm(form.texts);
      if (named.length > 0) await this.objects.require(owner, named);
    } else if (route !== '/embeddings') {
      await this.objects.requireNamed(owner, body, rawBody);
    }
  }

  private forward(prepared: Prepared, response: Response): ForwardedCall {
    const { request, chosen, isStream } = prepared;
    const { route, body, user } = request;
    const providerBody = toProviderBody(request, chosen.name, isStream);
    if (this.settings.isPromptLogged) {
      this.logger.log({ event: 'prompt', messages: body.messages, input: body.input, prompt: body.prompt });
    }
    const bounds = boundsOf(request, chosen.name, this.settings.maxOutputTokens);
    const model = bounds === undefined ? NO_MODEL : chosen.name;
    return this.models.forward(
      { payer: payerOf(user), door: 'v1', model, provider: chosen.provider },
      {
        method: 'POST',
        path: route,
        body: providerBody,
        headers: {
          'content-type': request.form?.contentType ?? 'application/json',
          accept: acceptedBy(route, isStream),
        },
        isRetried: false,
        isStream,
        isBackground: body.background === true,
        outlook: bounds?.outlook,
        limited: this.limitedBodyOf(prepared, providerBody, bounds, response),
      },
    );
  }

  /** Fields are the client's business, until somebody else's money needs a bound. */
  private limitedBodyOf(
    { request, chosen, names }: Prepared,
    body: Buffer,
    bounds: CallBounds | undefined,
    response: Response,
  ): ForwardedRequest['limited'] {
    const { allowedFields } = this.settings;
    return () => {
      assertKnownFields(request.route, names, allowedFields);
      if (bounds?.dialect === undefined) return body;
      const { body: bounded, changed } = limitedBody({
        model: chosen.name,
        dialect: bounds.dialect,
        fields: request.body,
        body,
        mostOutputTokens: bounds.setTokens,
      });
      tellChanges(response, chosen, changed);
      return bounded;
    };
  }
}

function acceptedBy(route: ModelRoute, isStream: boolean): string {
  if (isStream) return 'text/event-stream';
  return MODEL_ROUTES[route].isText ? 'application/json' : '*/*';
}

/** Streams of completions tell their usage where that is asked for. */
const hasUsageChunk = (route: ModelRoute): boolean =>
  route === '/chat/completions' || route === '/completions';

async function relayEvents({
  call,
  head,
  response,
  making,
  record,
  hidesUsage,
  route,
}: Answering): Promise<void> {
  const recorder = making && new EventRecorder(making.ofEvents, record);
  await new StreamRelay(call, response, {
    transform: hidesUsage ? withoutUsageChunk : undefined,
    errorForm: route.startsWith('/responses') ? 'responses' : 'chat',
    before: recorder && ((events) => recorder.before(events)),
    beforeLastPart: recorder && ((outline) => recorder.beforeLastPart(outline)),
  }).run(head);
}

async function relayObject({ call, head, response, making, record }: Answering): Promise<void> {
  await relayJson(call, head, response, making && ((answer) => record(making.ofAnswer(answer))));
}

/** Models differ in what they make of the same request: events, JSON, plain text, sound. */
async function relayAnything(answering: Answering): Promise<void> {
  const { call, head, response } = answering;
  if (isEventStream(head)) return relayEvents(answering);
  if (isJson(head)) return relayObject(answering);
  assertNoPage(head, call);
  const headers = { 'Content-Type': plainHeader(head.headers['content-type'], 'application/octet-stream') };
  return new AnswerRelay(call, response, head, { headers }).run();
}

/** The client's bytes. Only the model, if another one answers, and the request for usage are changed. */
function toProviderBody(
  { route, body, rawBody, form }: ModelRequest,
  model: string,
  isStream: boolean,
): Buffer {
  if (form !== undefined) return body.model === model ? rawBody : form.withModel(model);
  const fields = new JsonFields(rawBody);
  if (body.model !== model) fields.set('model', model);
  if (isStream && hasUsageChunk(route) && !wantsUsage(body)) {
    const options = body.stream_options ?? {};
    // What is no object the provider refuses.
    if (typeof options === 'object' && !Array.isArray(options))
      fields.set('stream_options', { ...options, include_usage: true });
  }
  return fields.toBuffer();
}
