import { Injectable } from '@nestjs/common';
import type { LimitedUser } from '../limits/limited-user';
import { HOUR_MS, MINUTE_MS } from '../limits/rate-limits';
import { type RateStanding, RequestRates } from '../limits/request-rates';
import { StreamSlots } from '../limits/stream-slots';
import { type QuotaStanding, QuotaStandings } from '../usage/quota-standings.service';

/** A limit and how it stands. */
export interface LimitWindow {
  name: string;
  /** null: none. */
  limit: number | null;
  used: number;
  reserved: number;
  /** null: nothing resets, or nothing has begun. */
  resetsAt: Date | null;
}

export interface LimitedAccount extends LimitedUser {
  timezone: string;
}

/** All that bounds a caller, put together; looking counts nothing. */
@Injectable()
export class LimitWindows {
  constructor(
    private readonly rates: RequestRates,
    private readonly streams: StreamSlots,
    private readonly standings: QuotaStandings,
  ) {}

  async ofUser(user: LimitedAccount): Promise<LimitWindow[]> {
    const [rates, streams, quotas] = await Promise.all([
      this.rates.peek(user),
      this.streams.peek(user),
      this.standings.read({ id: user.id, isKey: false, timezone: user.timezone }),
    ]);
    return [
      ...toRequestWindows(rates),
      { name: 'streams', ...streams, reserved: 0, resetsAt: null },
      ...quotas.map(toWindow),
    ];
  }

  /** Only what the key is limited to by itself: all else is its user's. */
  async ofKey(id: string, timezone: string): Promise<LimitWindow[]> {
    const standings = await this.standings.read({ id, isKey: true, timezone });
    return standings
      .filter(({ limit }) => limit !== null)
      .map((standing) => ({ ...toWindow(standing), name: `key_${standing.kind}` }));
  }
}

/** The minute's stands there without a limit too: it is what clients look for. */
function toRequestWindows(rates: RateStanding[]): LimitWindow[] {
  const minute = rates.find(({ durationMs }) => durationMs === MINUTE_MS) ?? UNCOUNTED;
  const hour = rates.find(({ durationMs }) => durationMs === HOUR_MS);
  return [
    { name: 'requests_per_minute', ...minute },
    ...(hour === undefined ? [] : [{ name: 'requests_per_hour', ...hour }]),
  ].map(({ name, limit, used, resetsAt }) => ({ name, limit, used, reserved: 0, resetsAt }));
}

const UNCOUNTED = { limit: null, used: 0, resetsAt: null };

const toWindow = ({ kind, limit, used, reserved, endsAt }: QuotaStanding): LimitWindow => ({
  name: kind,
  limit,
  used,
  reserved,
  resetsAt: endsAt,
});
