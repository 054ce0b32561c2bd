import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../../auth/caller';
import { ConnectionAuth, type Opener } from '../../auth/connection-auth';
import { AppError } from '../../common/app-error';
import { toAppError } from '../../common/error.filter';
import { Lifecycle } from '../../common/lifecycle';
import { Settings } from '../../config/settings';
import { RequestRates } from '../../limits/request-rates';
import { adaptRequest } from '../../models/adapt-request';
import type { ForwardedCall } from '../../models/forwarded-call';
import { ModelsService } from '../../models/models.service';
import { OwnedObjects } from '../../models/owned-objects.service';
import { pointsElsewhere } from '../../models/pointers';
import { toUpstreamError, UpstreamReplyError } from '../../models/upstream-errors';
import { readJsonAnswer } from '../../relay/read-answer';
import { DeltaStream } from './delta-stream';
import { type PromptRequest, readPromptRequest } from './prompt-request';
import { toFrame, toFrames } from './reply-frames';

/** Answers the text messages of connections, however these are carried. */
@Injectable()
export class PromptsService {
  private readonly logger = new Logger(PromptsService.name);

  constructor(
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly auth: ConnectionAuth,
    private readonly rates: RequestRates,
    private readonly models: ModelsService,
    private readonly objects: OwnedObjects,
  ) {}

  /**
   * The frames that answer a message. Who stops reading them aborts the provider's work, and so does the signal.
   * @throws AppError after which the connection is to be closed
   */
  async *answer(message: string, opener: Opener, signal: AbortSignal): AsyncGenerator<string> {
    const startedAt = performance.now();
    let outcome = 'client_left';
    try {
      yield* this.framesOf(message, opener, signal);
      outcome = 'answered';
    } catch (error) {
      outcome = toAppError(error).code;
      throw error;
    } finally {
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      this.logger.log({ event: 'socket_request', outcome, durationMs });
    }
  }

  private async *framesOf(message: string, opener: Opener, signal: AbortSignal): AsyncGenerator<string> {
    if (this.lifecycle.isShuttingDown) throw shuttingDown();
    const caller = await this.auth.currentCaller(opener);
    const { userId, limited } = caller;
    await this.rates.countPrompt(userId === null ? undefined : limited, opener.address);
    const request = readPromptRequest(message);
    const call = await this.prepare(request, message, caller);
    const stop = (): void => call.stop();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      const head = await call.send();
      if (request.response_type === 'stream') yield* toFrames(new DeltaStream(call).read(head));
      else yield toFrame(request.response_type, await readReply(call));
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  private async prepare(
    request: PromptRequest,
    message: string,
    { userId, payer }: Caller,
  ): Promise<ForwardedCall> {
    const template = this.settings.promptTemplates.get(request.prompt_template);
    if (template === undefined) {
      throw new AppError('unknown_prompt_template', 'There is no prompt template of this name.');
    }
    const { name: model, provider } = this.models.choose(undefined);
    const owner = { userId, provider: provider.ledgerName };
    await this.objects.requireNamed(owner, request, Buffer.from(message));
    if (this.settings.isPromptLogged) this.logger.log({ event: 'prompt', messages: request.messages });
    const { parameters } = adaptRequest(model, {
      model,
      messages: [{ role: 'system', content: template }, ...request.messages],
      max_tokens: this.settings.maxOutputTokens,
      ...(request.response_type === 'stream'
        ? { stream: true, stream_options: { include_usage: true } }
        : undefined),
    });
    return this.models.forward(
      { payer, door: 'socket', model, provider },
      {
        method: 'POST',
        path: '/chat/completions',
        body: Buffer.from(JSON.stringify(parameters)),
        headers: { 'content-type': 'application/json' },
        isRetried: true,
        isStream: request.response_type === 'stream',
        outlook: {
          mostOutputTokens: this.settings.maxOutputTokens,
          pointsElsewhere: pointsElsewhere({ messages: request.messages }),
        },
      },
    );
  }
}

export const shuttingDown = (): AppError =>
  new AppError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 5 });

/** The text of the first choice, which may be a refusal. */
async function readReply(call: ForwardedCall): Promise<string> {
  const { value } = await readJsonAnswer(call);
  if (!Array.isArray(value.choices)) {
    throw toUpstreamError(new UpstreamReplyError('upstream_invalid_response', 'no choices'));
  }
  const [first] = value.choices as ({ message?: { content?: unknown; refusal?: unknown } } | null)[];
  const { content, refusal } = first?.message ?? {};
  return (
    ([content, refusal].find((text) => typeof text === 'string' && text !== '') as string | undefined) ?? ''
  );
}
