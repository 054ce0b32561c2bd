interface Waiting<T> {
  item: T;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Writes many small things in few statements: an item that finds nothing under way goes at once, and whatever comes
 * while a batch is on the wire goes together in the next.
 */
export class NaturalBatch<T> {
  private waiting: Waiting<T>[] = [];
  private isWriting = false;

  /** @param write all of them or, when it throws, none */
  constructor(
    private readonly write: (items: T[]) => Promise<void>,
    private readonly mostAtOnce = 500,
  ) {}

  /** Settles when the item's batch is written, or as its batch failed. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.mostAtOnce);
      try {
        await this.write(batch.map(({ item }) => item));
        for (const one of batch) one.resolve();
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.isWriting = false;
  }
}
