import { OwnCounts } from './own-counts';

describe('OwnCounts', () => {
  it('counts in windows that begin with a key’s first hit', () => {
    const counts = new OwnCounts(1000);
    const start = performance.now();
    const hitsAt = (...times: number[]) => times.map((at) => counts.hit('a', start + at).hits);
    expect(hitsAt(0, 1, 999, 1000, 1999, 2000)).toEqual([1, 2, 3, 1, 2, 1]);
    expect(counts.hit('b', start + 2000).hits).toBe(1);
  });

  it('loses no hit where a window’s end is moved', () => {
    const counts = new OwnCounts(1000);
    const start = performance.now();
    const count = counts.hit('a', start);
    counts.hit('a', start + 1);
    count.endsAtMs = start + 500;
    expect(counts.hit('a', start + 499).hits).toBe(3);
    expect(counts.hit('a', start + 500).hits).toBe(1);
  });

  it('forgets windows that have ended', () => {
    const counts = new OwnCounts(1000);
    const start = performance.now();
    for (let i = 0; i < 100; i++) counts.hit(`key ${i}`, start);
    counts.hit('late', start + 2000);
    expect(counts['counts'].size).toBe(1);
  });

  it('is not moved by whoever sets the clock', () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    try {
      const counts = new OwnCounts(1000);
      jest.setSystemTime(new Date('2099-01-01'));
      const start = performance.now();
      counts.hit('a', start);
      jest.setSystemTime(0);
      counts.hit('b', start + 2000);
      expect(counts['counts'].size).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('has the keys that there is no room for share one count, until its window ends', () => {
    const counts = new OwnCounts(1000, 2);
    const start = performance.now();
    const hitsOf = (key: string, at: number) => counts.hit(key, start + at).hits;
    expect([hitsOf('a', 0), hitsOf('b', 0)]).toEqual([1, 1]);
    expect([hitsOf('c', 600), hitsOf('d', 600), hitsOf('c', 600)]).toEqual([1, 2, 3]);
    // Those who have a count of their own keep it.
    expect(hitsOf('a', 999)).toBe(2);
    // There is room again, but who was in the crowd must not begin anew.
    expect([hitsOf('c', 1100), hitsOf('a', 1100)]).toEqual([4, 5]);
    expect([hitsOf('c', 1600), hitsOf('d', 1600), hitsOf('c', 1600)]).toEqual([1, 1, 2]);
  });

  it('holds no more keys than the most, whoever comes', () => {
    const counts = new OwnCounts(1000);
    const start = performance.now();
    for (let i = 0; i < 100_010; i++) counts.hit(`key ${i}`, start);
    expect(counts['counts'].size).toBe(100_000);
    expect(counts.hit('late', start)).toMatchObject({ hits: 11, isOfCrowd: true });
  });
});
