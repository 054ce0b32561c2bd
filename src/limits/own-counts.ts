/** A key's hits in its present window. */
export interface OwnCount {
  hits: number;
  /** By the monotonic clock, which nobody sets: `performance.now()`. */
  endsAtMs: number;
  /** Of all keys together that there was no room for. */
  readonly isOfCrowd: boolean;
}

/** Some 15 MB. */
const MOST_KEYS = 100_000;
const LONGEST_SWEEP_INTERVAL_MS = 60_000;

/**
 * What this instance alone counted, in fixed windows whose end can be moved without losing a hit meanwhile. Keys beyond the
 * most are one crowd, until its window ends: together they have what each would have had, so making up keys gains nothing.
 */
export class OwnCounts {
  private readonly counts = new Map<string, OwnCount>();
  private crowd: OwnCount | undefined;
  private sweptAtMs = performance.now();

  constructor(
    private readonly durationMs: number,
    private readonly mostKeys = MOST_KEYS,
  ) {}

  /** @returns the count itself: it goes on counting */
  hit(key: string, nowMs: number): OwnCount {
    const known = this.find(key, nowMs);
    if (known !== undefined) {
      known.hits++;
      return known;
    }
    this.sweep(nowMs);
    if (this.crowd !== undefined) {
      this.crowd.hits++;
      return this.crowd;
    }
    const isOfCrowd = this.counts.size >= this.mostKeys;
    const count = { hits: 1, endsAtMs: nowMs + this.durationMs, isOfCrowd };
    if (isOfCrowd) this.crowd = count;
    else this.counts.set(key, count);
    return count;
  }

  /** The count as it is; undefined where the key has none of its own. */
  find(key: string, nowMs: number): OwnCount | undefined {
    const known = this.counts.get(key);
    return known !== undefined && known.endsAtMs > nowMs ? known : undefined;
  }

  /** Once a minute at the most, not a timer for each key. */
  private sweep(nowMs: number): void {
    if (this.crowd !== undefined && this.crowd.endsAtMs <= nowMs) this.crowd = undefined;
    if (nowMs - this.sweptAtMs < Math.min(this.durationMs, LONGEST_SWEEP_INTERVAL_MS)) return;
    this.sweptAtMs = nowMs;
    for (const [key, { endsAtMs }] of this.counts) if (endsAtMs <= nowMs) this.counts.delete(key);
  }
}
