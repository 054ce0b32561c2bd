import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Principal } from '../auth/principal';
import { StreamSlots } from '../limits/stream-slots';
import { type ModelRequest, readStream } from './model-request';
import { ModelRequestsService } from './model-requests.service';
import { MODEL_ROUTES, type ModelRoute } from './model-routes';
import { readForm } from './read-form';
import type { JsonObject } from './relay-json';

/** A request as it comes to a route that runs a model. */
export interface ReceivedRequest {
  user: Principal;
  request: Request;
  response: Response;
}

/** Reads what a request for a model's work says, as JSON or as a form, and has it passed on. */
@Injectable()
export class ModelRequestReception {
  constructor(
    private readonly requests: ModelRequestsService,
    private readonly streams: StreamSlots,
  ) {}

  /** @throws AppError too_many_streams, or why the request cannot be passed on */
  async receive(route: ModelRoute, received: ReceivedRequest): Promise<void> {
    const { user, response } = received;
    const asked = await this.read(route, received);
    if (readStream(asked)) await this.streams.hold(user, response);
    await this.requests.relay(asked, response);
  }

  private async read(route: ModelRoute, { user, request }: ReceivedRequest): Promise<ModelRequest> {
    const { rawBody } = request;
    const { form: forms } = MODEL_ROUTES[route];
    if (forms === 'only' || (forms === 'too' && isForm(request))) {
      const { form, bytes } = await readForm(request);
      return { route, body: form.fields, rawBody: bytes, form, user };
    }
    return { route, body: request.body as JsonObject, rawBody: rawBody ?? Buffer.from('{}'), user };
  }
}

const isForm = ({ headers }: Request): boolean => /^multipart\//i.test(headers['content-type'] ?? '');
