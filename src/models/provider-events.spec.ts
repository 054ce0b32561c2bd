import { END_OF_STREAM, hasContent, isError, readEvent, toEventError } from './provider-events';

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

  it.each(['5', 'null', '"text"', '[{"a":1}]', '{', '[DONE', '{"a":1}{}', 'pingpong'])(
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
  it.each([
    [{ error: { message: 'a' } }, true],
    [{ error: {} }, true],
    [{ type: 'error', code: 'server_error' }, true],
    [{ type: 'error', error: { type: 'overloaded_error' } }, true],
    [{ error: null, choices: [] }, false],
    [{ choices: [] }, false],
    [{ type: 'response.created', response: { error: { message: 'a' } } }, false],
    [{ type: 'response.completed', error: { message: 'a' } }, false],
  ])('of %j: %s', (event, expected) => {
    expect(isError(event)).toBe(expected);
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

  it('is no riddle where the error is none of the usual kind', () => {
    for (const error of ['text', 5, [], { code: { a: 1 } }, { code: '__proto__' }]) {
      expect(toEventError({ error }).code).toBe('upstream_error');
    }
  });
});
