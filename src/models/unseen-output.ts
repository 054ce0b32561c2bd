import type { CallIntent } from '../usage/usage.types';
import { findModel } from './catalogue';

/** More than providers write for one answer. */
const MOST_TOKENS_A_SECOND = 500;

/**
 * What a model can have written, at the provider's cost, by the time that its answer was cut off, without our having
 * seen it: an answer in one piece before its end, or what it thinks.
 * @param elapsedMs since it was asked
 */
export function unseenOutputTokens(
  { model, worstCase }: CallIntent,
  isStream: boolean,
  elapsedMs: number,
): number {
  if (isStream && !mayThink(model)) return 0;
  const written = Math.ceil((elapsedMs / 1000) * MOST_TOKENS_A_SECOND) * worstCase.answers;
  return Math.min(worstCase.outputTokens, written);
}

/** A model that nobody knows may. */
function mayThink(model: string): boolean {
  const entry = findModel(model);
  return entry === undefined || (entry.thinks ?? false);
}
