import { type Ask, post } from './requests';
import {
  chat,
  CHAT_USAGE,
  jsonAnswer,
  responses,
  type Script,
  type ScriptedUpstream,
  streamAnswer,
} from './scripted-upstream';
import { MESSAGES } from './stateless';

const EMBEDDINGS_PATH = '/v1/embeddings';
const OPENAI_MODEL = 'gpt-4o-mini';
const EMBEDDING_MODEL = 'text-embedding-3-small';

/** A door whose provider answers may be cached. */
export interface CachedDoor {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Record<string, string>;
  /** The path of the provider's request. */
  readonly upstreamPath: string;
  /** A provider's answer with this text. */
  readonly answer: (text: string) => Script;
}

const V1_CHAT = { model: OPENAI_MODEL, messages: MESSAGES, temperature: 0 };
const V1_RESPONSE = { model: OPENAI_MODEL, input: 'hi', temperature: 0, store: false };
const COMPLETION = { body: { messages: MESSAGES, temperature: 0 } };

const OF_CHAT = { upstreamPath: chat.path, answer: (text: string) => jsonAnswer(chat.whole(text)) };
const OF_CHAT_STREAM = { ...OF_CHAT, answer: (text: string) => streamAnswer(...chat.frames(['Well', text])) };
const OF_RESPONSE = {
  upstreamPath: responses.path,
  answer: (text: string) => jsonAnswer(responses.whole(text)),
};
const OF_RESPONSE_STREAM = {
  ...OF_RESPONSE,
  answer: (text: string) => streamAnswer(...responses.frames(['Well', text])),
};

export const CHAT_DOOR: CachedDoor = { ...COMPLETION, ...OF_CHAT, name: 'a completion', path: '/api/chat' };
export const CHAT_STREAM_DOOR: CachedDoor = {
  ...COMPLETION,
  ...OF_CHAT_STREAM,
  name: 'a completion’s stream',
  path: '/api/chat/stream',
};
export const OPENAI_STREAM_DOOR: CachedDoor = {
  ...COMPLETION,
  ...OF_RESPONSE_STREAM,
  name: 'OpenAI’s own stream',
  path: '/api/chat-openai',
};
export const V1_CHAT_DOOR: CachedDoor = {
  ...OF_CHAT,
  name: 'a completion under /v1',
  path: chat.path,
  body: V1_CHAT,
};
export const V1_CHAT_STREAM_DOOR: CachedDoor = {
  ...OF_CHAT_STREAM,
  name: 'a completion’s stream under /v1',
  path: chat.path,
  body: { ...V1_CHAT, stream: true },
};
export const V1_RESPONSE_DOOR: CachedDoor = {
  ...OF_RESPONSE,
  name: 'a response',
  path: responses.path,
  body: V1_RESPONSE,
};
export const V1_RESPONSE_STREAM_DOOR: CachedDoor = {
  ...OF_RESPONSE_STREAM,
  name: 'a response’s stream',
  path: responses.path,
  body: { ...V1_RESPONSE, stream: true },
};
const EMBEDDINGS_DOOR: CachedDoor = {
  name: 'embeddings',
  path: EMBEDDINGS_PATH,
  body: { model: EMBEDDING_MODEL, input: ['hi', 'there'] },
  upstreamPath: EMBEDDINGS_PATH,
  answer: (text) =>
    jsonAnswer({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [text.length, 0.25], text }],
      model: EMBEDDING_MODEL,
      usage: { prompt_tokens: CHAT_USAGE.prompt_tokens, total_tokens: CHAT_USAGE.prompt_tokens },
    }),
};

export const CACHED_DOORS: readonly CachedDoor[] = [
  CHAT_DOOR,
  CHAT_STREAM_DOOR,
  OPENAI_STREAM_DOOR,
  {
    ...OPENAI_STREAM_DOOR,
    name: 'OpenAI’s own stream, as lines of JSON',
    headers: { accept: 'application/x-ndjson' },
  },
  { ...COMPLETION, ...OF_CHAT_STREAM, name: 'Gemini’s own stream', path: '/api/chat-gemini' },
  V1_CHAT_DOOR,
  V1_CHAT_STREAM_DOOR,
  V1_RESPONSE_DOOR,
  V1_RESPONSE_STREAM_DOOR,
  EMBEDDINGS_DOOR,
];

export const through = ({ path, body, headers }: CachedDoor, over: object = {}): Ask =>
  post(path, { ...body, ...over }, headers);

/** Makes the provider answer differently each time, so a repeated answer must come from the cache. */
export function answerAnew(upstream: ScriptedUpstream, { upstreamPath, answer }: CachedDoor): void {
  let count = 0;
  upstream.play(upstreamPath, () => answer(` answer ${++count}`));
}
