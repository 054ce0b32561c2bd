type PieceKind = 'day' | 'weekday' | 'date' | 'ordinal' | 'time' | 'part' | 'endOfDay' | 'elapsed';

interface Piece {
  readonly kind: PieceKind;
  readonly end: number;
}

/** The longest run of words that name one day, one time, or both. */
export interface DatePhrase {
  readonly index: number;
  readonly text: string;
  readonly isTimeOnly: boolean;
  readonly hasTime: boolean;
  /**
   * A weekday, an ordinal or similar that may well mean something else: only a preposition before it makes it a date.
   */
  readonly isEveryday: boolean;
}

const WEEKDAY =
  'mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?';
const MONTH =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const NUMBER = 'an?|one|two|three|four|five|six|seven|eight|nine|ten|a couple of|\\d{1,4}';
const DAYS_UNIT = 'days?|weeks?|fortnights?|months?|years?';
const CLOCK_UNIT = 'seconds?|sec|minutes?|mins?|hours?|hrs?|h';
const SPAN_OF_DAYS = `(?:${NUMBER}) (?:${DAYS_UNIT})(?: and (?:${NUMBER}) (?:${DAYS_UNIT}))*`;
const SPAN_OF_CLOCK = `(?:${NUMBER}|\\d+\\.\\d+) ?(?:${CLOCK_UNIT})`;
const ORDINAL = '\\d{1,2}(?:st|nd|rd|th)';
const DAY_NUMBER = `(?:${ORDINAL}|\\d{1,2})`;
const YEAR = '(?:,? (?:of )?\\d{4}(?!:)|,? (?:of )?(?:this|next) year)?';
const CLOCK = '\\d{1,2}(?:[:.]\\d{2})? ?(?:[ap]m|[ap]\\.m\\.?)|\\d{1,2}:\\d{2}|noon|midday|midnight';
const DIAL_HOUR = '(?:\\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)';
const SPOKEN = `(?:half past|(?:a )?quarter (?:past|to)) ${DIAL_HOUR}(?: ?[ap]m)?|${DIAL_HOUR} o'clock(?: ?[ap]m)?`;
const RANGE = `(?:from )?(?<start>${CLOCK})(?: ?[-–] ?| (?:to|until|till) )(?:${CLOCK})`;
const PERIOD = 'week|month|quarter|year';

const sources: readonly (readonly [PieceKind, string])[] = [
  ['day', '(?:later )?today|tonight|this (?:morning|afternoon|evening)|tomorrow|(?:the )?day after tomorrow'],
  ['day', `(?:this|next|coming) (?:week|month|year|weekend)|(?:the )?weekend`],
  ['day', `(?:the )?(?:end|last day) of (?:(?:the |this |next )?(?:${PERIOD})|(?:${MONTH})(?: \\d{4})?)`],
  ['day', `(?:the )?(?:start|beginning|first day|first) of (?:the )?next (?:${PERIOD})|eo[wmqy]`],
  ['day', `(?:in|within) ${SPAN_OF_DAYS}|in a fortnight`],
  ['day', `(?:${NUMBER}) (?:${DAYS_UNIT}) (?:from now|from today|later)`],
  ['day', `(?:${NUMBER}) (?:weeks?|days?) from (?:tomorrow|${WEEKDAY})`],
  [
    'elapsed',
    `(?:in|within) (?:half an hour|an hour and a half|(?:${SPAN_OF_DAYS} and )?${SPAN_OF_CLOCK}(?:(?: and)? ${SPAN_OF_CLOCK})*)`,
  ],
  ['elapsed', `(?:${NUMBER}) (?:${CLOCK_UNIT}) (?:from now|later)`],
  ['weekday', `(?:(?:this|next|coming|upcoming|this coming) )?(?:${WEEKDAY})`],
  ['day', `(?:${WEEKDAY}) (?:of )?(?:this|next) week|(?:this|next) week (?:on )?(?:${WEEKDAY})`],
  [
    'day',
    `(?:the )?(?:first|second|third|fourth|last) (?:${WEEKDAY}) (?:of|in) (?:(?:the|this|next) month|${MONTH})`,
  ],
  [
    'date',
    `(?:the )?${DAY_NUMBER} (?:of )?(?:${MONTH})\\.?${YEAR}|(?:${MONTH})\\.? (?:the )?${DAY_NUMBER}${YEAR}`,
  ],
  ['date', '\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2})?(?:Z|[+-]\\d{2}:\\d{2})?)?'],
  ['date', '\\d{1,2}([./-])\\d{1,2}\\1\\d{4}|\\d{1,2}/\\d{1,2}'],
  ['ordinal', `(?:the )?${ORDINAL}(?: of (?:the|this|next) month)?`],
  [
    'time',
    `(?:at |@ ?)?(?:${CLOCK}|${SPOKEN})|at \\d{1,2}(?![.,]?\\d)|\\d{1,2} in the (?:morning|afternoon|evening)`,
  ],
  ['time', RANGE],
  ['part', '(?:in the |at )?(?:morning|afternoon|evening|night)|first thing'],
  ['endOfDay', '(?:the )?end of (?:the |my )?(?:business |work |working )?day|close of business|eod|cob'],
  ['endOfDay', `(?:the )?end of(?= (?:today|tomorrow|(?:this |next )?(?:${WEEKDAY}))\\b)`],
];

const PATTERNS = sources.map(
  ([kind, source]) => [kind, new RegExp(`(?:${source})(?![\\p{L}\\p{N}]|[:/-]\\d)`, 'iuy')] as const,
);
/** Text allowed between two pieces of one date. */
const GLUE = /(?:,\s*|\s+)(?:(?:by|on|at|in|of|before|due)\s+)?/iuy;
/** Two dates joined by one of these do not form a single date. */
const JOINED = /^\s*(?:,|or|and|to|through|until|till|[-–/])?\s*$/iu;
const TIME_RANGE = new RegExp(RANGE, 'iu');
/** Date words outside the pieces known here: next to a date, they make it part of something longer. */
const REST_BEFORE =
  /(?:\b(?:first|second|third|fourth|fifth|last|past|previous|yesterday|earlier|every|each|since|after|early|late|mid|not|next|this|end of)|\d\s*(?:[-–]|to|until|till))\s*$/iu;
const REST_AFTER = new RegExp(
  `^,?\\s+(?:(?:of|in|this|next|last)\\s+)?(?:this|next|last|week|month|quarter|year|century|today|tonight|tomorrow|ago|${WEEKDAY}|${MONTH}|(?:19|20)\\d{2})(?![\\p{L}\\p{N}])`,
  'iu',
);

/** Finds possible dates in a sentence, each as long as possible. Skips words that do not form a single date. */
export function findDatePhrases(text: string): DatePhrase[] {
  const runs: { index: number; end: number; pieces: Piece[] }[] = [];
  for (let index = 0; index < text.length; index += 1) {
    if (index > 0 && /[\p{L}\p{N}:./-]/u.test(text.charAt(index - 1))) continue;
    const pieces = readRun(text, index);
    const end = pieces.at(-1)?.end;
    if (end === undefined) continue;
    runs.push({ index, end, pieces });
    index = end - 1;
  }
  return runs
    .filter((run, place) => {
      const [before, after] = [runs[place - 1], runs[place + 1]];
      const isJoined =
        (before !== undefined && JOINED.test(text.slice(before.end, run.index))) ||
        (after !== undefined && JOINED.test(text.slice(run.end, after.index)));
      return !isJoined && isOneDate(run.pieces) && standsAlone(text, run);
    })
    .map(({ index, end, pieces }) => toPhrase(text.slice(index, end), index, pieces));
}

/** Keeps only the start of "3pm to 4pm": a task has one due time. */
export function withoutTimeRange(words: string): string {
  return words.replace(TIME_RANGE, 'at $<start>');
}

function readRun(text: string, from: number): Piece[] {
  const pieces: Piece[] = [];
  let at: number | undefined = from;
  while (at !== undefined) {
    const piece = longestPiece(text, at);
    if (piece === undefined) break;
    pieces.push(piece);
    GLUE.lastIndex = piece.end;
    at = GLUE.test(text) ? GLUE.lastIndex : undefined;
    // "tomorrow at 5pm": the word between them may belong to the next piece.
    if (at !== undefined && longestPiece(text, at) === undefined) at = afterSpace(text, piece.end);
  }
  return pieces;
}

function afterSpace(text: string, from: number): number | undefined {
  const space = /^,?\s+/u.exec(text.slice(from))?.[0];
  return space === undefined ? undefined : from + space.length;
}

function longestPiece(text: string, from: number): Piece | undefined {
  let longest: Piece | undefined;
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = from;
    if (pattern.test(text) && pattern.lastIndex > (longest?.end ?? from)) {
      longest = { kind, end: pattern.lastIndex };
    }
  }
  return longest;
}

/** One day, optionally with its weekday, and at most one time. */
function isOneDate(pieces: readonly Piece[]): boolean {
  const count = (...kinds: PieceKind[]): number => pieces.filter(({ kind }) => kinds.includes(kind)).length;
  const dates = count('date', 'ordinal');
  const isOneDay = count('day') + dates <= 1 && count('weekday') <= (count('day') > 0 ? 0 : 1);
  const hasElapsed = count('elapsed') > 0;
  if (hasElapsed) return pieces.length === 1;
  const isOneTime = count('time') <= 1 && count('part') <= 1 && count('endOfDay') <= 1;
  return isOneDay && isOneTime && (count('endOfDay') === 0 || count('time', 'part') === 0);
}

function standsAlone(text: string, { index, end }: { index: number; end: number }): boolean {
  const after = text.slice(end);
  return !REST_BEFORE.test(text.slice(0, index)) && !REST_AFTER.test(after) && !/^'s\b/u.test(after);
}

function toPhrase(text: string, index: number, pieces: readonly Piece[]): DatePhrase {
  const isOrdinal = pieces.every(({ kind }) => kind === 'ordinal');
  const isNumeric = /^\d{1,2}\/\d{1,2}$/.test(text);
  return {
    index,
    text,
    isTimeOnly: pieces.every(({ kind }) => kind === 'time' || kind === 'part' || kind === 'elapsed'),
    hasTime: pieces.some(({ kind }) => kind === 'time'),
    isEveryday: isOrdinal || isNumeric || /^(?:sat|sun|mon|wed|weekend)$/iu.test(text),
  };
}
