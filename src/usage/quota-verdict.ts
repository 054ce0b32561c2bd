import { AppError } from '../common/app-error';
import type { Judgement } from './call-opening';
import type { Payer } from './usage.types';

/** Whether a call may go out. */
export type Verdict =
  /** `isLimited`: a limit holds the payer, so the call must not use more than was reserved for it. */
  | { kind: 'opened'; isLimited: boolean }
  /** The windows it belongs to have only just begun: to be asked again when their rows are there. */
  | { kind: 'new_window' }
  /** Behind others of its batch there was no room, but there may be: to be asked again. */
  | { kind: 'crowded_out' }
  /** `limit` names the budget that was too small, for the metrics. */
  | { kind: 'refused'; error: AppError; limit: string };

/**
 * What was decided over each of several calls that were opened together.
 * @param count how many calls
 */
export function verdictsOf(judgements: readonly Judgement[], count: number): Verdict[] {
  const ofCall = new Map<number, Judgement[]>();
  for (const judgement of judgements) {
    ofCall.set(judgement.n, [...(ofCall.get(judgement.n) ?? []), judgement]);
  }
  const taken = new Map<string, number>();
  for (const ofOne of ofCall.values()) {
    if (!ofOne.every(({ fits }) => fits)) continue;
    for (const one of ofOne) taken.set(windowOf(one), (taken.get(windowOf(one)) ?? 0) + (one.amount ?? 0));
  }
  const remaining = (one: Judgement): number => one.remaining - (taken.get(windowOf(one)) ?? 0);
  return Array.from({ length: count }, (_, index) => verdictOf(ofCall.get(index + 1) ?? [], remaining));
}

function verdictOf(judgements: readonly Judgement[], remaining: (one: Judgement) => number): Verdict {
  const failed = judgements.filter(({ fits }) => !fits);
  if (failed.length === 0) return { kind: 'opened', isLimited: judgements.length > 0 };
  const unpriced = failed.find(({ amount }) => amount === null);
  if (unpriced !== undefined) {
    return { kind: 'refused', error: priceUnknown(), limit: limitOf(unpriced) };
  }
  if (failed.some(({ isNew }) => isNew)) return { kind: 'new_window' };
  // Whose reset comes last decides when another try makes sense.
  const lacking = failed
    .filter((one) => (one.amount ?? 0) > remaining(one))
    .toSorted((a, b) => b.endsInSeconds - a.endsInSeconds);
  if (lacking.length === 0) return { kind: 'crowded_out' };
  const [last] = lacking;
  return { kind: 'refused', error: quotaExceeded(last!, remaining(last!)), limit: limitOf(last!) };
}

/** By what the metrics count who was refused: an address is no user, whose id may be shown. */
export const nameOf = ({ id, userId }: Payer): string => userId ?? `address ${id}`;

const limitOf = ({ kind, isKey }: Judgement): string => (isKey ? `key_${kind}` : kind);

const windowOf = ({ subject, kind, startsOn }: Judgement): string => `${subject} ${kind} ${startsOn}`;

function quotaExceeded({ kind, isKey, amount, most, endsInSeconds }: Judgement, remaining: number): AppError {
  const [what, told] =
    kind === 'tokens_a_day'
      ? ['daily token limit', (count: number) => `${count} tokens`]
      : ['monthly spending limit', (microUsd: number) => `$${(microUsd / 1e6).toFixed(6)}`];
  const limit = isKey ? `this API key’s ${what}` : `your ${what}`;
  const left = Math.max(0, remaining);
  return new AppError(
    'quota_exceeded',
    `This request may need up to ${told(amount ?? 0)}; of ${limit} of ${told(most)}, ${told(left)} are left.`,
    { retryAfterSeconds: Math.max(1, endsInSeconds) },
  );
}

/** What cannot be counted cannot be kept within a limit. */
const priceUnknown = (): AppError =>
  new AppError(
    'model_not_allowed',
    'The price of this model is not known, so it cannot be used under a spending limit.',
    { param: 'model' },
  );
