/** Longer messages are cut to this length, so the reader's work is bounded. */
const READABLE_CHARACTERS = 10_000;
const FIRST_MASK = 0xe000;
const MOST_MASKS = 200;
const MASKS = /[\uE000-\uF8FF]/gu;

const PLAIN_LETTERS = new Map(
  Object.entries({ a: 'áàâäã', e: 'éèêë', i: 'íìîï', o: 'óòôöõ', u: 'úùûü', n: 'ñ', е: 'ё' }).flatMap(
    ([plain, accented]) => [...accented].map((letter) => [letter, plain] as const),
  ),
);

/** Lower case without accents, letter by letter: indices into the folded text are also indices into the original. */
export function fold(text: string): string {
  let folded = '';
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charAt(index);
    const lower = letter.toLowerCase();
    folded += PLAIN_LETTERS.get(lower) ?? (lower.length === 1 ? lower : letter);
  }
  return folded;
}

/** Unifies quotation marks and spaces. Keeps line breaks, because each line is a request of its own. */
export function normalise(text: string): string {
  return text
    .slice(0, READABLE_CHARACTERS)
    .normalize('NFC')
    .replace(MASKS, '')
    .replace(/[“”„«»]/g, '"')
    .replace(/[‘’`´]/g, "'")
    .replace(/\r\n?/g, '\n')
    .replace(/\s[:;]-?[)(DP]+(?=\s|$)/g, '')
    .replace(/[^\S\n]+/g, ' ')
    .trim();
}

/**
 * Replaces each quoted text by one letter, and restores it afterwards. So no rule reads inside a quotation:
 * `add "Read, then sleep"` is one task.
 */
export class QuoteMask {
  private readonly quoted: string[] = [];

  mask(text: string): string {
    const hide = (whole: string, inner: string): string => {
      if (this.quoted.length === MOST_MASKS || inner.trim() === '') return whole;
      this.quoted.push(inner.trim());
      return String.fromCharCode(FIRST_MASK + this.quoted.length - 1);
    };
    return text
      .replace(/"([^"\n]{1,500})"/g, hide)
      .replace(/(?<![\p{L}\p{N}])'((?:[^'\n]|'(?=\p{L})){1,500})'(?![\p{L}\p{N}])/gu, hide);
  }

  unmask(text: string): string {
    return text.replace(MASKS, (letter) => this.quoted[letter.charCodeAt(0) - FIRST_MASK] ?? '');
  }

  /** The quoted text, if the text is one quotation and nothing else. */
  quotationOf(text: string): string | undefined {
    const trimmed = text.trim();
    return trimmed.length === 1 ? this.quoted[trimmed.charCodeAt(0) - FIRST_MASK] : undefined;
  }
}

/** Matches a rule (flags `du`) on the folded text and returns its named groups as the user wrote them. */
export function matchFolded(pattern: RegExp, text: string): Record<string, string> | undefined {
  const match = pattern.exec(fold(text));
  if (!match) return undefined;
  const groups: Record<string, string> = {};
  for (const [name, range] of Object.entries(match.indices?.groups ?? {})) {
    if (range) groups[name] = text.slice(range[0], range[1]).trim();
  }
  return groups;
}

export function capitalise(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0x20);
  return text === '' ? '' : first.toUpperCase() + text.slice(first.length);
}

/** Removes spaces and punctuation from both ends of a phrase. */
export function trimPunctuation(text: string): string {
  return text.replace(/^[\s,;:.\-–—!?]+/u, '').replace(/[\s,;:.\-–—!?]+$/u, '');
}

/** Cuts to this many characters, never inside a surrogate pair. */
export function cut(text: string, characters: number): string {
  return text.length <= characters
    ? text
    : text
        .slice(0, characters)
        .replace(/[\uD800-\uDBFF]$/, '')
        .trimEnd();
}
