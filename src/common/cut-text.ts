const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A character that is longer than this (a letter under a heap of accents) is cut after all. In UTF-16 units. */
const MAX_CHARACTER_LENGTH = 64;

/**
 * The beginning of a text, cut between characters as people see them: no emoji and no accented letter is cut in half.
 * @param maxLength in UTF-16 units, as `String.length` counts
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const start = text.slice(0, maxLength + MAX_CHARACTER_LENGTH);
  const end = segmenter.segment(start).containing(maxLength)?.index ?? maxLength;
  return text.slice(0, end > maxLength - MAX_CHARACTER_LENGTH ? end : withoutHalfPair(text, maxLength));
}

/** The text, or its beginning with `…` after it where it is longer than the length. */
export function shortenText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${cutText(text, maxLength - 1)}…`;
}

function withoutHalfPair(text: string, length: number): number {
  const isInsidePair = /[\uD800-\uDBFF]/.test(text.charAt(length - 1));
  return isInsidePair ? length - 1 : length;
}
