import { NaturalBatch } from './natural-batch';

/** Batches as they were written; each stays on the wire until it is let go. */
function wire() {
  const written: number[][] = [];
  const open: { resolve(results: string[]): void; reject(error: Error): void }[] = [];
  const write = (items: number[]): Promise<string[]> =>
    new Promise((resolve, reject) => {
      written.push(items);
      open.push({ resolve, reject });
    });
  const next = () => open.shift()!;
  /** Lets the oldest batch go, with a result for each item. */
  const finish = (): void => next().resolve(written.at(-1)!.map((item) => `wrote ${item}`));
  return { written, write, next, finish };
}

describe('NaturalBatch', () => {
  it('sends an item at once when nothing is under way', () => {
    const { written, write } = wire();
    void new NaturalBatch(write).add(1);
    expect(written).toEqual([[1]]);
  });

  it('collects what comes while a batch is on the wire', async () => {
    const { written, write, finish } = wire();
    const batch = new NaturalBatch(write);
    const first = batch.add(1);
    const rest = [batch.add(2), batch.add(3)];
    expect(written).toEqual([[1]]);
    finish();
    await first;
    expect(written).toEqual([[1], [2, 3]]);
    finish();
    await expect(Promise.all([first, ...rest])).resolves.toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('bounds a batch', async () => {
    const { written, write, finish } = wire();
    const batch = new NaturalBatch(write, 2);
    const all = [1, 2, 3, 4].map((item) => batch.add(item));
    finish();
    await all[0];
    expect(written).toEqual([[1], [2, 3]]);
    finish();
    await all[2];
    finish();
    await Promise.all(all);
    expect(written).toEqual([[1], [2, 3], [4]]);
  });

  it('tells those of a failed batch, and goes on', async () => {
    const { write, next, finish } = wire();
    const batch = new NaturalBatch(write);
    const [first, second] = [batch.add(1), batch.add(2)];
    next().reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    finish();
    await expect(second).resolves.toBe('wrote 2');
  });
});
