import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { AppError } from '../common/app-error';
import { CompletionRequest, toCompletionRequest } from './completion.dto';

const OPTIONS = { whitelist: true, forbidNonWhitelisted: true };

const mostly = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });

const objects = fc.array(fc.constant({ role: 'user' }), { minLength: 1, maxLength: 3 });
/** Bodies that are nearly right. */
const body = fc.record(
  {
    messages: mostly(objects),
    tools: mostly(objects),
    tool_choice: fc.jsonValue(),
    model: mostly(fc.string({ minLength: 1, maxLength: 210 })),
    temperature: mostly(fc.double({ noNaN: true })),
    max_tokens: mostly(fc.integer({ min: 0 })),
    verbosity: mostly(fc.string({ minLength: 1, maxLength: 52 })),
    reasoning_effort: mostly(fc.string({ minLength: 1, maxLength: 52 })),
    response_format: mostly(fc.constant({ type: 'text' })),
    frequency_penalty: fc.constantFrom(1),
  },
  { requiredKeys: ['messages'] },
);

const isAccepted = (value: object): boolean => {
  try {
    toCompletionRequest(value);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return false;
  }
};

describe('toCompletionRequest', () => {
  it('accepts just what the decorators accept', () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(body, (value) => {
        const request = Object.assign(Object.create(CompletionRequest.prototype) as CompletionRequest, value);
        const isRight = validateSync(request, OPTIONS).length === 0;
        expect(isAccepted(value)).toBe(isRight);
        seen[`${isRight}`]++;
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(10);
  });

  it.each([
    ['a model of 200 characters', { model: 'm'.repeat(200) }, true],
    ['a model of 201', { model: 'm'.repeat(201) }, false],
    ['an effort of 50', { reasoning_effort: 'e'.repeat(50) }, true],
    ['an effort of 51', { reasoning_effort: 'e'.repeat(51) }, false],
    ['an empty model', { model: '' }, false],
    ['no tokens', { max_tokens: 0 }, false],
    ['an endless temperature', { temperature: Number.POSITIVE_INFINITY }, false],
    ['null for what is optional', { temperature: null, tools: null }, true],
    ['no messages', { messages: [] }, false],
    ['a message that is text', { messages: ['hello'] }, false],
    ['a field of Object', { toString: 1 }, false],
    ['a field it does not have', { stream: true }, false],
  ])('of %s', (_name, fields, isRight) => {
    expect(isAccepted({ messages: [{ role: 'user', content: 'Hello' }], ...fields })).toBe(isRight);
  });
});
