/** Has one spelling for each name. */
const USUAL_CASE = /^[A-Z][a-z]+(?:[/_-][A-Z][a-z]+)*$/;

/**
 * The spelling in which a time zone's name is kept: all letter cases are good for Intl. Where the name is another one
 * of the zone (`Asia/Kolkata`, to Intl `Asia/Calcutta`), it stays what the user said if it is in the usual case, else
 * it is replaced, for Intl does not know the spelling of such.
 * @param name one that Intl takes
 */
export function spellTimeZone(name: string): string {
  const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
  const isAlias = timeZone.toLowerCase() !== name.toLowerCase();
  return isAlias && USUAL_CASE.test(name) ? name : timeZone;
}
