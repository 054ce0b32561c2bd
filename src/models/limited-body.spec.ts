import {
  type BoundDialect,
  boundName,
  givenAnswers,
  givenBound,
  givenCompletions,
  limitedBody,
} from './limited-body';

const limited = (fields: Record<string, unknown>, dialect: BoundDialect = 'chat', model = 'gpt-4o-mini') => {
  const body = Buffer.from(JSON.stringify(fields));
  const result = limitedBody({ model, dialect, fields, body, mostOutputTokens: 300 });
  return { ...result, sent: JSON.parse(result.body.toString()) as Record<string, unknown> };
};

describe('boundName', () => {
  it.each([
    ['gpt-4o-mini', 'chat', 'max_tokens'],
    ['gpt-5-nano', 'chat', 'max_completion_tokens'],
    ['own-model', 'chat', 'max_tokens'],
    ['o3', 'chat', 'max_completion_tokens'],
    ['gpt-5-nano', 'responses', 'max_output_tokens'],
    ['o3', 'completions', 'max_tokens'],
  ] as const)('of %s in %s is %s', (model, dialect, name) => {
    expect(boundName(model, dialect)).toBe(name);
  });
});

describe('givenBound', () => {
  it.each<[object, number | undefined]>([
    [{}, undefined],
    [{ max_tokens: null }, undefined],
    [{ max_tokens: 7 }, 7],
    [{ max_completion_tokens: 7 }, 7],
    [{ max_tokens: 100_000, max_completion_tokens: 1 }, 100_000],
    [{ max_tokens: '7' }, undefined],
    [{ max_tokens: -1 }, undefined],
    [{ max_tokens: 1.5 }, undefined],
    [{ max_tokens: 7, max_completion_tokens: '9' }, undefined],
    [{ max_tokens: 1e300 }, 1_000_000_000],
    [{ max_output_tokens: 7 }, undefined],
  ])('of %j is %s', (fields, bound) => {
    expect(givenBound('chat', fields as Record<string, unknown>)).toBe(bound);
  });

  it('of a response has a name of its own', () => {
    expect(givenBound('responses', { max_output_tokens: 7, max_tokens: 'x' })).toBe(7);
  });
});

it.each<[unknown, number]>([
  [undefined, 1],
  [3, 3],
  ['3', 1],
  [-1, 1],
  [1e300, 1_000_000],
])('%s asks for %d answers', (n, answers) => {
  expect(givenAnswers({ n })).toBe(answers);
});

it.each<[Record<string, unknown>, number]>([
  [{ prompt: 'a' }, 1],
  [{ prompt: [1, 2, 3] }, 1],
  [{ prompt: ['a', 'b'] }, 2],
  [{ prompt: [[1, 2], [3]], n: 3 }, 6],
  [{ prompt: ['a', 'b'], n: 2, best_of: 5 }, 10],
  [{ best_of: 'all' }, 1],
  [{ prompt: ['a', 'b'], n: 1e300 }, 1_000_000],
])('%j has so many completions written: %d', (fields, completions) => {
  expect(givenCompletions(fields)).toBe(completions);
});

describe('limitedBody', () => {
  it('sets no bound where its API has none, but keeps what costs more away', () => {
    const fields = { input: 'x', service_tier: 'priority' };
    const body = Buffer.from(JSON.stringify(fields));
    const asked = {
      model: 'gpt-5.4',
      dialect: 'responses',
      fields,
      body,
      mostOutputTokens: undefined,
    } as const;
    const { body: sent, changed } = limitedBody(asked);
    expect([sent.toString(), changed]).toEqual(['{"input":"x"}', ['service_tier']]);
  });

  it('bounds both counts of the older completions', () => {
    const { sent, changed } = limited({ prompt: 'x', n: 'two', best_of: -1 }, 'completions');
    expect(sent).toEqual({ prompt: 'x', n: 1, best_of: 1, max_tokens: 300 });
    expect(changed).toEqual(['max_tokens', 'n', 'best_of']);
  });

  it('leaves a body with a bound as it came', () => {
    const fields = { max_tokens: 5000, service_tier: 'flex', n: 2 };
    const body = Buffer.from('{ "max_tokens" : 5000, "service_tier":"flex","n":2}');
    const request = { model: 'gpt-4o-mini', dialect: 'chat', fields, body, mostOutputTokens: 300 } as const;
    expect(limitedBody(request)).toEqual({ body, changed: [] });
  });

  it('leaves the rest of one without as it came', () => {
    const body = Buffer.from('{ "a": 1.0 ,"max_tokens":null,"b":"\\u00e9"}');
    const fields = { a: 1, max_tokens: null, b: 'é' };
    const request = { model: 'gpt-4o-mini', dialect: 'chat', fields, body, mostOutputTokens: 300 } as const;
    expect(limitedBody(request).body.toString()).toBe('{"a":1.0,"b":"\\u00e9","max_tokens":300}');
  });

  it.each<[object, object, string[]]>([
    [{ max_tokens: '100000', n: '50' }, { max_tokens: 300, n: 1 }, ['max_tokens', 'n']],
    [{ max_tokens: -1 }, { max_tokens: 300 }, ['max_tokens']],
    [{ max_tokens: 5, service_tier: 'priority' }, { max_tokens: 5 }, ['service_tier']],
  ])('sends %j as %j', (fields, sent, changed) => {
    expect(limited(fields as Record<string, unknown>)).toMatchObject({ sent, changed });
    expect(limited(fields as Record<string, unknown>).sent).toEqual(sent);
  });

  it.each<[string, Record<string, unknown>]>([
    ['tools', { tools: [{ type: 'web_search' }] }],
    ['tools', { tools: [{ type: 'function', function: {} }, { type: 'mcp' }] }],
    ['tools', { tools: 'all' }],
    ['web_search_options', { web_search_options: {} }],
    ['extra_body', { extra_body: { google: {} } }],
  ])('does not let the provider run %s', (name, fields) => {
    expect(() => limited(fields)).toThrow(
      expect.objectContaining({ code: 'validation_failed', status: 400, param: name }) as Error,
    );
  });
});
