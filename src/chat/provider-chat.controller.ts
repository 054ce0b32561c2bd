import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowAnonymous, type Caller, CurrentCaller } from '../auth/caller';
import { Scopes } from '../auth/scopes';
import { MayFailWith, PROVIDER_FAILURES } from '../common/may-fail-with.decorator';
import { type ProviderName, SIBLING_NAMES } from '../config/providers';
import { RateLimited } from '../limits/rate-limited.decorator';
import { StreamSlots } from '../limits/stream-slots';
import { ProviderChatRequest } from './provider-chat.dto';
import { ProviderChatService } from './provider-chat.service';

const ROUTE_PREFIX = 'chat-';
const ROUTES = ['openai', ...SIBLING_NAMES].map((name) => ROUTE_PREFIX + name);

const EXAMPLES = {
  stream: {
    summary: 'A stream of text',
    value: { messages: [{ role: 'user', content: 'Say hello.' }], system: 'Be brief.', maxOutputTokens: 200 },
  },
  json: {
    summary: 'A reply of a given shape',
    value: {
      messages: [{ role: 'user', content: 'Name a colour.' }],
      responseFormat: {
        type: 'json_schema',
        schema: { type: 'object', properties: { colour: { type: 'string' } } },
      },
    },
  },
};

/** One route a provider: its own event stream, as it sends it. */
@ApiTags('chat')
@ApiBearerAuth()
@AllowAnonymous()
@Scopes('proxy')
@RateLimited('provider')
@MayFailWith(...PROVIDER_FAILURES)
@Controller('api')
export class ProviderChatController {
  constructor(
    private readonly chats: ProviderChatService,
    private readonly streams: StreamSlots,
  ) {}

  @Post(ROUTES)
  @HttpCode(200)
  @ApiOperation({ summary: 'Asks one provider and relays its stream byte for byte' })
  @ApiBody({ type: ProviderChatRequest, examples: EXAMPLES })
  @ApiOkResponse({
    description: 'The provider’s own events; one JSON a line where `Accept` is `application/x-ndjson`',
    content: {
      'text/event-stream': { schema: { type: 'string' } },
      'application/x-ndjson': { schema: { type: 'string' } },
    },
  })
  async chat(
    @CurrentCaller() caller: Caller,
    @Body() body: ProviderChatRequest,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.streams.hold(caller.limited, response);
    const isJsonLines =
      request.accepts('text/event-stream', 'application/x-ndjson') === 'application/x-ndjson';
    const chat = { provider: providerOfRoute(request.path), request: withOwnSchema(body, request), caller };
    await this.chats.stream(chat, isJsonLines, response);
  }
}

function providerOfRoute(path: string): ProviderName {
  const route = path.replace(/\/+$/, '').split('/').at(-1)!.toLowerCase();
  return route.slice(ROUTE_PREFIX.length) as ProviderName;
}

/** The schema as it came: validation copies it without the keys that mean something to JavaScript. */
function withOwnSchema(body: ProviderChatRequest, { body: raw }: Request): ProviderChatRequest {
  const { responseFormat } = body;
  if (responseFormat === undefined || responseFormat === 'text') return body;
  const { schema } = (raw as ProviderChatRequest).responseFormat as typeof responseFormat;
  return { ...body, responseFormat: { ...responseFormat, schema } };
}
