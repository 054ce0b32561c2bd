import type { SharedAttempts } from '../limits/shared-attempts';
import { AccountLock } from './account-lock';

const EMAIL = 'ada@example.com';
const MINUTE_MS = 60_000;

const NOT_SHARED = { areShared: false } as SharedAttempts;
/** Shared with others through a Redis that is away. */
const AWAY = {
  areShared: true,
  mayHaveMissed: () => true,
  begin: async () => undefined,
  fail: async () => undefined,
  succeed: async () => undefined,
} as unknown as SharedAttempts;

const fail = async (lock: AccountLock, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await lock.admit(EMAIL);
    await lock.recordFailure(EMAIL);
  }
};

const isLocked = async (lock: AccountLock, email = EMAIL): Promise<boolean> =>
  lock.admit(email).then(
    () => false,
    () => true,
  );

describe('AccountLock', () => {
  let lock: AccountLock;
  beforeEach(() => {
    jest.useFakeTimers();
    lock = new AccountLock(NOT_SHARED);
  });
  afterEach(() => jest.useRealTimers());

  it('locks for 15 minutes from the tenth failure', async () => {
    await fail(lock, 9);
    jest.advanceTimersByTime(10 * MINUTE_MS);
    await fail(lock, 1);
    await expect(lock.admit(EMAIL)).rejects.toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryAfterSeconds: 900,
    });
    jest.advanceTimersByTime(15 * MINUTE_MS - 1);
    await expect(lock.admit(EMAIL)).rejects.toMatchObject({ retryAfterSeconds: 1 });
    jest.advanceTimersByTime(1);
    await expect(isLocked(lock)).resolves.toBe(false);
  });

  it('is not prolonged by attempts made while it is locked', async () => {
    await fail(lock, 10);
    for (let minute = 0; minute < 15; minute++) {
      await expect(isLocked(lock)).resolves.toBe(true);
      jest.advanceTimersByTime(MINUTE_MS);
    }
    await expect(isLocked(lock)).resolves.toBe(false);
  });

  it('forgets failures after 15 minutes', async () => {
    await fail(lock, 9);
    jest.advanceTimersByTime(15 * MINUTE_MS);
    await fail(lock, 9);
    await expect(isLocked(lock)).resolves.toBe(false);
  });

  it('forgets them at a success', async () => {
    await fail(lock, 9);
    await lock.admit(EMAIL);
    await lock.recordSuccess(EMAIL);
    await fail(lock, 9);
    await expect(isLocked(lock)).resolves.toBe(false);
  });

  it('lets no more than ten be under way at once', async () => {
    const admissions = await Promise.all(Array.from({ length: 30 }, () => isLocked(lock)));
    expect(admissions.filter((locked) => !locked)).toHaveLength(10);
  });

  it('does not count attempts that came to no verdict', async () => {
    for (let i = 0; i < 30; i++) {
      await lock.admit(EMAIL);
      lock.withdraw(EMAIL);
    }
    await fail(lock, 9);
    await expect(isLocked(lock)).resolves.toBe(false);
  });

  it('while others can’t be asked locks from the fifth, for the rest of the window', async () => {
    lock = new AccountLock(AWAY);
    await fail(lock, 5);
    jest.advanceTimersByTime(5 * MINUTE_MS);
    await expect(lock.admit(EMAIL)).rejects.toMatchObject({ retryAfterSeconds: 600 });
    await expect(isLocked(lock, 'bob@example.com')).resolves.toBe(false);
  });

  it('while others can’t be asked lets no more than five be under way at once', async () => {
    lock = new AccountLock(AWAY);
    const admissions = await Promise.all(Array.from({ length: 30 }, () => isLocked(lock)));
    expect(admissions.filter((locked) => !locked)).toHaveLength(5);
  });

  it('counts each account apart', async () => {
    await fail(lock, 10);
    await expect(isLocked(lock, 'bob@example.com')).resolves.toBe(false);
  });
});
