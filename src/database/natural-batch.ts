interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Writes many small things in few statements: an item that finds nothing under way goes at once, and whatever comes
 * while a batch is on the wire goes together in the next.
 */
export class NaturalBatch<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private isWriting = false;

  /** @param write all of them, with a result for each in their order, or, when it throws, none */
  constructor(
    private readonly write: (items: Item[]) => Promise<Result[]>,
    private readonly mostAtOnce = 500,
  ) {}

  /** Settles when the item's batch is written, or as its batch failed. */
  add(item: Item): Promise<Result> {
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
        const results = await this.write(batch.map(({ item }) => item));
        batch.forEach((one, index) => one.resolve(results[index]!));
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.isWriting = false;
  }
}
