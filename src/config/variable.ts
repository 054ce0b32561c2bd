/** One environment variable: how its text is read, what it is when absent, and what to write instead of a bad value. */
export interface Variable<T> {
  fallback: T;
  /** Returns undefined where the text is no such value. */
  parse(text: string): T | undefined;
  /** Completes "NAME must be …". */
  expects: string;
}

export function text(): Variable<string | undefined>;
export function text(fallback: string): Variable<string>;
export function text(fallback?: string): Variable<string | undefined> {
  return { fallback, parse: (value) => value, expects: 'text' };
}

/** Text that never has quotes around it; with them a key, say, would be sent as another one. */
export function bareText(): Variable<string | undefined>;
export function bareText(fallback: string): Variable<string>;
export function bareText(fallback?: string): Variable<string | undefined> {
  return {
    fallback,
    parse: (value) => (/^(["']).*\1$/s.test(value) ? undefined : value),
    expects: 'without the quotes around it (Docker’s env files keep them as part of the value)',
  };
}

export function wholeNumber(fallback: number, range: { min: number; max: number }): Variable<number> {
  return {
    fallback,
    parse: (value) => {
      const number = Number(value);
      return /^\d+$/.test(value) && number >= range.min && number <= range.max ? number : undefined;
    },
    expects: `a whole number from ${range.min} to ${range.max}`,
  };
}

const MICRO_PER_USD = 1_000_000;
const LARGEST_USD = 1_000_000_000;

/** An amount of money in dollars, read as whole micro-USD. */
export function usd(fallback: number): Variable<number> {
  return {
    fallback,
    parse: (value) => {
      const amount = /^\d+(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
      return amount <= LARGEST_USD ? Math.round(amount * MICRO_PER_USD) : undefined;
    },
    expects: `an amount in US dollars such as 20 or 12.50, at most ${LARGEST_USD}`,
  };
}

export function oneOf<const T extends string>(fallback: NoInfer<T>, choices: readonly T[]): Variable<T> {
  return {
    fallback,
    parse: (value) => choices.find((choice) => choice === value),
    expects: `one of ${choices.join(', ')}`,
  };
}

export function flag(fallback: boolean): Variable<boolean> {
  return {
    fallback,
    parse: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
    expects: 'true or false',
  };
}

const MS_PER_UNIT: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds; a plain number counts as seconds. */
export function duration(fallbackMs: number, longestMs = LONGEST_TIMER_MS): Variable<number> {
  return {
    fallback: fallbackMs,
    parse: (value) => {
      const [, amount, unit = 's'] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(value) ?? [];
      const ms = Number(amount) * (MS_PER_UNIT[unit] ?? Number.NaN);
      return ms > 0 && ms <= longestMs ? ms : undefined;
    },
    expects: `a duration such as 500ms, 30s, 15m, 24h or 30d, at most ${Math.floor(longestMs / 86_400_000)}d`,
  };
}

/** The same, where 0 stands for none. */
export function durationOrNone(longestMs: number): Variable<number> {
  const some = duration(0, longestMs);
  return {
    ...some,
    parse: (value) => (/^0+(ms|s|m|h|d)?$/.test(value) ? 0 : some.parse(value)),
    expects: `0 for none, or ${some.expects}`,
  };
}

const MB = 1024 ** 2;
const BYTES_PER_UNIT: Record<string, number> = { b: 1, kb: 1024, mb: MB, gb: 1024 * MB };

/** Bytes; at most 64 MiB where nothing else is said, because one body is held in memory. */
export function byteSize(fallback: number, maxBytes = 64 * MB): Variable<number> {
  return {
    fallback,
    parse: (value) => {
      const [, amount, unit = 'b'] = /^(\d{1,9})(b|kb|mb|gb)?$/.exec(value.toLowerCase()) ?? [];
      const bytes = Number(amount) * (BYTES_PER_UNIT[unit] ?? Number.NaN);
      return bytes > 0 && bytes <= maxBytes ? bytes : undefined;
    },
    expects: `a size such as 512kb or 1mb, at most ${maxBytes / MB}mb`,
  };
}

export function url(...protocols: string[]): Variable<string | undefined> {
  return {
    fallback: undefined,
    parse: (value) => (hasProtocol(value, protocols) ? value : undefined),
    expects: `a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  };
}

/** Without the slashes at its end, for paths are put after it. */
export function baseUrl(): Variable<string | undefined> {
  const anyUrl = url('http', 'https');
  return { ...anyUrl, parse: (value) => anyUrl.parse(value)?.replace(/\/+$/, '') };
}

export function commaList(): Variable<string[] | undefined>;
export function commaList(fallback: string[]): Variable<string[]>;
export function commaList(fallback?: string[]): Variable<string[] | undefined> {
  const split = (value: string): string[] => value.split(',').map((item) => item.trim());
  return {
    fallback,
    parse: (value) => split(value).filter((item) => item !== ''),
    expects: 'a comma-separated list',
  };
}

/** Scheme, host and port, as browsers send them in `Origin`. */
export function origins(fallback: string[]): Variable<string[]> {
  return {
    fallback,
    parse: (value) => {
      const items = commaList([]).parse(value) ?? [];
      return items.every((item) => URL.canParse(item) && new URL(item).origin === item) ? items : undefined;
    },
    expects: 'a comma-separated list of origins such as https://app.example.com (no path, no trailing slash)',
  };
}

function hasProtocol(value: string, protocols: string[]): boolean {
  return URL.canParse(value) && protocols.some((protocol) => value.startsWith(`${protocol}://`));
}
