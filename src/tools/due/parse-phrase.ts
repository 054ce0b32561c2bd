import { DATE_RULES } from './date-rules';
import { DAY_RULES } from './day-rules';
import type { Day } from './days';
import { DURATION_RULES } from './duration-rules';
import type { Piece, Rule } from './pieces';
import { TIME_RULES } from './time-rules';

/** The whole of a number or word: "5" is no part of "5:30" or "5th". */
const WORD_END = '(?![\\p{L}\\p{N}]|[:./-]\\d)';

const RULES = [...DATE_RULES, ...DAY_RULES, ...DURATION_RULES, ...TIME_RULES].map((rule: Rule) => ({
  ...rule,
  regex: new RegExp(`(?:${rule.pattern})${WORD_END}`, 'uy'),
}));

/** Reads a phrase piece by piece; undefined where some word of it is no part of a date. */
export function parsePhrase(text: string, today: Day): Piece[] | undefined {
  const plain = toPlain(text);
  const pieces: Piece[] = [];
  let from = 0;
  while (from < plain.length) {
    const found = longestAt(plain, from);
    if (found === undefined) return undefined;
    const piece = found.rule.read(found.match.groups ?? {}, today);
    pieces.push(piece);
    from += found.match[0].length;
    if (from < plain.length && plain[from] !== ' ') return undefined;
    from += 1;
  }
  return pieces;
}

/** Lower case, single spaces, without the marks that stand between words. */
function toPlain(text: string): string {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[’‘]/g, "'")
      .replace(/\b([ap])\.\s?m\b\.?/g, '$1m')
      .replace(/(?<=\p{L})\.|[.!?;:]+$/gu, '')
      // A zone may follow its time at once: "17:00z", "5pm+01:00".
      .replace(/(?<=:\d\d|\d[ap]m)(?=z$|[+-]\d)/g, ' ')
      .replace(/[\s,;]+/g, ' ')
      .trim()
  );
}

function longestAt(
  plain: string,
  from: number,
): { rule: (typeof RULES)[number]; match: RegExpExecArray } | undefined {
  let longest: { rule: (typeof RULES)[number]; match: RegExpExecArray } | undefined;
  for (const rule of RULES) {
    rule.regex.lastIndex = from;
    const match = rule.regex.exec(plain);
    if (match !== null && match[0].length > (longest?.match[0].length ?? 0)) longest = { rule, match };
  }
  return longest;
}
