import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { payerOf } from '../auth/caller';
import type { Principal } from '../auth/principal';
import { NO_MODEL } from '../models/call-settlement';
import type { ForwardedCall } from '../models/forwarded-call';
import { ModelsService } from '../models/models.service';
import { OwnedObjects } from '../models/owned-objects.service';
import type { UpstreamHead } from '../models/upstream-exchange';
import type { MadeObject, NamedObject, Owner } from '../models/upstream-object';
import { isEventStream } from '../relay/answer-type';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { StreamRelay } from '../relay/stream-relay';
import { BackgroundCosts } from './background-costs.service';
import { EventRecorder } from './event-recorder';
import { madeByItems } from './made-objects';
import { makingOfResponse } from './making';
import { type JsonObject, relayJson } from './relay-json';

/** A request about a response that the provider keeps. */
export interface StoredResponseRequest {
  method: 'GET' | 'POST' | 'DELETE';
  id: string;
  /** Below the response's own address. */
  path?: '/cancel' | '/input_items';
  /** The client's query as it came, with its question mark; empty where there is none. */
  query: string;
  user: Principal;
}

const MAKING = makingOfResponse({ isStored: true });

/** Responses that a provider keeps, each for the user who had it made. */
@Injectable()
export class StoredResponsesService {
  constructor(
    private readonly models: ModelsService,
    private readonly objects: OwnedObjects,
    private readonly costs: BackgroundCosts,
  ) {}

  /** @throws AppError not_found where it is not the user's */
  async relay(request: StoredResponseRequest, response: Response): Promise<void> {
    const { method, id, path = '', query, user } = request;
    const provider = this.models.requireProvider('openai');
    const owner = { userId: user.id, provider: provider.ledgerName };
    const named: NamedObject = { kind: 'response', id };
    await this.objects.require(owner, [named]);
    const call = this.models.forward(
      { payer: payerOf(user), door: 'v1', model: NO_MODEL, provider },
      { method, path: `/responses/${encodeURIComponent(id)}${path}${query}`, isRetried: false },
    );
    stopWhenClientLeaves(response, call);
    const head = await call.send();
    if (isEventStream(head)) {
      await this.relayEvents(owner, call, head, response);
      return;
    }
    await relayJson(call, head, response, async (answer) => {
      if (method === 'DELETE') {
        await this.objects.forget(owner, named);
        return;
      }
      await this.objects.record(owner, madeBy(request, answer));
      await this.costs.book(owner, answer);
    });
  }

  private async relayEvents(
    owner: Owner,
    call: ForwardedCall,
    head: UpstreamHead,
    response: Response,
  ): Promise<void> {
    let told: JsonObject = {};
    const { marker, made } = MAKING.ofEvents;
    const readEvent = (event: JsonObject): MadeObject[] => {
      told = (event.response ?? told) as JsonObject;
      return made(event);
    };
    const recorder = new EventRecorder({ marker, made: readEvent }, (objects) =>
      this.objects.record(owner, objects),
    );
    await new StreamRelay(call, response, {
      errorForm: 'responses',
      before: (events) => recorder.before(events),
      beforeLastPart: (outline) => recorder.beforeLastPart(outline),
    }).run(head);
    await this.costs.book(owner, told);
  }
}

/** A response that was still being made when it was answered has its items only now. */
function madeBy({ path }: StoredResponseRequest, answer: JsonObject): MadeObject[] {
  if (path !== '/input_items') return MAKING.ofAnswer(answer);
  return Array.isArray(answer.data) ? madeByItems(answer.data, true) : [];
}
