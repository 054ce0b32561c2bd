const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * A field that an object below the top level has twice; undefined where none has. Parsers disagree on which of two
 * counts, so what we have looked at might not be what the provider does.
 * @param bytes JSON in UTF-8 that `JSON.parse` took
 */
export function findDuplicateField(bytes: Buffer): string | undefined {
  /** The fields of each object that is open here; null stands for an array. */
  const open: (Set<string> | null)[] = [];
  let isNameDue = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const end = endOfString(bytes, at);
      const fields = open.at(-1);
      if (isNameDue && fields != null && open.length > 1) {
        const name = nameAt(bytes, at, end);
        if (fields.has(name)) return Buffer.from(name, 'latin1').toString('utf8');
        fields.add(name);
      }
      isNameDue = false;
      at = end - 1;
    } else if (byte === OPEN_BRACE) {
      open.push(new Set());
      isNameDue = true;
    } else if (byte === OPEN_BRACKET) {
      open.push(null);
      isNameDue = false;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      open.pop();
    } else if (byte === COMMA) {
      isNameDue = open.at(-1) != null;
    }
  }
  return undefined;
}

/** The name's bytes as text, a character each: the quickest way to compare them. */
function nameAt(bytes: Buffer, start: number, end: number): string {
  const name = bytes.toString('latin1', start + 1, end - 1);
  if (!name.includes('\\')) return name;
  return Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string).toString('latin1');
}

/** @param start of the opening quote */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); ; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}
