/** The arguments of a streamed call: text in pieces, whole, growing from piece to piece, or repeated whole. */
export class CallArguments {
  private joined = '';
  private scan = new ObjectScan();
  private lastPiece = '';
  /** A whole object that begins with the piece before it. */
  private grown: string | undefined;

  /** Whether they are a whole JSON object, by its braces. */
  get isWhole(): boolean {
    return this.scan.isWhole || this.grown !== undefined;
  }

  get text(): string {
    return this.scan.isWhole ? this.joined : (this.grown ?? this.joined);
  }

  add(piece: string): void {
    if (piece === '') return;
    // After a whole object another one can only stand in its place. Some send `{}` first, and then the real one.
    if (this.scan.isWhole && piece.trimStart().startsWith('{')) this.clear();
    const isGrown = this.lastPiece !== '' && piece.startsWith(this.lastPiece) && isWholeObject(piece);
    this.grown = isGrown ? piece : undefined;
    this.joined += piece;
    this.scan.read(piece);
    this.lastPiece = piece;
  }

  replace(text: string): void {
    this.clear();
    this.add(text);
  }

  private clear(): void {
    this.joined = '';
    this.lastPiece = '';
    this.grown = undefined;
    this.scan = new ObjectScan();
  }
}

function isWholeObject(text: string): boolean {
  const scan = new ObjectScan();
  scan.read(text);
  return scan.isWhole;
}

/** Follows the braces of a JSON object through its pieces. Each character is read once, however long the object is. */
class ObjectScan {
  private state: 'empty' | 'open' | 'whole' | 'broken' = 'empty';
  private depth = 0;
  private isInString = false;
  private isEscaped = false;

  get isWhole(): boolean {
    return this.state === 'whole';
  }

  read(text: string): void {
    for (const character of text) {
      if (this.state === 'broken') return;
      if (this.state === 'open') this.readInside(character);
      else if (!/\s/.test(character)) this.readOutside(character);
    }
  }

  private readOutside(character: string): void {
    this.state = this.state === 'empty' && character === '{' ? 'open' : 'broken';
    this.depth = 1;
  }

  private readInside(character: string): void {
    if (this.isInString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (character === '\\') this.isEscaped = true;
      else if (character === '"') this.isInString = false;
    } else if (character === '"') {
      this.isInString = true;
    } else if (character === '{' || character === '[') {
      this.depth++;
    } else if ((character === '}' || character === ']') && --this.depth === 0) {
      this.state = 'whole';
    }
  }
}
