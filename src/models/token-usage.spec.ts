import fc from 'fast-check';
import { toTokenUsage, usageOf } from './token-usage';

const none = { cached: 0, output: 0, reasoning: 0 };

describe('toTokenUsage', () => {
  it.each<[string, unknown, object]>([
    [
      'Chat Completions',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 60 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
      { input: 100, cached: 60, output: 50, reasoning: 40 },
    ],
    [
      'the Responses API',
      {
        input_tokens: 100,
        output_tokens: 50,
        input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
        output_tokens_details: { reasoning_tokens: 40 },
      },
      { input: 100, cached: 60, cacheWrite: 30, output: 50, reasoning: 40 },
    ],
    [
      'DeepSeek’s cached tokens',
      { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 90, prompt_cache_miss_tokens: 10 },
      { input: 100, cached: 90, output: 5, reasoning: 0 },
    ],
    [
      'Moonshot’s cached tokens',
      { prompt_tokens: 100, completion_tokens: 5, cached_tokens: 90 },
      { input: 100, cached: 90, output: 5, reasoning: 0 },
    ],
    [
      'Anthropic’s cached tokens, as a gateway passes them on',
      {
        prompt_tokens: 100,
        completion_tokens: 5,
        prompt_tokens_details: null,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
      },
      { input: 100, cached: 60, cacheWrite: 30, output: 5, reasoning: 0 },
    ],
    [
      'cached input that is counted beside the input',
      { input_tokens: 10, cache_read_input_tokens: 1000, output_tokens: 5, total_tokens: 1015 },
      { input: 10, cached: 10, output: 5, reasoning: 0 },
    ],
    [
      'cached tokens that are given twice',
      { prompt_tokens: 100, prompt_cache_hit_tokens: 60, prompt_tokens_details: { cached_tokens: 60 } },
      { input: 100, cached: 60, output: 0, reasoning: 0 },
    ],
    [
      'reasoning tokens beside the others',
      { prompt_tokens: 8, completion_tokens: 5, reasoning_tokens: 4 },
      { input: 8, cached: 0, output: 5, reasoning: 4 },
    ],
    ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, { ...none, input: 8 }],
    [
      'details that are null',
      { prompt_tokens: 8, prompt_tokens_details: null, completion_tokens_details: null },
      { ...none, input: 8 },
    ],
    ['an answer of nothing', { prompt_tokens: 0, completion_tokens: 0 }, { ...none, input: 0 }],
    [
      'more cached than there was',
      { prompt_tokens: 8, prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 9 } },
      { ...none, input: 8, cached: 8 },
    ],
    [
      'more reasoning than there was',
      { prompt_tokens: 8, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 6 } },
      { input: 8, cached: 0, output: 5, reasoning: 5 },
    ],
    ['a negative count', { prompt_tokens: -8, completion_tokens: -1 }, { ...none, input: 0 }],
    ['half a token', { prompt_tokens: 8.5, completion_tokens: 1 }, { ...none, input: 0, output: 1 }],
    ['a count beyond all', { prompt_tokens: 1e15, completion_tokens: 2 }, { ...none, input: 1e9, output: 2 }],
    ['a count in text', { prompt_tokens: 8, completion_tokens: '9' }, { ...none, input: 8 }],
  ])('reads %s', (_, usage, tokens) => {
    expect(toTokenUsage(usage)).toEqual(tokens);
  });

  it.each([
    null,
    undefined,
    'usage',
    5,
    [],
    {},
    { total_tokens: 5 },
    { prompt_tokens: '8' },
    { prompt_tokens: null },
    { completion_tokens: 5 },
  ])('takes %j for none', (usage) => {
    expect(toTokenUsage(usage)).toBeUndefined();
  });

  it('gives counts that the ledger can hold, whatever came', () => {
    const count = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.jsonValue());
    const details = fc.oneof(fc.record({ cached_tokens: count, reasoning_tokens: count }), fc.jsonValue());
    fc.assert(
      fc.property(fc.double(), count, details, details, (prompt_tokens, completion_tokens, ...both) => {
        const [prompt_tokens_details, completion_tokens_details] = both;
        const usage = { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details };
        const { input, cached, output, reasoning, cacheWrite = 0 } = toTokenUsage(usage)!;
        for (const tokens of [input, cached, output, reasoning, cacheWrite]) {
          expect(Number.isInteger(tokens) && tokens >= 0 && tokens <= 1e9).toBe(true);
        }
        expect(cached + cacheWrite).toBeLessThanOrEqual(input);
        expect(reasoning).toBeLessThanOrEqual(output);
      }),
    );
  });
});

describe('usageOf', () => {
  const usage = { prompt_tokens: 8, completion_tokens: 5 };
  const tokens = { input: 8, cached: 0, output: 5, reasoning: 0 };

  it.each<[string, Record<string, unknown>]>([
    ['at the top', { usage }],
    ['in the response of an event', { type: 'response.completed', response: { usage } }],
    ['in Groq’s own object', { x_groq: { usage } }],
    ['in the first choice', { choices: [{ usage }] }],
    ['at the top, beside one of nothing', { usage: { prompt_tokens: 0 }, choices: [{ usage }] }],
  ])('finds it %s', (_, answer) => {
    expect(usageOf(answer)).toEqual(tokens);
  });

  it.each<[string, Record<string, unknown> | undefined]>([
    ['nothing', undefined],
    ['another place', { metadata: { usage }, tools: [{ usage }], choices: [{ message: { usage } }] }],
    ['usage of nothing', { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }],
    ['null', { usage: null, response: null, x_groq: null, choices: [null] }],
    ['a list', { usage: [], response: [], choices: {} }],
  ])('finds none in %s', (_, answer) => {
    expect(usageOf(answer)).toBeUndefined();
  });
});
