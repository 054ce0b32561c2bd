import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AgentService, type StartedTurn } from '../agent/agent.service';
import type { TurnResult } from '../agent/turn.types';
import { AllowAnonymous, type Caller, CurrentCaller, payerOf } from '../auth/caller';
import type { Principal } from '../auth/principal';
import { type Scope, Scopes } from '../auth/scopes';
import { signInRequired } from '../common/app-error';
import { toErrorBody } from '../common/error-body';
import { toAppError } from '../common/error.filter';
import { MayFailWith, PROVIDER_FAILURES } from '../common/may-fail-with.decorator';
import { requestContext } from '../common/request-context';
import { requestIdOf } from '../common/request-id.middleware';
import { SseWriter } from '../common/sse-writer';
import type { Door } from '../config/limit-variables';
import { RateLimited } from '../limits/rate-limited.decorator';
import { StreamSlots } from '../limits/stream-slots';
import { CHAT_ANSWER, STREAM_ANSWER } from './chat-answers';
import { asksForCompletion, ChatBodyPipe, type ChatRequest, isCompletion } from './chat-body.pipe';
import { CompletionRequest } from './completion.dto';
import { CompletionsService } from './completions.service';
import { toBlock } from './turn-blocks';
import { toTurnAnswer, TurnAnswer, TurnRequest } from './turn.dto';

const EXAMPLES = {
  begin: { summary: 'Begin a conversation', value: { message: 'Add a task to buy milk tomorrow' } },
  goOn: { summary: 'Go on with one', value: { conversation_id: 1, message: 'List my tasks' } },
  stateless: {
    summary: 'A completion without a conversation',
    value: { messages: [{ role: 'user', content: 'Say hello.' }] },
  },
};

const BODY = {
  schema: { oneOf: [{ $ref: getSchemaPath(TurnRequest) }, { $ref: getSchemaPath(CompletionRequest) }] },
  examples: EXAMPLES,
};

/** The task agent's two routes. Stateless completions share them; the body decides which of the two is meant. */
@ApiTags('chat')
@ApiBearerAuth()
@ApiExtraModels(TurnRequest, CompletionRequest, TurnAnswer)
@AllowAnonymous()
@Scopes(scopeOfBody)
@RateLimited(doorOfBody)
@MayFailWith(...PROVIDER_FAILURES, 'conversation_busy', 'turn_cancelled', 'turn_interrupted')
@Controller('api/chat')
export class ChatController {
  constructor(
    private readonly agent: AgentService,
    private readonly completions: CompletionsService,
    private readonly streams: StreamSlots,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'chat',
    summary: 'Runs a turn, or asks the model, and answers when it is over',
  })
  @ApiBody(BODY)
  @ApiOkResponse(CHAT_ANSWER())
  async chat(
    @CurrentCaller() caller: Caller,
    @Body(ChatBodyPipe) body: ChatRequest,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (isCompletion(body)) {
      await this.completions.answer({ request: body, rawBody: request.rawBody!, caller }, response);
      return;
    }
    const turn = await this.start(userOf(request), body, response);
    response.json(toTurnAnswer(turn.turnId, turn.conversationId, await resultOf(turn)));
  }

  @Post('stream')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'streamChat',
    summary: 'Runs a turn, or asks the model, and tells it as it goes, as server-sent events',
  })
  @ApiBody(BODY)
  @ApiOkResponse(STREAM_ANSWER())
  async stream(
    @CurrentCaller() caller: Caller,
    @Body(ChatBodyPipe) body: ChatRequest,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.streams.hold(caller.limited, response);
    if (isCompletion(body)) {
      await this.completions.stream({ request: body, rawBody: request.rawBody!, caller }, response);
      return;
    }
    await this.tell(await this.start(userOf(request), body, response), response);
  }

  private async start(user: Principal, body: TurnRequest, response: Response): Promise<StartedTurn> {
    // Not around every request: on Node 20 what follows an asynchronous context costs a tenth of a relayed request.
    const turn = await requestContext.run({ requestId: requestIdOf(response) }, () =>
      this.agent.start({
        userId: user.id,
        payer: payerOf(user),
        timezone: user.timezone,
        conversationId: body.conversation_id,
        message: body.message,
        model: body.model,
      }),
    );
    if (turn.replacedModel !== undefined) {
      response.setHeader('X-Model-Replaced', `${turn.replacedModel}=${turn.model}`);
    }
    return turn;
  }

  /** A reader who leaves stops reading, not the turn. */
  private async tell(turn: StartedTurn, response: Response): Promise<void> {
    const { turnId, conversationId, events } = turn;
    const writer = new SseWriter(response);
    writer.open();
    try {
      await writer.send({ turn_id: turnId, conversation_id: conversationId });
      for await (const event of events) {
        if (!(await writer.send(toBlock(event, turn)))) return;
      }
      writer.done();
    } catch (error) {
      await writer.send(toErrorBody(toAppError(error), requestIdOf(response)));
      writer.end();
    }
  }
}

async function resultOf(turn: StartedTurn): Promise<TurnResult> {
  let result: TurnResult | undefined;
  for await (const event of turn.events) {
    if (event.type === 'completed') result = event.result;
  }
  return result!;
}

/** Two routes share this path; the body decides which API-key scope applies. */
function scopeOfBody({ body }: Request): Scope {
  return asksForCompletion(body as object) ? 'proxy' : 'chat';
}

/** As which it is counted, too. */
function doorOfBody({ body }: Request): Door {
  return asksForCompletion(body as object) ? 'chat' : 'agent';
}

/** Turns are users': a caller without a token has none. */
function userOf({ user }: Request): Principal {
  if (user === undefined) throw signInRequired();
  return user as Principal;
}
