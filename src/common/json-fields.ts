const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** The first byte of a byte order mark, which our parser skips and others refuse (RFC 8259, 8.1). */
const BYTE_ORDER_MARK = 0xef;
const BYTE_ORDER_MARK_BYTES = 3;
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The fields of a JSON object as they stand in its bytes: some can be set, renamed and removed, and all others go on
 * byte for byte. Of duplicate fields the last counts, as in `JSON.parse`, and only that one goes on.
 */
export class JsonFields {
  private readonly fields = new Map<string, Buffer>();
  private readonly bytes: Buffer;
  private isChanged = false;

  /** @param bytes a JSON object in UTF-8 that `JSON.parse` took, perhaps after a byte order mark */
  constructor(bytes: Buffer) {
    this.bytes = bytes[0] === BYTE_ORDER_MARK ? bytes.subarray(BYTE_ORDER_MARK_BYTES) : bytes;
    const scan = new ObjectScan(this.bytes);
    for (let field = scan.next(); field !== undefined; field = scan.next()) {
      if (this.fields.delete(field.name)) this.isChanged = true;
      this.fields.set(field.name, field.value);
    }
  }

  set(name: string, value: unknown): this {
    this.fields.set(name, Buffer.from(JSON.stringify(value)));
    this.isChanged = true;
    return this;
  }

  remove(name: string): this {
    if (this.fields.delete(name)) this.isChanged = true;
    return this;
  }

  rename(name: string, newName: string): this {
    const value = this.fields.get(name);
    if (value === undefined) return this;
    this.remove(name);
    this.fields.set(newName, value);
    return this;
  }

  toBuffer(): Buffer {
    if (!this.isChanged) return this.bytes;
    const parts: Buffer[] = [];
    for (const [name, value] of this.fields) {
      parts.push(Buffer.from(`${parts.length === 0 ? '{' : ','}${JSON.stringify(name)}:`), value);
    }
    parts.push(Buffer.from(parts.length === 0 ? '{}' : '}'));
    return Buffer.concat(parts);
  }
}

/** Goes through the fields of an object that is known to be valid. */
class ObjectScan {
  private at: number;

  constructor(private readonly bytes: Buffer) {
    this.at = bytes.indexOf(OPEN_BRACE) + 1;
  }

  next(): { name: string; value: Buffer } | undefined {
    const nameStart = this.bytes.indexOf(QUOTE, this.at);
    const close = this.skipSpace(this.at);
    if (this.bytes[close] === CLOSE_BRACE || nameStart < 0) return undefined;
    const nameEnd = this.endOfString(nameStart);
    const valueStart = this.skipSpace(this.skipSpace(nameEnd) + 1);
    const valueEnd = this.endOfValue(valueStart);
    const comma = this.skipSpace(valueEnd);
    this.at = this.bytes[comma] === COMMA ? comma + 1 : comma;
    return {
      name: JSON.parse(this.bytes.toString('utf8', nameStart, nameEnd)) as string,
      value: this.bytes.subarray(valueStart, valueEnd),
    };
  }

  private skipSpace(from: number): number {
    let at = from;
    while (this.bytes[at]! <= 0x20) at++;
    return at;
  }

  /** @param start of the opening quote */
  private endOfString(start: number): number {
    for (let at = this.bytes.indexOf(QUOTE, start + 1); ; at = this.bytes.indexOf(QUOTE, at + 1)) {
      let slashes = 0;
      while (this.bytes[at - 1 - slashes] === BACKSLASH) slashes++;
      if (slashes % 2 === 0) return at + 1;
    }
  }

  private endOfValue(start: number): number {
    const first = this.bytes[start]!;
    if (first === QUOTE) return this.endOfString(start);
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.endOfNest(start);
    let at = start;
    while (!endsScalar(this.bytes[at]!)) at++;
    return at;
  }

  private endOfNest(start: number): number {
    let depth = 0;
    for (let at = start; ; at++) {
      const byte = this.bytes[at]!;
      if (byte === QUOTE) at = this.endOfString(at) - 1;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1;
    }
  }
}

const endsScalar = (byte: number): boolean => byte === COMMA || byte === CLOSE_BRACE || byte <= 0x20;
