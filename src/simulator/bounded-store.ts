/** Keeps values in memory by id, bounded in number and in total bytes; the oldest are dropped first. */
export class BoundedStore<Stored> {
  private readonly held = new Map<string, { readonly value: Stored; readonly bytes: number }>();
  private heldBytes = 0;

  constructor(
    private readonly mostItems: number,
    private readonly mostBytes: number,
  ) {}

  put(id: string, value: Stored, bytes: number): void {
    this.delete(id);
    this.held.set(id, { value, bytes });
    this.heldBytes += bytes;
    for (const oldest of this.held.keys()) {
      if (this.held.size <= this.mostItems && this.heldBytes <= this.mostBytes) return;
      this.delete(oldest);
    }
  }

  get(id: string): Stored | undefined {
    return this.held.get(id)?.value;
  }

  /** Oldest first. */
  all(): Stored[] {
    return [...this.held.values()].map(({ value }) => value);
  }

  delete(id: string): boolean {
    this.heldBytes -= this.held.get(id)?.bytes ?? 0;
    return this.held.delete(id);
  }
}
