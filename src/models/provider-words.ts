import { toStorable } from '../common/storable-text';

const LONGEST_MESSAGE = 500;

/** A provider's words about the request, without anything that looks like a key, organisation or project id. */
export function cleanMessage(text: string): string {
  return cut(withoutIds(text), LONGEST_MESSAGE);
}

export function withoutIds(text: string): string {
  return (
    text
      .replaceAll(/\b(?:sk|pk|rk|sess|kt|ktr|org|proj)[-_][\w*.-]{3,}/gi, '[removed]')
      // An id has digits or is long; "user_id" and "user-supplied" are words.
      .replaceAll(/\buser[-_](?=[\w-]*\d|[\w-]{16})[\w*.-]+/gi, '[removed]')
      .replaceAll(/\bAIza[\w-]{10,}/g, '[removed]')
      .replaceAll(/\bBearer\s+\S+/gi, '[removed]')
  );
}

/** A provider's words are kept with the turn they ended, so they must also be fit to be stored. */
export const cut = (text: string, longest: number): string => toStorable(text.slice(0, longest));
