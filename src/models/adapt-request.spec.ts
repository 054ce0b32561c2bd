import { adaptRequest } from './adapt-request';

const tools = [{ type: 'function' }];

describe('adaptRequest', () => {
  it.each([
    [
      'a model that takes all',
      'gpt-4o',
      { max_tokens: 5, temperature: 1, tools },
      { max_tokens: 5, temperature: 1, tools },
      [],
    ],
    [
      'an unknown model',
      'their-model',
      { max_tokens: 5, temperature: 1 },
      { max_tokens: 5, temperature: 1 },
      [],
    ],
    ['the limit’s other name', 'gpt-5', { max_tokens: 5 }, { max_completion_tokens: 5 }, ['max_tokens']],
    ['a dated snapshot', 'gpt-5-2025-08-07', { max_tokens: 5 }, { max_completion_tokens: 5 }, ['max_tokens']],
    ['the limit by its own name', 'gpt-5', { max_completion_tokens: 5 }, { max_completion_tokens: 5 }, []],
    [
      'what it refuses',
      'gpt-5-mini',
      { temperature: 0, top_p: 1, seed: 3 },
      { seed: 3 },
      ['temperature', 'top_p'],
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
      'gpt-6-luna',
      { tools, reasoning_effort: 'high' },
      { tools, reasoning_effort: 'none' },
      ['reasoning_effort'],
    ],
    [
      'tools and the right effort',
      'gpt-6-luna',
      { tools, reasoning_effort: 'none' },
      { tools, reasoning_effort: 'none' },
      [],
    ],
    ['an effort without tools', 'gpt-6-luna', { reasoning_effort: 'high' }, { reasoning_effort: 'high' }, []],
    [
      'an effort where tools need none',
      'gpt-5',
      { tools, reasoning_effort: 'high' },
      { tools, reasoning_effort: 'high' },
      [],
    ],
  ])('sends %s as it takes it', (_, model, parameters, expected, adjusted) => {
    const before = structuredClone(parameters);
    expect(adaptRequest(model, parameters)).toEqual({ parameters: expected, adjusted });
    expect(parameters).toEqual(before);
  });
});
