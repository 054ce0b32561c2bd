import { KnownLocks } from './known-locks';

describe('KnownLocks', () => {
  let locks: KnownLocks;
  beforeEach(() => {
    jest.useFakeTimers();
    locks = new KnownLocks();
  });
  afterEach(() => jest.useRealTimers());

  it('holds each for its time', () => {
    locks.add('a', 1000);
    jest.advanceTimersByTime(999);
    expect([locks.msLeft('a'), locks.msLeft('b')]).toEqual([1, 0]);
    jest.advanceTimersByTime(1);
    expect(locks.msLeft('a')).toBe(0);
  });

  it('remembers ten thousand at the most, and new ones when others have ended', () => {
    for (let i = 0; i < 10_100; i++) locks.add(`key ${i}`, 1000);
    expect(locks['endsAtMs'].size).toBe(10_000);
    expect(locks.msLeft('key 10050')).toBe(0);
    jest.advanceTimersByTime(1000);
    locks.add('late', 1000);
    expect(locks.msLeft('late')).toBe(1000);
    expect(locks['endsAtMs'].size).toBe(1);
  });
});
