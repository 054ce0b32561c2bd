const BRACKETLESS = /[^[\]]+/g;

/**
 * The first text between `[[` and `]]` that is as wanted; a text with brackets of its own is none. One pass, whatever
 * the text: what a model says may have been put into its mouth.
 */
export function findBracketed(text: string, wanted: RegExp): string | undefined {
  for (const { 0: inner, index } of text.matchAll(BRACKETLESS)) {
    const isBracketed = text.startsWith('[[', index - 2) && text.startsWith(']]', index + inner.length);
    if (isBracketed && wanted.test(inner)) return inner;
  }
  return undefined;
}
