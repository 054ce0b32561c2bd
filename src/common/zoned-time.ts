/** What a clock on the wall of some place shows. Month and day from 1. */
export interface WallClock {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const DAY_MS = 86_400_000;
/** More than zones have names; each of those can be spelled in many ways, which accounts of old may do. */
const MOST_KEPT = 600;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a time zone show at an instant. */
export function toWallClock(instant: Date, timezone: string): WallClock {
  const parts = formatOf(timezone).formatToParts(instant);
  const read = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value);
  return {
    year: read('year'),
    month: read('month'),
    day: read('day'),
    hour: read('hour'),
    minute: read('minute'),
    second: read('second'),
  };
}

/**
 * The instant at which the clocks of a time zone show this. A time that they show twice is the first of the two; one
 * that they leap over is moved forward by the leap.
 */
export function toInstant(wall: WallClock, timezone: string): Date {
  const asUtc = toUtcMs(wall);
  const [before, after] = [-DAY_MS, DAY_MS].map((shift) => offsetMs(asUtc + shift, timezone));
  const candidates = [asUtc - before!, asUtc - after!];
  const shown = candidates.find((candidate) => candidate + offsetMs(candidate, timezone) === asUtc);
  return new Date(shown ?? candidates[0]!);
}

/** The wall clock's reading as milliseconds since 1970 on that same clock. */
export function toUtcMs({ year, month, day, hour, minute, second }: WallClock): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const QUARTER_HOUR_MS = 900_000;
const offsets = new Map<string, { quarterHour: number; minutes: number }>();

/**
 * By how much the clocks of a time zone are ahead of UTC, in whole minutes. Asked for every request: all zones change
 * their clocks on the quarter-hour.
 */
export function utcOffsetMinutes(timezone: string, instant: Date): number {
  const quarterHour = Math.floor(instant.getTime() / QUARTER_HOUR_MS);
  const known = offsets.get(timezone);
  if (known?.quarterHour === quarterHour) return known.minutes;
  const minutes = Math.round(offsetMs(quarterHour * QUARTER_HOUR_MS, timezone) / 60_000);
  keep(offsets, timezone, { quarterHour, minutes });
  return minutes;
}

function offsetMs(instantMs: number, timezone: string): number {
  const wholeSecond = Math.floor(instantMs / 1000) * 1000;
  return toUtcMs(toWallClock(new Date(wholeSecond), timezone)) - wholeSecond;
}

/** Making one costs far more than using it, and some 40 KB. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  keep(formats, timezone, format);
  return format;
}

function keep<Value>(kept: Map<string, Value>, timezone: string, value: Value): void {
  kept.set(timezone, value);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
}
