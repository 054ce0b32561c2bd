import fc from 'fast-check';
import { priceOf } from './catalogue';
import { CATALOGUE } from './catalogue.data';
import { type Outlook, worstCaseOf } from './worst-case';

const NOW = new Date('2026-11-21T12:00:00Z');
const bodyOf = (text: string): Buffer =>
  Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: text }] }));
const worst = (model: string, body: Buffer | string, outlook: Partial<Outlook> = {}, now = NOW) =>
  worstCaseOf('openai', model, body, { mostOutputTokens: 100, ...outlook }, now);

describe('worstCaseOf', () => {
  it('takes every byte for a token', () => {
    const body = bodyOf('你好, 🙂');
    expect(worst('gpt-4o-mini', body)).toEqual({
      tokens: body.length + 100,
      outputTokens: 100,
      answers: 1,
      costMicroUsd: Math.ceil(body.length * 0.15 + 100 * 0.6),
    });
    expect(worst('gpt-4o-mini', body.toString())).toEqual(worst('gpt-4o-mini', body));
  });

  it('takes no more input than the model has room for, but of embeddings all', () => {
    expect(worst('gpt-4o-mini', bodyOf('x'.repeat(500_000))).tokens).toBe(128_100);
    const body = bodyOf('x'.repeat(500_000));
    expect(worst('text-embedding-3-small', body, { mostOutputTokens: 0 }).tokens).toBe(body.length);
  });

  it('takes a whole window where the bytes only point to something', () => {
    expect(worst('gpt-4o-mini', '{}', { pointsElsewhere: true }).tokens).toBe(128_100);
    expect(worst('own-model', '{}', { pointsElsewhere: true }).tokens).toBe(1_050_100);
  });

  it('adds what a provider says of tools', () => {
    expect(worst('gpt-4o-mini', '{"tools":[1]}').tokens).toBe(13 + 1000 + 100);
  });

  it('takes of a form only its text for input', () => {
    expect(worst('gpt-4o-mini', 'x'.repeat(1000), { textBytes: 7 }).tokens).toBe(107);
  });

  it.each([
    ['gpt-image-2', null],
    ['gpt-4o-mini', null],
  ])('knows no price of pictures and sound, whatever model makes them: %s', (model, costMicroUsd) => {
    expect(worst(model, '{}', { isMedia: true })).toMatchObject({ costMicroUsd, isMedia: true });
  });

  it('knows that the simulator’s pictures cost nothing', () => {
    const outlook = { mostOutputTokens: 100, isMedia: true };
    expect(worstCaseOf('simulator', 'gpt-image-2', '{}', outlook, NOW).costMicroUsd).toBe(0);
  });

  it('counts every answer', () => {
    expect(worst('gpt-4o-mini', '{}', { answers: 3 })).toMatchObject({ outputTokens: 300, tokens: 302 });
  });

  it('knows no price where the catalogue has none, on that day', () => {
    expect(worst('own-model', bodyOf('hi')).costMicroUsd).toBeNull();
    expect(worst('gpt-4o-mini', 'hi', {}, new Date('2020-01-01T00:00:00Z')).costMicroUsd).toBeNull();
  });

  it('takes the price of tomorrow where that is higher, for a call may end then', () => {
    const before = worst('gemini-3.8-flash', 'hi', {}, new Date('2026-12-31T23:59:59Z'));
    const after = worst('gemini-3.8-flash', 'hi', {}, new Date('2027-01-01T00:00:00Z'));
    expect(before.costMicroUsd).toBe(after.costMicroUsd);
    expect(worst('gemini-3.8-flash', 'hi').costMicroUsd).toBeLessThan(after.costMicroUsd!);
  });

  it('costs nothing with the simulator', () => {
    const { costMicroUsd } = worstCaseOf('simulator', 'gpt-4o', 'hi', { mostOutputTokens: 9 }, NOW);
    expect(costMicroUsd).toBe(0);
  });

  it('is never less than what a call of so much text comes to, whatever was cached or written to a cache', () => {
    const models = CATALOGUE.map(({ name }) => name);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const numbers = fc.tuple(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 0, max: 5000 }));
    fc.assert(
      fc.property(fc.constantFrom(...models), numbers, share, share, (model, [bytes, output], one, other) => {
        const reserved = worst(model, 'x'.repeat(bytes), { mostOutputTokens: 5000 });
        // What does not fit the window the provider refuses.
        const input = Math.min(bytes, reserved.tokens - 5000);
        const cached = Math.floor(input * one);
        const cacheWrite = Math.floor((input - cached) * other);
        const spent = priceOf(model, { input, cached, cacheWrite, output, reasoning: 0 }, NOW).costMicroUsd;
        if (reserved.costMicroUsd === null) expect(spent).toBeNull();
        else expect(spent).toBeLessThanOrEqual(reserved.costMicroUsd);
      }),
    );
  });
});
