const MOST_IN_A_ROW = 3;

/** Notices a model that keeps making the same call: three in a row end the loop. */
export class RepeatedCalls {
  private last: string | undefined;
  private count = 0;

  get isLooping(): boolean {
    return this.count >= MOST_IN_A_ROW;
  }

  add(call: { name: string; arguments: Record<string, unknown> }): void {
    const signature = JSON.stringify([call.name, sortKeys(call.arguments)]);
    this.count = signature === this.last ? this.count + 1 : 1;
    this.last = signature;
  }
}

/** The order in which a model writes its arguments makes no other call of it. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}
