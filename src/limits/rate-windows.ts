import { DOORS } from '../config/limit-variables';
import type { Settings } from '../config/settings';
import { HOUR_MS, MINUTE_MS, type RateLimitName } from './rate-limits';

/** A stretch of time in which a key may have so many hits. */
export interface RateWindow {
  /** As metrics and stored counts name it. */
  readonly name: string;
  readonly limit: number;
  readonly durationMs: number;
}

type Windows = Readonly<Record<RateLimitName, readonly RateWindow[]>>;

/** The windows in which a request counts, by what it is counted as. Found once: they are asked for with every request. */
export class RateWindows {
  private readonly ofUsers: Windows;
  private readonly ofAddresses: Windows;

  constructor(limits: Settings['limits']) {
    this.ofUsers = windowsOf(limits, 'chat', limits.requestsPerMinute, limits.requestsPerHour);
    this.ofAddresses = windowsOf(
      limits,
      'anonymous',
      limits.anonymousRequestsPerMinute,
      limits.anonymousRequestsPerHour,
    );
  }

  /** A user's, over all doors: the shortest first. */
  get overAllDoors(): readonly RateWindow[] {
    return this.ofUsers.chat.filter(({ name }) => !name.startsWith('door_'));
  }

  /** @param isUser else an address without a token, which has windows of its own beside those of doors */
  of(name: RateLimitName, isUser: boolean): readonly RateWindow[] {
    return (isUser ? this.ofUsers : this.ofAddresses)[name];
  }
}

function windowsOf(limits: Settings['limits'], name: string, perMinute: number, perHour: number): Windows {
  const overAllDoors = minuteAndHour(name, perMinute, perHour);
  const ofDoors = DOORS.map((door) => {
    const own = limits.doors[door];
    return [
      door,
      [...overAllDoors, ...minuteAndHour(`door_${door}`, own?.perMinute ?? 0, own?.perHour ?? 0)],
    ] as const;
  });
  const auth = minuteAndHour('auth', limits.authAttemptsPerMinute, 0);
  return { ...(Object.fromEntries(ofDoors) as Omit<Windows, 'auth'>), auth };
}

function minuteAndHour(name: string, perMinute: number, perHour: number): RateWindow[] {
  return [
    { name, limit: perMinute, durationMs: MINUTE_MS },
    { name: `${name}_hour`, limit: perHour, durationMs: HOUR_MS },
  ].filter(({ limit }) => limit > 0);
}
