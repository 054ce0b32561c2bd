/** The routes that run a model, by their paths below `/v1` and a provider's base URL. */
export type ModelRoute =
  | '/chat/completions'
  | '/completions'
  | '/responses'
  | '/responses/compact'
  | '/responses/input_tokens'
  | '/embeddings'
  | '/moderations'
  | '/images/generations'
  | '/images/edits'
  | '/audio/transcriptions'
  | '/audio/translations'
  | '/audio/speech';

export interface RouteRules {
  /** What is called where the request names no model: the server's default, or this one. Absent: it must name one. */
  defaultModel?: 'server' | (string & {});
  /** The field that asks for a stream. Absent: the route has no streams. */
  stream?: 'stream' | 'stream_format';
  /** Whether an answer is always JSON, or events where a stream was asked for; the provider decides otherwise. */
  isText?: boolean;
  /** Whether a request may come as a form: instead of JSON, or beside it. */
  form?: 'only' | 'too';
}

/** OpenAI's own default has ended; this is the family that followed it. */
const DEFAULT_IMAGE_MODEL = 'gpt-image-2';

export const MODEL_ROUTES: Readonly<Record<ModelRoute, RouteRules>> = {
  '/chat/completions': { defaultModel: 'server', stream: 'stream', isText: true },
  '/completions': { stream: 'stream', isText: true },
  '/responses': { defaultModel: 'server', stream: 'stream', isText: true },
  '/responses/compact': { isText: true },
  '/responses/input_tokens': { defaultModel: 'server', isText: true },
  '/embeddings': { isText: true },
  '/moderations': { defaultModel: 'omni-moderation-latest', isText: true },
  '/images/generations': { defaultModel: DEFAULT_IMAGE_MODEL, stream: 'stream' },
  '/images/edits': { defaultModel: DEFAULT_IMAGE_MODEL, stream: 'stream', form: 'too' },
  '/audio/transcriptions': { stream: 'stream', form: 'only' },
  '/audio/translations': { form: 'only' },
  '/audio/speech': { stream: 'stream_format' },
};

/** Pictures and sound: they have no price by the token. */
export const isMediaRoute = (route: ModelRoute): boolean => /^\/(images|audio)\//.test(route);
