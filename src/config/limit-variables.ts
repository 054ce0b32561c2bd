import { url, type Variable } from './variable';

/** The ways to a model, each of which may have limits of its own. */
export const DOORS = ['agent', 'chat', 'provider', 'socket', 'v1'] as const;
export type Door = (typeof DOORS)[number];

/** Requests; 0 means no limit. */
export interface DoorLimit {
  readonly perMinute: number;
  readonly perHour: number;
}
export type DoorLimits = Readonly<Partial<Record<Door, DoorLimit>>>;

export const MOST_REQUESTS = 10_000_000;

/** `v1=30/600,socket=10`: requests a minute and, after the slash, an hour. */
export function doorLimits(): Variable<DoorLimits> {
  return {
    fallback: {},
    parse: (value) => {
      const limits: Partial<Record<Door, DoorLimit>> = {};
      for (const item of value.split(',')) {
        const [, name, perMinute, perHour = '0'] =
          /^\s*([a-z0-9]+)=(\d{1,8})(?:\/(\d{1,8}))?\s*$/.exec(item) ?? [];
        const door = DOORS.find((known) => known === name);
        const limit = { perMinute: Number(perMinute), perHour: Number(perHour) };
        const isTooMuch = limit.perMinute > MOST_REQUESTS || limit.perHour > MOST_REQUESTS;
        if (door === undefined || isTooMuch || limits[door] !== undefined) return undefined;
        limits[door] = limit;
      }
      return limits;
    },
    expects:
      `a comma-separated list such as v1=30/600,socket=10 (requests a minute, then an hour, each at most ` +
      `${MOST_REQUESTS}) of ${DOORS.join(', ')}, each once`,
  };
}

/** What the client could not read, it would only refuse once the app starts, and then by repeating it. */
export function redisUrl(): Variable<string | undefined> {
  const anyUrl = url('redis', 'rediss');
  return {
    ...anyUrl,
    parse: (value) => (anyUrl.parse(value) !== undefined && isReadable(new URL(value)) ? value : undefined),
    expects: 'a URL such as redis://user:password@host:6379/0, or rediss:// for TLS',
  };
}

function isReadable({ hostname, username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return hostname !== '' && /^(\/\d*)?$/.test(pathname);
}
