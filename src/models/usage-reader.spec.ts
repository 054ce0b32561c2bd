import fc from 'fast-check';
import { type ReportedUsage, usageReaderFor } from './usage-reader';

const USAGE = { prompt_tokens: 21, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 4 } };
const TOKENS = { input: 21, cached: 4, output: 7, reasoning: 0 };
const CHEAP = 'text-embedding-3-small';

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
const chunk = (content: string): object => ({
  id: 'c',
  model: 'gpt-4o-mini',
  choices: [{ delta: { content } }],
  usage: null,
});
const lastChunk = { id: 'c', model: 'gpt-4o-mini', choices: [], usage: USAGE };

const readerOf = (text: string) => usageReaderFor('', Buffer.from(text));

/** Read in pieces of so many bytes. */
function read(text: string, size = 1000): ReportedUsage {
  const reader = readerOf(text);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  return reader.read();
}

describe('UsageReader', () => {
  it.each([
    ['a completion', JSON.stringify({ model: 'gpt-4o-mini', choices: [], usage: USAGE })],
    ['one with white space', JSON.stringify({ model: 'gpt-4o-mini', usage: USAGE }, null, 2)],
    ['a stream of Chat Completions', `${event(chunk('a'))}${event(lastChunk)}data: [DONE]\n\n`],
    ['one with CRLF', `${event(chunk('a'))}${event(lastChunk)}`.replaceAll('\n', '\r\n')],
    [
      'a stream of the Responses API',
      event({ type: 'response.created', response: { model: 'gpt-4o-mini', usage: null } }) +
        event({
          type: 'response.completed',
          response: {
            model: 'gpt-4o-mini',
            usage: { input_tokens: 21, input_tokens_details: { cached_tokens: 4 }, output_tokens: 7 },
            user: null,
            metadata: Object.fromEntries([...'abcdefghijklmnop'].map((key) => [key, 'v'.repeat(512)])),
          },
        }),
    ],
  ])('reads %s, however it comes', (_, text) => {
    for (const size of [1, 7, 100, 100_000]) {
      expect(read(text, size)).toEqual({ usage: TOKENS, model: 'gpt-4o-mini' });
    }
  });

  it('finds both ends of an answer of any length', () => {
    const long = Array.from({ length: 500 }, () => event(chunk('x'.repeat(200)))).join('');
    const reader = readerOf(long);
    for (const piece of [long, event(lastChunk)]) reader.add(Buffer.from(piece));
    expect(reader.read()).toEqual({ usage: TOKENS, model: 'gpt-4o-mini' });
    expect(read(long + event(lastChunk))).toEqual({ usage: TOKENS, model: 'gpt-4o-mini' });
  });

  it.each([
    ['no usage', event(chunk('a'))],
    ['usage that is null', event({ ...lastChunk, usage: null })],
    ['usage of another kind', event({ ...lastChunk, usage: { seconds: 5 } })],
    ['half of usage', '{"model":"gpt-4o-mini","usage":{"prompt_tok'],
    ['usage in text', event({ ...chunk('"usage":{"prompt_tokens":21}') })],
    ['usage of nothing', event({ ...lastChunk, usage: { prompt_tokens: 0, completion_tokens: 0 } })],
    ['usage that is no object', '{"model":"gpt-4o-mini","usage":[1]}'],
    ['nothing', ''],
  ])('finds none in %s', (_, text) => {
    expect(read(text).usage).toBeUndefined();
  });

  it('takes no text for usage or for a model, whatever a user or a model says', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 50 }), (before, after, size) => {
        const said = `${before}"usage":{"prompt_tokens":1,"completion_tokens":1},"model":"${CHEAP}"${after}`;
        const text = JSON.stringify({ model: 'gpt-4o-mini', usage: USAGE, choices: [chunk(said)] });
        expect(read(text, size)).toEqual({ usage: TOKENS, model: 'gpt-4o-mini' });
      }),
    );
  });

  describe('of what a response quotes of its request', () => {
    const quoted = {
      text: { format: { schema: { model: CHEAP, usage: { input_tokens: 1, output_tokens: 1 } } } },
      tools: [{ parameters: { usage: { prompt_tokens: 1, completion_tokens: 1 } } }],
    };
    const response = { id: 'r', model: 'gpt-4o-mini', output: [], ...quoted };

    it('believes nothing where the answer is whole', () => {
      const whole = {
        ...response,
        usage: { input_tokens: 21, output_tokens: 7 },
        metadata: { model: CHEAP },
      };
      expect(read(event({ type: 'response.completed', response: whole }))).toMatchObject({
        usage: { input: 21, output: 7 },
        model: 'gpt-4o-mini',
      });
    });

    it('believes nothing where it broke off', () => {
      const begun = event({ type: 'response.created', response: { ...response, usage: null } });
      expect(read(begun)).toEqual({ usage: undefined, model: 'gpt-4o-mini' });
    });
  });

  it('believes an event of a stream that broke off behind it', () => {
    expect(read(event(chunk('a')) + event(lastChunk)).usage).toEqual(TOKENS);
    const completed = { type: 'response.completed', response: { usage: { input_tokens: 3 } } };
    expect(read(`${event(completed)}data: {"half`).usage).toMatchObject({ input: 3 });
  });

  it('names a model that stands behind long instructions', () => {
    const response = { instructions: 'x'.repeat(5000), model: 'gpt-4o-mini' };
    expect(read(event({ type: 'response.created', response })).model).toBe('gpt-4o-mini');
  });

  it.each<[string, string]>([
    [
      'at the beginning',
      JSON.stringify({ id: 'c', usage: USAGE, model: 'm', choices: [chunk('x'.repeat(18_000))] }),
    ],
    [
      'after white space',
      '{"model": "m", "usage" : {"prompt_tokens" : 21, "completion_tokens":7, "cached_tokens":4}}',
    ],
    [
      'before the end of JSON that broke off',
      `{"model":"m","usage":${JSON.stringify(USAGE)},"choices":[{"mess`,
    ],
    [
      'behind a picture of 2 MiB',
      JSON.stringify({ model: 'm', data: [{ b64_json: 'A'.repeat(2_000_000) }], usage: USAGE }),
    ],
    [
      'behind a picture of 2 MiB in an event',
      `event: x\n${event({ model: 'm', picture: 'A'.repeat(2_000_000), usage: USAGE })}`,
    ],
    [
      'in an event before the last',
      event({ ...lastChunk, model: 'm' }) + event({ model: 'm', choices: [], usage: { prompt_tokens: 0 } }),
    ],
    ['in an event with spaces', `data: {"model": "m", "usage" : ${JSON.stringify(USAGE)}}\n\n`],
    ['in an event of two lines', `data: {"model": "m",\ndata: "usage": ${JSON.stringify(USAGE)}}\n\n`],
  ])('finds usage %s', (_, text) => {
    for (const size of [13, 4000, 10_000_000]) {
      expect(read(text, size)).toEqual({ usage: TOKENS, model: 'm' });
    }
  });

  it('takes the last of several reports in a stream', () => {
    const first = { ...lastChunk, usage: { prompt_tokens: 21, completion_tokens: 1 } };
    expect(read(event(first) + event(lastChunk)).usage).toEqual(TOKENS);
  });

  it.each([
    ['a name of 101 characters', 'm'.repeat(101)],
    ['a name with a quote', 'a"b'],
    ['an empty name', ''],
  ])('names no model by %s', (_, model) => {
    expect(read(JSON.stringify({ model })).model).toBeUndefined();
  });

  describe('estimates', () => {
    const estimate = (text: string): number => {
      const reader = readerOf(text);
      for (const line of text.split(/(?<=\n)/)) reader.add(Buffer.from(line));
      return reader.estimateOutputTokens();
    };

    it.each([
      ['nothing where nothing came', '', 0],
      ['a token an event', event(chunk('a')).repeat(40), 40],
      ['JSON by its length', JSON.stringify({ content: 'x'.repeat(4000) }), 1004],
    ])('%s', (_, text, tokens) => {
      expect(estimate(text)).toBe(tokens);
    });

    it('more where events are long', () => {
      const tokens = estimate(event(chunk('x'.repeat(4000))).repeat(10));
      expect(tokens).toBeGreaterThan(8000);
      expect(tokens).toBeLessThan(12_000);
    });
  });
});
