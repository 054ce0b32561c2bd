import type { ServerResponse } from 'node:http';
import { EventEmitter } from 'node:events';
import type { Settings } from '../config/settings';
import { Metrics } from '../observability/metrics';
import type { LimitedUser } from './limited-user';
import type { SlotLeases } from './slot-leases';
import { StreamSlots } from './stream-slots';

const ALICE: LimitedUser = { id: 'alice', role: 'user' };
const BOB: LimitedUser = { id: 'bob', role: 'user' };
const ADMIN: LimitedUser = { id: 'admin', role: 'admin' };

const NOT_SHARED = { areShared: false } as SlotLeases;
const REFUSAL = { code: 'too_many_streams', status: 429, retryAfterSeconds: 5 };

const slotsFor = (streamsPerUser: number, leases = NOT_SHARED): StreamSlots =>
  new StreamSlots({ limits: { streamsPerUser } } as Settings, new Metrics(), leases);

describe('StreamSlots', () => {
  it('refuses one stream more than the limit, and says when to come again', async () => {
    const slots = slotsFor(2);
    await slots.acquire(ALICE);
    await slots.acquire(ALICE);
    await expect(slots.acquire(ALICE)).rejects.toMatchObject(REFUSAL);
    await expect(slots.acquire(BOB)).resolves.toBeDefined();
  });

  it('has the slot again once the stream ended, however often that is said', async () => {
    const slots = slotsFor(2);
    const release = await slots.acquire(ALICE);
    await slots.acquire(ALICE);
    release();
    release();
    await slots.acquire(ALICE);
    await expect(slots.acquire(ALICE)).rejects.toMatchObject(REFUSAL);
  });

  it.each([
    ['0 means no limit', 0, ALICE],
    ['admins have none', 1, ADMIN],
  ])('%s', async (_, limit, user) => {
    const slots = slotsFor(limit);
    for (let i = 0; i < 100; i++) await expect(slots.acquire(user)).resolves.toBeDefined();
  });

  describe('shared with other instances', () => {
    const endLease = jest.fn();
    let answers: ((lease: (() => void) | undefined) => void)[];
    const leases = {
      areShared: true,
      take: () => new Promise((resolve) => answers.push(resolve)),
    } as unknown as SlotLeases;
    beforeEach(() => {
      answers = [];
      endLease.mockClear();
    });

    it('are refused where those have them, and then are not held here either', async () => {
      const slots = slotsFor(1, leases);
      const first = slots.acquire(ALICE);
      answers[0]!(undefined);
      await expect(first).rejects.toMatchObject(REFUSAL);
      const second = slots.acquire(ALICE);
      answers[1]!(endLease);
      (await second)();
      expect(endLease).toHaveBeenCalledTimes(1);
    });

    it('are never more here than the limit, while the answer is awaited neither', async () => {
      const slots = slotsFor(1, leases);
      void slots.acquire(ALICE);
      await expect(slots.acquire(ALICE)).rejects.toMatchObject(REFUSAL);
      expect(answers).toHaveLength(1);
    });

    it('are given back for who left while the slot was being taken', async () => {
      const slots = slotsFor(1, leases);
      const response = Object.assign(new EventEmitter(), { closed: false });
      const held = slots.hold(ALICE, response as unknown as ServerResponse);
      response.closed = true;
      response.emit('close');
      answers[0]!(endLease);
      await held;
      expect(endLease).toHaveBeenCalledTimes(1);
      void slots.acquire(ALICE);
      expect(answers).toHaveLength(2);
    });
  });
});
