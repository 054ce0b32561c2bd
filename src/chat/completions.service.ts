import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import type { Caller } from '../auth/caller';
import { toErrorBody } from '../common/error-body';
import { JsonFields } from '../common/json-fields';
import { PacedResponse } from '../common/paced-response';
import { SseWriter } from '../common/sse-writer';
import { Settings } from '../config/settings';
import { planAdjustments } from '../models/adapt-request';
import type { ForwardedCall, ForwardedRequest } from '../models/forwarded-call';
import { limitedBody } from '../models/limited-body';
import { type ChosenModel, ModelsService } from '../models/models.service';
import { OwnedObjects } from '../models/owned-objects.service';
import { pointsElsewhere } from '../models/pointers';
import { toUpstreamError, UpstreamReplyError } from '../models/upstream-errors';
import { reportBrokenStream } from '../relay/broken-stream';
import { stopWhenClientLeaves } from '../relay/client-leaving';
import { DeltaReader } from '../relay/delta-reader';
import { forgetBody } from '../relay/forget-body';
import { readJsonAnswer } from '../relay/read-answer';
import { tellCache } from '../relay/told-cache';
import { tellChanges } from '../relay/told-changes';
import type { CompletionRequest } from './completion.dto';

/** The request a door got: what it asks for, and the bytes it came as. */
export interface ReceivedCompletion {
  request: CompletionRequest;
  rawBody: Buffer;
  caller: Caller;
}

/** A request as it goes out, where nobody's limit changes it. */
interface BuiltCompletion {
  chosen: ChosenModel;
  body: Buffer;
  adjusted: string[];
  response: Response;
}

/** Completions without a conversation, passed on to the model's provider. */
@Injectable()
export class CompletionsService {
  private readonly logger = new Logger(CompletionsService.name);

  constructor(
    private readonly settings: Settings,
    private readonly models: ModelsService,
    private readonly objects: OwnedObjects,
  ) {}

  /** Answers with the provider's completion as it came, and its text as `content`. */
  async answer(received: ReceivedCompletion, response: Response): Promise<void> {
    const call = await this.prepare(received, false, response);
    await call.send();
    tellCache(response, call);
    const { bytes, value } = await readJsonAnswer(call);
    const answer = withContent(bytes, value);
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': answer.length,
    });
    new PacedResponse(response).end(answer);
  }

  /** Answers with the text as it comes, in blocks of our own. */
  async stream(received: ReceivedCompletion, response: Response): Promise<void> {
    const call = await this.prepare(received, true, response);
    const head = await call.send();
    tellCache(response, call);
    forgetBody(response);
    const writer = new SseWriter(response, {
      onBehind: () => call.pause(),
      onCaughtUp: () => call.resume(),
    });
    // The headers wait for the first block: a failure before it is an ordinary error.
    const push = (...blocks: object[]): void => {
      if (!response.headersSent) writer.open();
      writer.push(...blocks);
    };
    await new Promise<void>((resolve, reject) => {
      let deltas: object[] = [];
      const pushDeltas = (): void => {
        if (deltas.length > 0) push(...deltas);
        deltas = [];
      };
      const reader = new DeltaReader(call, {
        onDelta: (delta) => deltas.push({ delta }),
        // Each write costs more than the blocks in it.
        onBurstEnd: pushDeltas,
        onEnd: ({ usage, model, finishReason }) => {
          push(...deltas, { usage, model, finish_reason: finishReason });
          writer.done();
          resolve();
        },
        onBroken: (error) => {
          pushDeltas();
          if (!response.headersSent) {
            reject(error);
            return;
          }
          reportBrokenStream(error, response);
          writer.push(toErrorBody(error, String(response.getHeader('X-Request-Id'))));
          writer.end();
          resolve();
        },
      });
      reader.run(head);
    });
  }

  private async prepare(
    { request, rawBody, caller }: ReceivedCompletion,
    isStream: boolean,
    response: Response,
  ): Promise<ForwardedCall> {
    const chosen = this.models.choose(request.model);
    const { name: model, provider } = chosen;
    const owner = { userId: caller.userId, provider: provider.ledgerName };
    await this.objects.requireNamed(owner, request, rawBody);
    const { body, adjusted } = this.buildBody(request, rawBody, model, isStream);
    tellChanges(response, chosen, adjusted);
    if (this.settings.isPromptLogged) {
      this.logger.log({
        event: 'prompt',
        request_id: String(response.getHeader('X-Request-Id')),
        messages: request.messages,
      });
    }
    const call = this.models.forward(
      { payer: caller.payer, door: 'chat', model, provider },
      {
        method: 'POST',
        path: '/chat/completions',
        body,
        headers: { 'content-type': 'application/json' },
        isRetried: true,
        isStream,
        ...this.limitsOf(request, { chosen, body, adjusted, response }),
      },
    );
    stopWhenClientLeaves(response, call);
    return call;
  }

  private limitsOf(
    request: CompletionRequest,
    { chosen, body, adjusted, response }: BuiltCompletion,
  ): Pick<ForwardedRequest, 'outlook' | 'limited'> {
    const fields: Record<string, unknown> = { ...request };
    const { maxOutputTokens } = this.settings;
    const mostOutputTokens = Math.min(request.max_tokens ?? maxOutputTokens, maxOutputTokens);
    const limited = (): Buffer => {
      const limits = { model: chosen.name, dialect: 'chat', fields, body, mostOutputTokens } as const;
      const { body: bounded, changed } = limitedBody(limits);
      // By the name that its clients know.
      const told = changed.map((name) => (name === 'max_completion_tokens' ? 'max_tokens' : name));
      tellChanges(response, chosen, [...new Set([...adjusted, ...told])]);
      return bounded;
    };
    return { outlook: { mostOutputTokens, pointsElsewhere: pointsElsewhere(fields) }, limited };
  }

  /** The client's bytes, with no more changed than must be. */
  private buildBody(
    request: CompletionRequest,
    rawBody: Buffer,
    model: string,
    isStream: boolean,
  ): { body: Buffer; adjusted: string[] } {
    const fields = new JsonFields(rawBody);
    const { maxOutputTokens } = this.settings;
    const isTooLong = request.max_tokens !== undefined && request.max_tokens > maxOutputTokens;
    if (isTooLong) fields.set('max_tokens', maxOutputTokens);
    const plan = planAdjustments(model, { ...request });
    plan.remove.forEach((name) => fields.remove(name));
    Object.entries(plan.rename).forEach(([name, newName]) => fields.rename(name, newName));
    Object.entries(plan.set).forEach(([name, value]) => fields.set(name, value));
    if (request.model !== model) fields.set('model', model);
    if (isStream) fields.set('stream', true).set('stream_options', { include_usage: true });
    const adjusted =
      isTooLong && !plan.adjusted.includes('max_tokens') ? ['max_tokens', ...plan.adjusted] : plan.adjusted;
    return { body: fields.toBuffer(), adjusted };
  }
}

/** @throws AppError upstream_invalid_response where it is no completion */
function withContent(bytes: Buffer, completion: Record<string, unknown>): Buffer {
  if (!Array.isArray(completion.choices)) {
    throw toUpstreamError(new UpstreamReplyError('upstream_invalid_response', 'no choices'));
  }
  const [first] = completion.choices as ({ message?: { content?: unknown } } | null)[];
  const content = first?.message?.content;
  const added = `,"content":${JSON.stringify(typeof content === 'string' ? content : '')}}`;
  return Buffer.concat([bytes.subarray(0, bytes.lastIndexOf('}')), Buffer.from(added)]);
}
