import { MemoryAnswerStore } from './memory-answer-store';

const MINUTE_MS = 60_000;
/** Room for three answers of 1,000 bytes, with what is beside them. */
const MOST_BYTES = 4800;

const answer = (bytes = 1000) => ({
  contentType: 'application/json',
  model: 'gpt-4o-mini',
  body: Buffer.alloc(bytes),
});

describe('MemoryAnswerStore', () => {
  let nowMs: number;
  let store: MemoryAnswerStore;
  beforeEach(() => {
    nowMs = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    store = new MemoryAnswerStore(MINUTE_MS, MOST_BYTES);
  });
  afterEach(() => jest.restoreAllMocks());

  const found = async (...keys: string[]): Promise<string[]> => {
    const answers = await Promise.all(keys.map(async (key) => [key, await store.find(key)] as const));
    return answers.filter(([, kept]) => kept !== undefined).map(([key]) => key);
  };

  it('gives what was kept, until its time is over', async () => {
    const kept = answer();
    store.keep('a', kept);
    nowMs += MINUTE_MS - 1;
    expect(await store.find('a')).toBe(kept);
    expect(await store.find('b')).toBeUndefined();
    nowMs += 1;
    expect(await store.find('a')).toBeUndefined();
  });

  it('does not keep one longer for being asked for', async () => {
    store.keep('a', answer());
    for (let asked = 0; asked < 3; asked++) {
      nowMs += MINUTE_MS / 3;
      await store.find('a');
    }
    expect(await found('a')).toEqual([]);
  });

  it('keeps one that comes again from then on', async () => {
    store.keep('a', answer());
    nowMs += MINUTE_MS - 1;
    store.keep('a', answer());
    nowMs += MINUTE_MS - 1;
    expect(await found('a')).toEqual(['a']);
  });

  it('lets those go that were asked for least lately', async () => {
    for (const key of ['a', 'b', 'c']) store.keep(key, answer());
    expect(await found('a')).toEqual(['a']);
    store.keep('d', answer());
    expect(await found('a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd']);
  });

  it('counts bytes, not answers', async () => {
    for (const key of ['a', 'b', 'c']) store.keep(key, answer());
    store.keep('d', answer(2000));
    expect(await found('a', 'b', 'c', 'd')).toEqual(['c', 'd']);
    store.keep('e', answer(MOST_BYTES));
    expect(await found('c', 'd', 'e')).toEqual([]);
  });

  it('has the room again of what was replaced, ran out or went', async () => {
    for (let round = 0; round < 50; round++) store.keep('a', answer());
    store.keep('b', answer());
    nowMs += MINUTE_MS;
    expect(await found('a', 'b')).toEqual([]);
    for (const key of ['c', 'd', 'e']) store.keep(key, answer());
    expect(await found('c', 'd', 'e')).toEqual(['c', 'd', 'e']);
  });
});
