import type { Intent } from './intent';

/** Exceptions, conditions and second thoughts: what a rule-based reader would act on half of. */
const RESERVATION =
  /(?:^|[\s,;.?!(])(?:except|excluding|but not|apart from|other than|unless|if|don'?t(?! need)|do not(?! need)|never|no,? (?:keep|wait|leave)|excepto|salvo|si|кроме|если|не|нет)(?=$|[\s,;.?!)])/u;
/** "I should have …" looks back; it asks for nothing. */
const REGRET = /(?:^|\s)(?:i|we) should(?:'ve| have) /u;

/**
 * Whether a message says more about a change than can be read here. Acting on the rest of it would do what was not
 * asked for, so nothing of it is done.
 * @param folded the message in lower case, without what stands in quotes
 */
export function isBeyondReading(folded: string, intents: readonly Intent[]): boolean {
  return REGRET.test(folded) || (RESERVATION.test(folded) && intents.some(isRisky));
}

/** A new title or description may hold any word; what it is about was named before it. */
function isRisky(intent: Intent): boolean {
  switch (intent.kind) {
    case 'complete':
    case 'reopen':
    case 'delete':
      return true;
    case 'update':
      return intent.changes.title === undefined && intent.changes.description === undefined;
    default:
      return false;
  }
}
