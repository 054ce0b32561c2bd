import { hasContent, isError, parseEvent, toEventError } from './provider-events';

const choice = (fields: object) => ({ choices: [{ index: 0, finish_reason: null, ...fields }] });
const delta = (fields: object) => choice({ delta: fields });

describe('parseEvent', () => {
  it('gives an event’s object, and nothing for the end', () => {
    expect(parseEvent('{"a":[1]}')).toEqual({ a: [1] });
    expect(parseEvent('[DONE]')).toBeUndefined();
  });

  it.each(['', '5', 'null', '"text"', '{', '[DONE', '{"a":1}{}'])('takes no %p', (data) => {
    expect(() => parseEvent(data)).toThrow('no JSON object');
  });
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
