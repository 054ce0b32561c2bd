import { randomUUID } from 'node:crypto';
import { RefusedKeys } from './refused-keys';

const ALICE = '4f2d7a52-6f0e-4c52-9f3b-0d7a3c1f5b11';
const TEN_MINUTES_MS = 600_000;

describe('RefusedKeys', () => {
  let keys: RefusedKeys;
  beforeEach(() => {
    jest.useFakeTimers();
    keys = new RefusedKeys();
  });
  afterEach(() => jest.useRealTimers());

  const refuse = (key: string, times: number, limit = 'chat'): void => {
    for (let i = 0; i < times; i++) keys.count(limit, key);
  };

  it('names the ten refused most, each limit apart', () => {
    const users = Array.from({ length: 12 }, () => randomUUID());
    users.forEach((user, index) => refuse(user, index + 1));
    refuse(users[0]!, 50, 'streams');
    const top = keys.top();
    expect(top).toHaveLength(10);
    expect(top.slice(0, 2)).toEqual([
      { limit: 'streams', key: users[0], count: 50 },
      { limit: 'chat', key: users[11], count: 12 },
    ]);
  });

  it.each(['192.0.2.1', '2001:db8::/64', 'address 192.0.2.1', 'ada@example.com'])('never shows %s', (key) => {
    refuse(key, 2);
    const [shown] = keys.top();
    expect(shown!.key).toMatch(/^[0-9a-f]{12}$/);
    expect(keys.top()[0]!.key).toBe(shown!.key);
    refuse('192.0.2.99', 1);
    expect(keys.top()[1]!.key).not.toBe(shown!.key);
  });

  it('forgets by half every ten minutes', () => {
    refuse(ALICE, 9);
    jest.advanceTimersByTime(TEN_MINUTES_MS);
    expect(keys.top()).toEqual([{ limit: 'chat', key: ALICE, count: 4 }]);
    jest.advanceTimersByTime(3 * TEN_MINUTES_MS);
    expect(keys.top()).toEqual([]);
  });

  it('keeps a thousand at most, and through a crowd who comes again and again', () => {
    refuse(ALICE, 20_000);
    for (let i = 0; i < 10_000; i++) keys.count('anonymous', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(keys['refused'].size).toBeLessThanOrEqual(1000);
    expect(keys.top()[0]).toMatchObject({ key: ALICE });
  });
});
