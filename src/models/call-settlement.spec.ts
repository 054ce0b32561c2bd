import { ledgerModel } from './call-settlement';

describe('ledgerModel', () => {
  it.each([
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o-mini'],
    ['openai/gpt-4o-mini', 'gpt-4o-mini'],
    ['openrouter/openai/gpt-4o-mini', 'gpt-4o-mini'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['gpt-4o-mini/', 'gpt-4o-mini/'],
  ])('books %s as %s', (answeredBy, model) => {
    expect(ledgerModel(answeredBy)).toBe(model);
  });

  it('keeps at most 100 characters of a name, fit to be stored', () => {
    expect(ledgerModel(`m\0${'x'.repeat(200)}`)).toHaveLength(100);
    expect(ledgerModel('m\0')).not.toContain('\0');
  });
});
