const CHARACTERS_PER_TOKEN = 4;

/** A plausible count, always the same for the same text; real tokenizers differ. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** Cuts the text to this many tokens, never inside a character. */
export function cutToTokens(text: string, tokens: number): string {
  const cut = text.slice(0, tokens * CHARACTERS_PER_TOKEN);
  return cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** Splits word by word with the preceding space, long words in pieces; the joined pieces equal the text. */
export function splitIntoDeltas(text: string): string[] {
  return text.match(/\s*\S{1,24}|\s+$/gu) ?? (text === '' ? [] : [text]);
}

/** Splits JSON as a model streams it: at least two pieces, so that no client can rely on one. */
export function splitArguments(text: string): string[] {
  const size = Math.max(1, Math.min(12, Math.ceil(text.length / 2)));
  return text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];
}
