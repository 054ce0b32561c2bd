import fc from 'fast-check';
import type { Judgement } from './call-opening';
import { verdictsOf } from './quota-verdict';

const SUBJECT = 'a0000000-0000-4000-8000-000000000000';

const judged = (over: Partial<Judgement> = {}): Judgement => ({
  opened: 0,
  n: 1,
  fits: true,
  isNew: false,
  subject: SUBJECT,
  isKey: false,
  kind: 'tokens_a_day',
  startsOn: '2026-11-21',
  amount: 100,
  most: 1000,
  remaining: 500,
  endsInSeconds: 3600,
  ...over,
});

/** What the statement gives where no call was held against any limit. */
const NOTHING_JUDGED = { ...judged(), n: null as unknown as number, fits: false };

describe('verdictsOf', () => {
  it('opens calls that no limit holds', () => {
    expect(verdictsOf([NOTHING_JUDGED], 2)).toEqual([
      { kind: 'opened', isLimited: false },
      { kind: 'opened', isLimited: false },
    ]);
  });

  it('opens a call that fits in all its windows, and says that it is limited', () => {
    const verdicts = verdictsOf([judged(), judged({ kind: 'cost_a_month', startsOn: '2026-11-01' })], 1);
    expect(verdicts).toEqual([{ kind: 'opened', isLimited: true }]);
  });

  it('refuses one that does not fit in one of them, until that window ends', () => {
    const [verdict] = verdictsOf(
      [
        judged(),
        judged({
          kind: 'cost_a_month',
          startsOn: '2026-11-01',
          fits: false,
          remaining: 99,
          endsInSeconds: 7,
        }),
      ],
      1,
    );
    expect(verdict).toMatchObject({
      kind: 'refused',
      error: { code: 'quota_exceeded', status: 429, retryAfterSeconds: 7 },
    });
  });

  it.each([
    [
      { kind: 'tokens_a_day', isKey: false },
      /100 tokens; of your daily token limit of 1000 tokens, 20 tokens/,
    ],
    [{ kind: 'tokens_a_day', isKey: true }, /this API key’s daily token limit/],
    [
      { kind: 'cost_a_month', isKey: false },
      /\$0\.000100; of your monthly spending limit of \$0\.001000, \$0\.000020/,
    ],
    [{ kind: 'cost_a_month', isKey: true }, /this API key’s monthly spending limit/],
  ] as const)('says of %o what is left', (over, text) => {
    const [verdict] = verdictsOf([judged({ ...over, fits: false, remaining: 20 })], 1);
    expect(verdict).toMatchObject({ error: { message: expect.stringMatching(text) } });
  });

  it('says of a window that is overdrawn that nothing is left, and never to come back at once', () => {
    const [verdict] = verdictsOf([judged({ fits: false, remaining: -300, endsInSeconds: 0 })], 1);
    expect(verdict).toMatchObject({
      error: { message: expect.stringMatching(/ 0 tokens are left/), retryAfterSeconds: 1 },
    });
  });

  it('names the window that ends last, for only then another try makes sense', () => {
    const [verdict] = verdictsOf(
      [
        judged({ fits: false, remaining: 0, endsInSeconds: 60 }),
        judged({ kind: 'cost_a_month', fits: false, remaining: 0, endsInSeconds: 90_000 }),
      ],
      1,
    );
    expect(verdict).toMatchObject({ error: { retryAfterSeconds: 90_000 } });
  });

  it('does not let a model without a price under a spending limit', () => {
    const [verdict] = verdictsOf([judged({ kind: 'cost_a_month', fits: false, amount: null })], 1);
    expect(verdict).toMatchObject({ kind: 'refused', error: { code: 'model_not_allowed', status: 400 } });
  });

  it('asks again for a window that had no row', () => {
    const fresh = judged({ isNew: true, fits: false, remaining: null as unknown as number });
    expect(verdictsOf([fresh, judged({ kind: 'cost_a_month' })], 1)).toEqual([{ kind: 'new_window' }]);
  });

  it('asks again for a call that only those before it left no room', () => {
    const verdicts = verdictsOf(
      [judged({ n: 1, amount: 900, fits: false }), judged({ n: 2, amount: 100, fits: false })],
      2,
    );
    expect(verdicts.map(({ kind }) => kind)).toEqual(['refused', 'crowded_out']);
  });

  it('of calls opened together, never lets anyone be asked again for ever', () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 1000 }), (given, budget) => {
        let [waiting, remaining, admitted] = [given, budget, 0];
        for (let rounds = 0; waiting.length > 0; rounds++) {
          expect(rounds).toBeLessThanOrEqual(given.length);
          // As the statement judges: by the sum of all up to each, those that do not fit included.
          let sum = 0;
          const judgements = waiting.map((amount, index) => {
            sum += amount;
            return judged({ n: index + 1, amount, fits: sum <= remaining, remaining });
          });
          const verdicts = verdictsOf(judgements, waiting.length);
          verdicts.forEach((verdict, index) => {
            if (verdict.kind !== 'opened') return;
            admitted += waiting[index]!;
            remaining -= waiting[index]!;
          });
          expect(verdicts[0]!.kind).not.toBe('crowded_out');
          waiting = waiting.filter((_, index) => verdicts[index]!.kind === 'crowded_out');
        }
        expect(admitted).toBeLessThanOrEqual(budget);
        // Nobody is refused who alone would still fit.
        if (Math.min(...given) > budget) expect(admitted).toBe(0);
        else expect(admitted).toBeGreaterThan(0);
      }),
    );
  });
});
