import type { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import type { LimitedUser } from './limited-user';
import { StreamSlots } from './stream-slots';

const ALICE: LimitedUser = { id: 'alice', role: 'user' };
const BOB: LimitedUser = { id: 'bob', role: 'user' };
const ADMIN: LimitedUser = { id: 'admin', role: 'admin' };

const slotsFor = (streamsPerUser: number): StreamSlots =>
  new StreamSlots({ limits: { streamsPerUser } } as Settings, new Metrics());

describe('StreamSlots', () => {
  it('refuses one stream more than the limit, and says when to come again', () => {
    const slots = slotsFor(2);
    slots.acquire(ALICE);
    slots.acquire(ALICE);
    expect(() => slots.acquire(ALICE)).toThrow(
      expect.objectContaining({ code: 'too_many_streams', status: 429, retryAfterSeconds: 5 }),
    );
    expect(() => slots.acquire(BOB)).not.toThrow();
  });

  it('has the slot again once the stream ended, however often that is said', () => {
    const slots = slotsFor(2);
    const release = slots.acquire(ALICE);
    slots.acquire(ALICE);
    release();
    release();
    slots.acquire(ALICE);
    expect(() => slots.acquire(ALICE)).toThrow(expect.objectContaining({ code: 'too_many_streams' }));
  });

  it.each([
    ['0 means no limit', 0, ALICE],
    ['admins have none', 1, ADMIN],
  ])('%s', (_, limit, user) => {
    const slots = slotsFor(limit);
    for (let i = 0; i < 100; i++) expect(() => slots.acquire(user)).not.toThrow();
  });
});
