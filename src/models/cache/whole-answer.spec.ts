import { readWholeAnswer } from './whole-answer';

const USAGE = { prompt_tokens: 21, completion_tokens: 7 };
const COMPLETION = { model: 'm-1', choices: [{ message: {}, finish_reason: 'stop' }], usage: USAGE };
const RESPONSE = {
  model: 'm-1',
  status: 'completed',
  error: null,
  usage: { input_tokens: 21, output_tokens: 7 },
};
const WHOLE = { model: 'm-1', usage: { input: 21, cached: 0, output: 7, reasoning: 0 } };

const frame = (event: unknown): string =>
  `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`;
const stream = (...events: unknown[]): string => events.map(frame).join('');

const DELTA = { model: 'm-1', choices: [{ delta: { content: 'hi' }, finish_reason: null }], usage: null };
const FINISH = { model: 'm-1', choices: [{ delta: {}, finish_reason: 'stop' }] };
const COST = { model: 'm-1', choices: [], usage: USAGE };
const CHAT = [DELTA, FINISH, COST, '[DONE]'];
const CREATED = { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', usage: null } };
const TEXT = { type: 'response.output_text.delta', delta: 'hi' };
const COMPLETED = { type: 'response.completed', response: RESPONSE };

const readJson = (answer: unknown) =>
  readWholeAnswer(Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)), false);
const readStream = (text: string) => readWholeAnswer(Buffer.from(text), true);

describe('A whole answer is', () => {
  it.each<[string, unknown]>([
    ['a completion', COMPLETION],
    ['a response', RESPONSE],
  ])('%s', (_, answer) => {
    expect(readJson(answer)).toEqual(WHOLE);
  });

  it('an embedding', () => {
    const embedding = { model: 'm-1', data: [{ embedding: [1] }], usage: { prompt_tokens: 21 } };
    expect(readJson(embedding)).toEqual({ model: 'm-1', usage: { ...WHOLE.usage, output: 0 } });
  });

  it.each<[string, string]>([
    ['a chat’s stream', stream(...CHAT)],
    ['one that ends lines with CRLF', stream(...CHAT).replaceAll('\n', '\r\n')],
    ['one with comments', `: hi\n\n${stream(...CHAT)}: bye\n\n`],
    ['one that tells its cost on the way', stream({ ...DELTA, usage: USAGE }, FINISH, '[DONE]')],
    ['one without its last blank line', stream(...CHAT).trimEnd()],
    ['a response’s stream', stream(CREATED, TEXT, COMPLETED)],
    ['one that goes on to say that it is done', stream(CREATED, TEXT, COMPLETED, '[DONE]')],
  ])('%s', (_, text) => {
    expect(readStream(text)).toEqual(WHOLE);
  });
});

describe('No whole answer is', () => {
  it.each<[string, unknown]>([
    ['text', 'oops'],
    ['half', JSON.stringify(COMPLETION).slice(0, -5)],
    ['a list', [COMPLETION]],
    ['null', null],
    ['an error', { ...COMPLETION, error: { message: 'x' } }],
    ['one that does not say what it cost', { ...COMPLETION, usage: undefined }],
    ['one that does not say who answered', { ...COMPLETION, model: null }],
    ['a completion without choices', { ...COMPLETION, choices: [] }],
    ['a completion that is not finished', { ...COMPLETION, choices: [{ finish_reason: null }, null] }],
    ['a response that failed', { ...RESPONSE, status: 'failed' }],
    ['a response that was cut', { ...RESPONSE, status: 'incomplete' }],
  ])('%s', (_, answer) => {
    expect(readJson(answer)).toBeUndefined();
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['one without its end', stream(DELTA, FINISH, COST)],
    ['one cut in its end', stream(...CHAT).slice(0, -6)],
    ['one without a finish', stream(DELTA, COST, '[DONE]')],
    ['one without its cost', stream(DELTA, FINISH, '[DONE]')],
    ['one with an error', stream(DELTA, { error: { message: 'x' } }, ...CHAT)],
    ['one with an event that is none', stream(DELTA, 'oops', FINISH, COST, '[DONE]')],
    ['one with a list for an event', stream(DELTA, [], FINISH, COST, '[DONE]')],
    ['a response without its end', stream(CREATED, TEXT)],
    ['a response that failed', stream(CREATED, TEXT, { type: 'response.failed', response: RESPONSE })],
    ['a response that was cut', stream(CREATED, TEXT, { type: 'response.incomplete', response: RESPONSE })],
    ['a response with an error', stream(CREATED, { type: 'error', message: 'x' }, COMPLETED)],
    ['a response that goes on after its end', stream(CREATED, COMPLETED, TEXT)],
  ])('%s', (_, text) => {
    expect(readStream(text)).toBeUndefined();
  });

  it('a stream where JSON was asked for, or the other way round', () => {
    expect(readJson(stream(...CHAT))).toBeUndefined();
    expect(readStream(JSON.stringify(COMPLETION))).toBeUndefined();
  });
});
