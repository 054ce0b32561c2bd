/** Smaller pieces are copied together: a Buffer of its own for each costs hundreds of bytes. */
const SMALL_BYTES = 4 * 1024;
const SLAB_BYTES = 16 * 1024;

/** Keeps bytes that come in pieces, in about as much memory as they are long. */
export class ByteCollector {
  private readonly pieces: Buffer[] = [];
  private slab: Buffer | undefined;
  private slabUsed = 0;
  private collected = 0;

  get bytes(): number {
    return this.collected;
  }

  push(piece: Buffer): void {
    this.collected += piece.length;
    if (piece.length >= SMALL_BYTES) {
      this.closeSlab();
      this.pieces.push(piece);
      return;
    }
    if (this.slab !== undefined && this.slabUsed + piece.length > SLAB_BYTES) this.closeSlab();
    // The first small piece is not copied: most often it is the only one.
    if (this.slab === undefined && this.pieces.length === 0) {
      this.pieces.push(piece);
      return;
    }
    this.slab ??= Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.slabUsed += piece.copy(this.slab, this.slabUsed);
  }

  /** All of it in one piece; nothing is kept afterwards. */
  take(): Buffer {
    this.closeSlab();
    const pieces = this.pieces.splice(0);
    const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.collected);
    this.collected = 0;
    return whole;
  }

  private closeSlab(): void {
    if (this.slab === undefined) return;
    this.pieces.push(this.slab.subarray(0, this.slabUsed));
    this.slab = undefined;
    this.slabUsed = 0;
  }
}
