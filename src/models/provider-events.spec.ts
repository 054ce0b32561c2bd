import {
  END_OF_STREAM,
  hasContent,
  isError,
  readEvent,
  toEventError,
  readEventData,
} from './provider-events';

const choice = (fields: object) => ({ choices: [{ index: 0, finish_reason: null, ...fields }] });
const delta = (fields: object) => choice({ delta: fields });

describe('readEvent', () => {
  const read = (text: string) => readEvent(Buffer.from(text));

  it('gives the object of an event', () => {
    expect(read('data: {"a":[1]}\n\n')).toEqual({ a: [1] });
  });

  it.each(['data: [DONE]\n\n', 'data:[DONE]\n\n', 'data: [DONE] \r\n\r\n', 'event: done\ndata:  [DONE]\n\n'])(
    'reads %j as the end',
    (text) => expect(read(text)).toBe(END_OF_STREAM),
  );

  it.each([
    ':\n\n',
    ': OPENROUTER PROCESSING\n\n',
    'data:\n\n',
    'data:   \n\n',
    'event: keepalive\ndata:\n\n',
    'event: ping\ndata: ping\n\n',
    'event: ping\ndata: {"type":"ping"}\n\n',
    'data: {"type":"keepalive","sequence_number":3}\n\n',
    'data: keep-alive\n\n',
    'id: 7\nretry: 1000\n\n',
  ])('reads nothing in %j', (text) => expect(read(text)).toBeUndefined());

  it.each(['5', 'null', '"text"', '{', '[DONE', '{"a":1}{}', 'pingpong'])(
    'refuses data that is no object: %s',
    (data) => expect(() => read(`data: ${data}\n\n`)).toThrow('no JSON object'),
  );
});

describe('hasContent', () => {
  it.each([
    ['text', delta({ content: 'a' })],
    ['a space', delta({ content: ' ' })],
    ['a refusal', delta({ refusal: 'No.' })],
    ['a piece of a tool call', delta({ tool_calls: [{ index: 0 }] })],
    ['what a reasoning model thinks', delta({ reasoning_content: 'a' })],
    ['a field nobody knows', delta({ x_own: {} })],
    ['text of another choice', { choices: [null, delta({ content: 'a' }).choices[0]] }],
    ['an end', choice({ delta: {}, finish_reason: 'stop' })],
    ['usage alone', { choices: [], usage: { prompt_tokens: 1 } }],
    ['a delta of the Responses API', { type: 'response.output_text.delta', delta: 'a' }],
    ['an item of the Responses API', { type: 'response.output_item.added' }],
    ['an event nobody knows', { type: 'response.of_tomorrow' }],
  ])('sees %s', (_, event) => {
    expect(hasContent(event)).toBe(true);
  });

  it.each([
    ['a role', delta({ role: 'assistant' })],
    ['a role beside nothing', delta({ role: 'assistant', content: '', refusal: null, tool_calls: [] })],
    ['no delta', choice({})],
    ['a delta that is null', choice({ delta: null })],
    ['a delta that is text', choice({ delta: 'a' })],
    ['no choices', { choices: [], usage: null }],
    ['choices that are no list', { choices: 'a' }],
    ['an empty object', {}],
    ['the beginning of a response', { type: 'response.created', response: { usage: null } }],
    ['a response that waits', { type: 'response.queued' }],
    ['a response that goes on', { type: 'response.in_progress' }],
  ])('sees nothing in %s', (_, event) => {
    expect(hasContent(event)).toBe(false);
  });
});

describe('isError', () => {
  const chunk = (fields: object) => ({ object: 'chat.completion.chunk', choices: [], ...fields });

  it.each<[string, object]>([
    ['an error object', { error: { message: 'a' } }],
    ['an empty one, alone', { error: {} }],
    ['an error that is text', { error: 'a' }],
    ['one of the Responses API', { type: 'error', code: 'server_error', message: 'a' }],
    ['one of Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'a' } }],
    ['one of vLLM', { object: 'error', message: 'a', type: 'BadRequestError', code: 400 }],
    ['one without a wrapper', { type: 'invalid_request_error', message: 'a', code: null }],
    ['a sentence beside a number', { code: 500, message: 'a' }],
    ['a sentence beside a code', { error_code: 'BAD', message: 'a' }],
    ['another sentence beside a number', { code: 1, msg: 'a' }],
    ['a detail', { detail: 'a' }],
    ['details', { detail: [{ msg: 'a' }] }],
    ['a list of errors', { errors: [{ message: 'a' }] }],
    ['an error beside choices', chunk({ error: { code: 502, message: 'a' } })],
    ['text as an error beside choices', chunk({ error: 'a' })],
    ['a choice that ends in an error', choice({ delta: { content: '' }, finish_reason: 'error' })],
    ['an error in a choice', choice({ delta: {}, error: { message: 'a' } })],
    ['a type of its own beside an error', { type: 'chunk', error: { message: 'a' } }],
  ])('knows %s', (_, event) => {
    expect(isError(event as Record<string, unknown>)).toBe(true);
  });

  it.each<[string, object]>([
    ['a chunk', chunk({})],
    ['a chunk whose error is null', chunk({ error: null })],
    ['a chunk whose error is empty', chunk({ error: {} })],
    ['a chunk whose error has no values', chunk({ error: { message: '', code: 0, param: null } })],
    ['a chunk whose error is an empty text', chunk({ error: '' })],
    ['a chunk whose error is false', chunk({ error: false })],
    ['text that says error', delta({ content: '{"error":{"message":"a"}}' })],
    ['a choice that is null', { choices: [null] }],
    ['usage alone', { choices: [], usage: { prompt_tokens: 1 } }],
    ['a heartbeat', { message: 'ping' }],
    ['a heartbeat with a type', { type: 'ping' }],
    ['a message of a role', { message: { role: 'assistant', content: 'a' }, done: false }],
    ['an empty event', {}],
    ['a response with an error in it', { type: 'response.created', response: { error: { message: 'a' } } }],
    ['a response’s event with an error', { type: 'response.completed', error: { message: 'a' } }],
    ['a failed response, which has a reader of its own', { type: 'response.failed', response: {} }],
  ])('takes %s for no error', (_, event) => {
    expect(isError(event as Record<string, unknown>)).toBe(false);
  });
});

describe('toEventError', () => {
  const MESSAGE = 'The engine of org-abc123 failed.';

  it.each<[string | null, number, string]>([
    ['server_error', 502, 'upstream_error'],
    [null, 502, 'upstream_error'],
    ['nobody_knows_it', 502, 'upstream_error'],
    ['rate_limit_exceeded', 429, 'rate_limited'],
    ['insufficient_quota', 503, 'insufficient_quota'],
    ['context_length_exceeded', 400, 'context_length_exceeded'],
    ['invalid_prompt', 400, 'invalid_prompt'],
  ])('of the code %s is %i %s, in both dialects', (code, status, expected) => {
    for (const event of [{ error: { message: MESSAGE, code } }, { type: 'error', message: MESSAGE, code }]) {
      const error = toEventError(event);
      expect([error.status, error.code]).toEqual([status, expected]);
      expect(error.message + String(error.cause)).not.toContain('org-abc123');
      if (status !== 400) expect(error.message).not.toContain('engine');
    }
  });

  it.each<[string, object, number, string]>([
    ['a status as a number', { error: { code: 429, message: MESSAGE } }, 429, 'rate_limited'],
    ['a status as digits', { error: { code: '400', message: 'No.' } }, 400, 'upstream_rejected'],
    ['a status at the top', { object: 'error', message: 'No.', code: 422 }, 422, 'upstream_rejected'],
    ['Anthropic’s overload', { type: 'error', error: { type: 'overloaded_error' } }, 502, 'upstream_error'],
    ['Anthropic’s limit', { type: 'error', error: { type: 'rate_limit_error' } }, 429, 'rate_limited'],
    ['Anthropic’s time-out', { type: 'error', error: { type: 'timeout_error' } }, 504, 'upstream_timeout'],
    [
      'Anthropic’s bill',
      { type: 'error', error: { type: 'billing_error', message: MESSAGE } },
      503,
      'insufficient_quota',
    ],
    ['a wrong key', { error: { code: 'invalid_api_key', message: MESSAGE } }, 502, 'upstream_auth_failed'],
    ['Gemini’s limit', { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }, 429, 'rate_limited'],
    [
      'OpenRouter’s failure',
      { error: { code: 502 }, choices: [{ finish_reason: 'error' }] },
      502,
      'upstream_error',
    ],
    [
      'an error in a choice',
      { choices: [{ error: { code: 'rate_limit_exceeded' }, finish_reason: 'error' }] },
      429,
      'rate_limited',
    ],
    [
      'a failed response',
      { object: 'response', status: 'failed', error: { code: 'server_error' } },
      502,
      'upstream_error',
    ],
    [
      'a failed response over its picture',
      { object: 'response', status: 'failed', error: { code: 'invalid_image', message: 'No picture.' } },
      400,
      'invalid_image',
    ],
    [
      'a failed response that says nothing',
      { object: 'response', status: 'failed', error: null },
      502,
      'upstream_error',
    ],
    ['a text', { error: MESSAGE }, 502, 'upstream_error'],
  ])('makes of %s what an answer would become', (_, event, status, code) => {
    const error = toEventError(event as Record<string, unknown>);
    expect([error.status, error.code]).toEqual([status, code]);
    if (status !== 400) expect(error.message).not.toContain('org-');
  });

  it('reads an error that comes in a list', () => {
    const event = readEventData('[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]') as Record<
      string,
      unknown
    >;
    expect(isError(event)).toBe(true);
    expect(toEventError(event).code).toBe('rate_limited');
  });

  it('is no riddle where the error is none of the usual kind', () => {
    for (const error of ['text', 5, [], { code: { a: 1 } }, { code: '__proto__' }]) {
      expect(toEventError({ error }).code).toBe('upstream_error');
    }
  });
});
