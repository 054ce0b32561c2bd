export const DEEPEST_NESTING = 64;
/** What reads it later compares the keys of an object with each other, and looks at every value: this bounds both. */
export const MOST_KEYS = 1000;
export const MOST_VALUES = 50_000;

export interface ShapeBounds {
  /** Of one object. */
  mostKeys: number;
  /** In all. */
  mostValues: number;
}

const BOUNDS: ShapeBounds = { mostKeys: MOST_KEYS, mostValues: MOST_VALUES };

/** For a body that is passed on unread. A list of tokens may be long; parsed, a million values take some 50 MB. */
export const WIDE_BOUNDS: ShapeBounds = { mostKeys: Infinity, mostValues: 1_000_000 };

/** A smaller body may be parsed first: its values are bounded by its bytes. */
const MAX_UNSEEN_BYTES = 1024 ** 2;

/**
 * What makes JSON from outside unsafe to handle, as what it "is"; undefined when nothing does.
 * Goes level by level: a recursive walk would overflow the stack on the very input it looks for.
 */
export function faultOfShape(
  root: object,
  { mostKeys, mostValues }: ShapeBounds = BOUNDS,
): string | undefined {
  let valueCount = 0;
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEEPEST_NESTING) return `nested deeper than ${DEEPEST_NESTING} levels`;
    const below: object[] = [];
    for (const parent of level) {
      const values: unknown[] = Object.values(parent);
      if (!Array.isArray(parent) && values.length > mostKeys) {
        return `too wide: an object has more than ${mostKeys} fields`;
      }
      valueCount += values.length;
      if (valueCount > mostValues) return tooManyValues(mostValues);
      for (const value of values) if (value !== null && typeof value === 'object') below.push(value);
    }
    level = below;
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** Brackets and braces differ in one bit. */
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * The same of JSON that is not parsed yet: a few megabytes of brackets become gigabytes of objects. A body without such
 * a fault may still have one that only `faultOfShape` finds.
 */
export function faultOfJsonText(
  text: Buffer,
  { mostValues }: Pick<ShapeBounds, 'mostValues'> = BOUNDS,
): string | undefined {
  if (text.length <= MAX_UNSEEN_BYTES) return undefined;
  let depth = 0;
  let containers = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) {
      at = endOfString(text, at);
    } else if (byte === COMMA) {
      // Between two values each.
      if (++commas >= mostValues) return tooManyValues(mostValues);
    } else if ((byte | 0x20) === OPENING) {
      // The outermost is no value of its own.
      if (++containers > mostValues + 1) return tooManyValues(mostValues);
      if (++depth > DEEPEST_NESTING) return `nested deeper than ${DEEPEST_NESTING} levels`;
    } else if ((byte | 0x20) === CLOSING) depth--;
  }
  return undefined;
}

/** Where the string that begins here ends, or the text does. */
function endOfString(text: Buffer, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf(QUOTE, end + 1);
    if (end === -1) return text.length;
    let before = end - 1;
    while (text[before] === BACKSLASH) before--;
    // An even number of backslashes escape each other.
    if ((end - 1 - before) % 2 === 0) return end;
  }
}

const tooManyValues = (mostValues: number): string => `too large: it has more than ${mostValues} values`;
