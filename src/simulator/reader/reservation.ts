import type { Intent } from './intent';

/** Exceptions, conditions and second thoughts: a rule-based reader would act on only half of them. */
const RESERVATION =
  /(?:^|[\s,;.?!(])(?:except|excluding|but not|apart from|other than|unless|if|don'?t(?! need)|do not(?! need)|never|no,? (?:keep|wait|leave)|excepto|salvo|si|кроме|если|не|нет)(?=$|[\s,;.?!)])/u;
/** "I should have …" looks back and asks for nothing. */
const REGRET = /(?:^|\s)(?:i|we) should(?:'ve| have) /u;

/**
 * Whether a message qualifies a change in a way that the rules cannot read. Acting on the rest would do something that
 * the user did not ask for, so nothing is done.
 * @param folded the message in lower case, without quoted text
 */
export function isBeyondReading(folded: string, intents: readonly Intent[]): boolean {
  return REGRET.test(folded) || (RESERVATION.test(folded) && intents.some(isRisky));
}

/** A new title or description may contain any word: its task is named before it. */
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
