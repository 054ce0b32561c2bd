const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Text and numbers longer than this are left out. */
const MAX_VALUE_BYTES = 1024;
/** Objects and arrays nested deeper than this are left out. */
const MAX_DEPTH = 5;
/** After so many values only the outermost object still grows, to twice as many. */
const MAX_VALUES = 20_000;

export type Outline = Record<string, unknown>;

type Container = Record<string, unknown> | unknown[];

/**
 * Reads JSON that comes in pieces and keeps its outline: the objects near its top with their short values. Long text,
 * deep structures and plain values in arrays are passed over, so memory does not grow with what comes.
 */
export class JsonOutlineReader {
  private root: Container | undefined;
  /** The containers that are being read, from the outermost. */
  private readonly open: Container[] = [];
  /** How many containers that are left out are open inside them. */
  private leftOutDepth = 0;
  private key: string | undefined;
  private isKeyNext = false;
  private values = 0;
  /** The outermost value has ended, or this is no JSON. */
  private isOver = false;
  /** The text, number or literal being read. */
  private token: Buffer[] = [];
  private tokenBytes = 0;
  private state: 'between' | 'text' | 'plain' = 'between';
  /** The last chunk ended after a backslash. */
  private isEscaped = false;

  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.isOver) {
      if (this.state === 'text') at = this.readText(chunk, at);
      else if (this.state === 'plain') at = this.readPlain(chunk, at);
      else at = this.readBetween(chunk, at);
    }
  }

  /** What has come so far, also of JSON that broke off; undefined where no object began. */
  get outline(): Outline | undefined {
    return this.root === undefined || Array.isArray(this.root) ? undefined : this.root;
  }

  private readBetween(chunk: Buffer, at: number): number {
    const byte = chunk[at]!;
    if (byte === QUOTE) this.state = 'text';
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.begin(byte === OPEN_OBJECT ? {} : []);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.close();
    else if (byte === COLON) this.isKeyNext = false;
    else if (byte === COMMA) this.expectNext();
    else if (byte > 0x20) {
      this.state = 'plain';
      return at;
    }
    return at + 1;
  }

  private readText(chunk: Buffer, start: number): number {
    let at = start;
    if (this.isEscaped) {
      this.isEscaped = false;
      at++;
    }
    let quote = chunk.indexOf(QUOTE, at);
    for (;;) {
      // Only as far as the text goes: a search to the end of the chunk for each text would be quadratic.
      const backslash = chunk.subarray(at, quote < 0 ? chunk.length : quote).indexOf(BACKSLASH);
      if (backslash < 0) break;
      at += backslash + 2;
      if (at > chunk.length) this.isEscaped = true;
      if (quote >= 0 && quote < at) quote = chunk.indexOf(QUOTE, at);
    }
    const end = quote < 0 ? chunk.length : quote;
    this.keep(chunk.subarray(start, end));
    if (quote < 0) return end;
    this.state = 'between';
    const text = this.takeToken();
    this.endText(text === undefined ? undefined : parse(`"${text}"`));
    return end + 1;
  }

  private readPlain(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && isPlain(chunk[at]!)) at++;
    this.keep(chunk.subarray(start, at));
    if (at === chunk.length) return at;
    this.endPlain();
    return at;
  }

  private endText(text: unknown): void {
    if (this.isKeyNext) {
      this.key = typeof text === 'string' ? text : undefined;
      return;
    }
    if (text !== undefined) this.put(text, true);
  }

  private endPlain(): void {
    this.state = 'between';
    const text = this.takeToken();
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) this.isOver = true;
    else this.put(value, false);
  }

  private begin(container: Container): void {
    const isKept = this.open.length < MAX_DEPTH && this.put(container, true);
    if (isKept) this.open.push(container);
    else this.leftOutDepth++;
    this.expectNext();
  }

  private close(): void {
    if (this.leftOutDepth > 0) this.leftOutDepth--;
    else this.open.pop();
    this.key = undefined;
    this.isKeyNext = false;
    // What follows the outermost value is not read.
    if (this.open.length === 0) this.isOver = true;
  }

  private expectNext(): void {
    this.key = undefined;
    this.isKeyNext = this.leftOutDepth === 0 && !Array.isArray(this.open.at(-1));
  }

  /** @returns whether there was a place for it */
  private put(value: unknown, isKeptInArrays: boolean): boolean {
    if (this.leftOutDepth > 0) return false;
    if (this.open.length === 0) {
      if (this.root !== undefined || typeof value !== 'object') {
        this.isOver = true;
        return false;
      }
      this.root = value as Container;
      return true;
    }
    const parent = this.open.at(-1)!;
    if (this.values >= (this.open.length > 1 ? MAX_VALUES : 2 * MAX_VALUES)) return false;
    if (Array.isArray(parent)) {
      if (!isKeptInArrays) return false;
      parent.push(value);
    } else {
      if (this.key === undefined) return false;
      // Not by assignment, which `__proto__` would turn into something else.
      Object.defineProperty(parent, this.key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    this.values++;
    return true;
  }

  private keep(piece: Buffer): void {
    this.tokenBytes += piece.length;
    if (this.tokenBytes <= MAX_VALUE_BYTES) this.token.push(piece);
  }

  /** undefined: it is too long. */
  private takeToken(): string | undefined {
    const text = this.tokenBytes > MAX_VALUE_BYTES ? undefined : Buffer.concat(this.token).toString('utf8');
    this.token = [];
    this.tokenBytes = 0;
    return text;
  }
}

/** Of a number or literal. */
const isPlain = (byte: number): boolean =>
  byte > 0x20 && byte !== COMMA && byte !== CLOSE_OBJECT && byte !== CLOSE_ARRAY;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
