import { createHmac, randomBytes } from 'node:crypto';

const MOST_KEYS = 1000;
const TOP = 10;
const HALF_LIFE_MS = 600_000;
const USER_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface RefusedKey {
  limit: string;
  key: string;
  count: number;
}

/**
 * Whom limits refuse most. Counts halve every ten minutes, and whenever too many keys are kept: who is refused once and
 * again stays, a crowd of addresses that come once each makes room for the next. Only users' ids are shown as they are;
 * whatever else a key is may tell of a person.
 */
export class RefusedKeys {
  private readonly secret = randomBytes(16);
  private readonly refused = new Map<string, RefusedKey>();
  private halvedAt = performance.now();

  count(limit: string, key: string): void {
    this.halveByTime();
    const name = `${limit} ${key}`;
    const known = this.refused.get(name);
    if (known !== undefined) {
      known.count++;
      return;
    }
    while (this.refused.size >= MOST_KEYS) this.halve();
    this.refused.set(name, { limit, key, count: 1 });
  }

  /** The most refused, from the most on. */
  top(): RefusedKey[] {
    this.halveByTime();
    return [...this.refused.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, TOP)
      .map(({ limit, key, count }) => ({ limit, key: this.shown(key), count }));
  }

  private halveByTime(): void {
    const now = performance.now();
    if (now - this.halvedAt < HALF_LIFE_MS) return;
    for (let left = now - this.halvedAt; left >= HALF_LIFE_MS && this.refused.size > 0; left -= HALF_LIFE_MS)
      this.halve();
    this.halvedAt = now;
  }

  private halve(): void {
    for (const [name, refused] of this.refused) {
      refused.count = Math.floor(refused.count / 2);
      if (refused.count === 0) this.refused.delete(name);
    }
  }

  private shown(key: string): string {
    if (USER_ID.test(key)) return key;
    return createHmac('sha256', this.secret).update(key).digest('hex').slice(0, 12);
  }
}
