import { adaptRequest, type AdaptedRequest } from '../models/adapt-request';
import type { ProviderChatRequest } from './provider-chat.dto';

type Body = Record<string, unknown>;

/** A provider's body for a request whose limits are checked, and the client's names of what the model made us change. */
export function toProviderBody(
  family: 'responses' | 'chat',
  model: string,
  request: ProviderChatRequest,
  mostOutputTokens: number,
): AdaptedRequest<Body> {
  const outputTokens = request.maxOutputTokens ?? mostOutputTokens;
  const body =
    family === 'responses' ? responsesBody(request, outputTokens) : chatBody(request, outputTokens);
  const { parameters, adjusted } = adaptRequest<Body>(model, { model, ...body }, family);
  return {
    parameters,
    adjusted: adjusted.map((name) => CLIENT_NAMES[name] ?? name).filter((name) => wasSent(request, name)),
  };
}

/** A field of the class that the client did not send is there too, undefined. */
const wasSent = (request: ProviderChatRequest, name: string): boolean =>
  request[name as keyof ProviderChatRequest] !== undefined;

const CLIENT_NAMES: Record<string, string> = {
  max_output_tokens: 'maxOutputTokens',
  max_tokens: 'maxOutputTokens',
  text: 'responseFormat',
  response_format: 'responseFormat',
};

/** Nothing is stored at the provider: the conversation is the client's. */
function responsesBody(request: ProviderChatRequest, outputTokens: number): Body {
  const { messages, system, temperature, responseFormat } = request;
  return {
    input: messages,
    ...(system ? { instructions: system } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(isSchema(responseFormat) ? { text: { format: responseFormat } } : {}),
    max_output_tokens: outputTokens,
    store: false,
    stream: true,
  };
}

function chatBody(request: ProviderChatRequest, outputTokens: number): Body {
  const { messages, system, temperature, responseFormat } = request;
  return {
    messages: [...(system ? [{ role: 'system', content: system }] : []), ...messages],
    ...(temperature === undefined ? {} : { temperature }),
    ...(isSchema(responseFormat) ? { response_format: toChatFormat(responseFormat) } : {}),
    max_tokens: outputTokens,
    stream: true,
    stream_options: { include_usage: true },
  };
}

type Format = ProviderChatRequest['responseFormat'];

function isSchema(format: Format): format is Exclude<Format, 'text' | undefined> {
  return format !== undefined && format !== 'text';
}

function toChatFormat({ type, ...schema }: Exclude<Format, 'text' | undefined>): Body {
  return { type, json_schema: schema };
}
