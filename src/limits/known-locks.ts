/** More than anyone could lock; Redis knows the rest. */
const MOST_LOCKS = 10_000;

/** Locks that this instance has heard of. None is lifted before its time, so they hold where Redis forgets them. */
export class KnownLocks {
  private readonly endsAtMs = new Map<string, number>();

  add(key: string, lockMs: number): void {
    if (this.endsAtMs.size >= MOST_LOCKS) this.sweep();
    if (this.endsAtMs.size < MOST_LOCKS) this.endsAtMs.set(key, performance.now() + lockMs);
  }

  /** @returns 0 where none is known */
  msLeft(key: string): number {
    const msLeft = (this.endsAtMs.get(key) ?? 0) - performance.now();
    if (msLeft > 0) return msLeft;
    this.endsAtMs.delete(key);
    return 0;
  }

  private sweep(): void {
    for (const key of [...this.endsAtMs.keys()]) this.msLeft(key);
  }
}
