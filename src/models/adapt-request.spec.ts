import fc from 'fast-check';
import { adaptRequest, type Dialect, planAdjustments } from './adapt-request';
import { CATALOGUE } from './catalogue.data';

const tools = [{ type: 'function' }];
const schema = { schema: { type: 'object' }, strict: true };

type Row = [what: string, model: string, parameters: object, expected: object, adjusted: string[]];

const itSends =
  (dialect: Dialect) => (_: string, model: string, given: object, expected: object, adjusted: string[]) => {
    const parameters = given as Record<string, unknown>;
    const before = structuredClone(parameters);
    expect(adaptRequest(model, parameters, dialect)).toEqual({ parameters: expected, adjusted });
    expect(parameters).toEqual(before);
  };

describe('adaptRequest to Chat Completions', () => {
  const unchanged = (what: string, model: string, parameters: object): Row => [
    what,
    model,
    parameters,
    parameters,
    [],
  ];

  it.each<Row>([
    unchanged('a model that takes all', 'gpt-4o', { max_tokens: 5, temperature: 1, tools }),
    unchanged('an unknown model', 'their-model', { max_tokens: 5, temperature: 1 }),
    ['the limit’s other name', 'gpt-5', { max_tokens: 5 }, { max_completion_tokens: 5 }, ['max_tokens']],
    ['a dated snapshot', 'gpt-5-2025-08-07', { max_tokens: 5 }, { max_completion_tokens: 5 }, ['max_tokens']],
    unchanged('the limit by its own name', 'gpt-5', { max_completion_tokens: 5 }),
    [
      'the limit by both names',
      'gpt-5',
      { max_tokens: 5, max_completion_tokens: 6 },
      { max_completion_tokens: 6 },
      ['max_tokens'],
    ],
    [
      'the limit by both names, one of them empty',
      'gpt-5',
      { max_completion_tokens: null, max_tokens: 5 },
      { max_completion_tokens: 5 },
      ['max_completion_tokens', 'max_tokens'],
    ],
    [
      'what it refuses',
      'gpt-5-mini',
      { temperature: 0, top_p: 1, seed: 3 },
      { seed: 3 },
      ['temperature', 'top_p'],
    ],
    [
      'what Claude refuses',
      'claude-opus-5-5',
      { temperature: 0, max_tokens: 5 },
      { max_tokens: 5 },
      ['temperature'],
    ],
    unchanged('what an older Claude takes', 'claude-haiku-4-5-20251001', { temperature: 0 }),
    [
      'what Gemini refuses',
      'gemini-3.8-flash',
      { frequency_penalty: 1, seed: 1 },
      { seed: 1 },
      ['frequency_penalty'],
    ],
    [
      'tools and no effort',
      'gpt-6-luna',
      { tools },
      { tools, reasoning_effort: 'none' },
      ['reasoning_effort'],
    ],
    [
      'tools and another effort',
      'gpt-5.6-terra',
      { tools, reasoning_effort: 'high' },
      { tools, reasoning_effort: 'none' },
      ['reasoning_effort'],
    ],
    unchanged('tools and the right effort', 'gpt-6-luna', { tools, reasoning_effort: 'none' }),
    unchanged('an effort without tools', 'gpt-6-luna', { reasoning_effort: 'high' }),
    unchanged('an effort where tools need none', 'gpt-5', { tools, reasoning_effort: 'high' }),
    ['no tools', 'gpt-4o', { tools: [], n: 1 }, { n: 1 }, ['tools']],
    [
      'no tools to any model, nor what goes with them',
      'their-model',
      { tools: [], tool_choice: 'none', parallel_tool_calls: false },
      {},
      ['tools', 'tool_choice', 'parallel_tool_calls'],
    ],
    [
      'no tools, so any effort',
      'gpt-6-luna',
      { tools: [], reasoning_effort: 'high' },
      { reasoning_effort: 'high' },
      ['tools'],
    ],
    unchanged('tools that are no list', 'gpt-6-luna', { tools: null, tool_choice: 'auto' }),
    [
      'a schema without a name',
      'their-model',
      { response_format: { type: 'json_schema', json_schema: schema } },
      { response_format: { type: 'json_schema', json_schema: { ...schema, name: 'response' } } },
      ['response_format'],
    ],
    [
      'a schema whose name is empty',
      'gpt-4o',
      { response_format: { type: 'json_schema', json_schema: { ...schema, name: '' } } },
      { response_format: { type: 'json_schema', json_schema: { ...schema, name: 'response' } } },
      ['response_format'],
    ],
    unchanged('a named schema', 'gpt-4o', {
      response_format: { type: 'json_schema', json_schema: { ...schema, name: 'their_own' } },
    }),
    unchanged('a format without a schema', 'gpt-4o', { response_format: { type: 'json_object' } }),
    unchanged('a schema that is none', 'gpt-4o', {
      response_format: { type: 'json_schema', json_schema: 'x' },
    }),
    unchanged('a low limit, which is fine there', 'gpt-4o', { max_tokens: 1 }),
    unchanged('names that every object knows', 'gpt-5', { constructor: 1, toString: 2 }),
  ])('sends %s as %s takes it', itSends('chat'));
});

describe('adaptRequest to Responses', () => {
  it.each<Row>([
    [
      'a limit below the least',
      'gpt-4o',
      { max_output_tokens: 1 },
      { max_output_tokens: 16 },
      ['max_output_tokens'],
    ],
    [
      'one just below it',
      'their-model',
      { max_output_tokens: 15 },
      { max_output_tokens: 16 },
      ['max_output_tokens'],
    ],
    ['the least', 'gpt-4o', { max_output_tokens: 16 }, { max_output_tokens: 16 }, []],
    ['a limit of 0', 'gpt-4o', { max_output_tokens: 0 }, { max_output_tokens: 0 }, []],
    ['a limit that is no count', 'gpt-4o', { max_output_tokens: '5' }, { max_output_tokens: '5' }, []],
    [
      'what it refuses',
      'gpt-5',
      { temperature: 0, top_p: 1, store: true },
      { store: true },
      ['temperature', 'top_p'],
    ],
    [
      'tools with any effort',
      'gpt-6-luna',
      { tools, reasoning: { effort: 'high' } },
      { tools, reasoning: { effort: 'high' } },
      [],
    ],
    ['no tools', 'gpt-6-luna', { tools: [], tool_choice: 'auto' }, {}, ['tools', 'tool_choice']],
    [
      'a schema without a name',
      'gpt-4o',
      { text: { verbosity: 'low', format: { type: 'json_schema', ...schema } } },
      { text: { verbosity: 'low', format: { type: 'json_schema', ...schema, name: 'response' } } },
      ['text'],
    ],
    [
      'a named schema',
      'gpt-4o',
      { text: { format: { type: 'json_schema', name: 'x' } } },
      { text: { format: { type: 'json_schema', name: 'x' } } },
      [],
    ],
    [
      'plain text',
      'gpt-4o',
      { text: { format: { type: 'text' } } },
      { text: { format: { type: 'text' } } },
      [],
    ],
  ])('sends %s as %s takes it', itSends('responses'));
});

describe('planAdjustments', () => {
  const value = fc.oneof(
    fc.constantFrom(null, '', [], {}, 0, 5, 15, 16, 1000, true, 'none', 'high', tools),
    fc.record({
      type: fc.constantFrom('json_schema', 'text'),
      json_schema: fc.dictionary(fc.constantFrom('name', 'schema'), fc.string()),
    }),
    fc.record({ format: fc.record({ type: fc.constant('json_schema'), schema: fc.object() }) }),
    fc.jsonValue(),
  );
  const name = fc.oneof(
    fc.constantFrom(
      ...[
        'tools',
        'tool_choice',
        'parallel_tool_calls',
        'max_tokens',
        'max_completion_tokens',
        'max_output_tokens',
      ],
      ...['temperature', 'top_p', 'frequency_penalty', 'reasoning_effort', 'response_format', 'text'],
    ),
    fc.string(),
  );
  const request = fc.dictionary(name, value, { noNullPrototype: true });
  const model = fc.constantFrom('their-model', ...CATALOGUE.map((entry) => entry.name));
  const dialect = fc.constantFrom<Dialect[]>('chat', 'responses');

  it('has nothing more to do on what it has adjusted', () => {
    fc.assert(
      fc.property(model, request, dialect, (to, parameters, api) => {
        const once = adaptRequest(to, parameters, api);
        expect(planAdjustments(to, once.parameters, api)).toEqual({
          remove: [],
          rename: {},
          set: {},
          adjusted: [],
        });
      }),
    );
  });

  it('touches nothing that it does not name, and makes no name twice', () => {
    fc.assert(
      fc.property(model, request, dialect, (to, parameters, api) => {
        const plan = planAdjustments(to, parameters, api);
        const { parameters: adapted } = adaptRequest(to, parameters, api);
        for (const [key, given] of Object.entries(parameters)) {
          if (!plan.adjusted.includes(key)) expect(adapted[key]).toBe(given);
        }
        const names = Object.keys(parameters)
          .filter((key) => !plan.remove.includes(key))
          .map((key) => (Object.hasOwn(plan.rename, key) ? plan.rename[key] : key));
        expect(new Set(names).size).toBe(names.length);
        const described = [...plan.remove, ...Object.keys(plan.rename)];
        expect(described.every((key) => Object.hasOwn(parameters, key))).toBe(true);
      }),
    );
  });
});
