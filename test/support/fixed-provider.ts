import {
  chat,
  chatCompletion,
  chatFrames,
  type Dialect,
  hangBeforeHeaders,
  jsonAnswer,
  type ReceivedRequest,
  responses,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamAnswer,
} from './scripted-upstream';

/** The key that this provider accepts. */
export const FIXED_PROVIDER_KEY = 'sk-fixed-provider-0123456789';

/** The top-level fields that the suite's clients may send. A field added on the way is refused, as at OpenAI. */
const FIELDS = new Set(
  `model messages input instructions stream stream_options temperature top_p n tools tool_choice
  parallel_tool_calls response_format text store previous_response_id max_tokens max_completion_tokens
  max_output_tokens reasoning reasoning_effort include truncation metadata user seed stop
  presence_penalty frequency_penalty functions function_call`.split(/\s+/),
);

interface Message {
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[];
}

interface ModelRequest {
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly messages?: readonly Message[];
  readonly functions?: readonly { readonly name: string }[];
  readonly input?: string | readonly Message[];
}

/** The provider's answers, by the text of the request's newest user message. */
const ANSWERS: Readonly<Record<string, (request: ModelRequest, dialect: Dialect) => Script>> = {
  count: ({ stream, stream_options }, dialect) => {
    const deltas = ['Counted', ' well.'];
    if (stream !== true) return jsonAnswer(dialect.whole(deltas.join('')));
    if (dialect.name === 'responses') return streamAnswer(...dialect.frames(deltas));
    return streamAnswer(...chatFrames(deltas, { usage: stream_options?.include_usage === true }));
  },
  trip: ({ functions }, dialect) => {
    const trip = JSON.stringify({ city: 'Rome', days: 3 });
    if (functions === undefined) return jsonAnswer(dialect.whole(trip));
    const completion = chatCompletion({ content: null, finish_reason: 'function_call' });
    completion.choices[0]!.message.function_call = { name: functions[0]!.name, arguments: trip };
    return jsonAnswer(completion);
  },
  'fail in the middle': (_, dialect) => {
    const frames = dialect.frames(['a', 'b']);
    const lastDelta = frames.findIndex((frame) => frame.includes('"b"'));
    return streamAnswer(...frames.slice(0, lastDelta + 1), dialect.errorFrame);
  },
  'never answer': () => hangBeforeHeaders,
  'too long': () => refusal('This model’s maximum context length is 4096 tokens.', 'context_length_exceeded'),
};

const MODERATION = {
  id: 'modr-1',
  model: 'omni-moderation-latest',
  results: [{ flagged: true, categories: { violence: true }, category_scores: { violence: 0.9 } }],
};
const TEXT_COMPLETION = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_795_000_000,
  model: 'gpt-3.5-turbo-instruct',
  choices: [{ index: 0, text: 'Counted well.', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 },
};
const COMPACTION = {
  id: 'resp_compacted',
  object: 'response.compaction',
  created_at: 1_795_000_000,
  output: [{ id: 'cmp_1', type: 'compaction', encrypted_content: 'shorter' }],
  usage: { input_tokens: 21, output_tokens: 7, total_tokens: 28 },
};

/** Routes with one fixed answer, whatever the request. */
const ROUTES: Readonly<Record<string, Script>> = {
  '/v1/completions': jsonAnswer(TEXT_COMPLETION),
  '/v1/moderations': jsonAnswer(MODERATION),
  '/v1/images/generations': jsonAnswer({ created: 1_795_000_000, data: [{ b64_json: 'cGljdHVyZQ==' }] }),
  '/v1/audio/transcriptions': jsonAnswer({ text: 'Hello there.' }),
  '/v1/audio/speech': [
    { status: 200, headers: { 'content-type': 'audio/mpeg' } },
    { bytes: 'spoken' },
    { end: true },
  ],
  '/v1/responses/compact': jsonAnswer(COMPACTION),
  '/v1/responses/input_tokens': jsonAnswer({ object: 'response.input_tokens', input_tokens: 21 }),
};

/**
 * A provider with fixed answers at a fixed cost, for tests of real clients. It refuses the headers and fields that
 * OpenAI would refuse.
 */
export async function startFixedProvider(): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream();
  for (const dialect of [chat, responses])
    upstream.play(dialect.path, (request) => answerTo(request, dialect));
  for (const [path, answer] of Object.entries(ROUTES)) upstream.play(path, answer);
  return upstream;
}

function answerTo({ method, headers, body }: ReceivedRequest, dialect: Dialect): Script {
  if (method !== 'POST' || headers['content-type'] !== 'application/json')
    return refusal('Send JSON.', 'invalid_request');
  if (headers.authorization !== `Bearer ${FIXED_PROVIDER_KEY}`)
    return refusal('Incorrect API key.', 'invalid_api_key', 401);
  const request = JSON.parse(body.toString()) as ModelRequest;
  const unknown = Object.keys(request).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return refusal(`Unknown parameter: '${unknown}'.`, 'unknown_parameter');
  const answer = ANSWERS[newestText(request)];
  return answer === undefined
    ? refusal('No answer is written for this text.', 'invalid_value')
    : answer(request, dialect);
}

function refusal(message: string, code: string, status = 400): Script {
  return jsonAnswer({ error: { message, type: 'invalid_request_error', param: null, code } }, status);
}

function newestText({ messages, input }: ModelRequest): string {
  if (typeof input === 'string') return input;
  const { content = '' } = (messages ?? input)?.findLast(({ role }) => role === 'user') ?? {};
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}
