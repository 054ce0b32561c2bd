import { addDays, addMonths, type Day, isRealDay } from './days';
import { fault, type Groups, type Piece, type Rule } from './pieces';
import { AMOUNT_IN_DIGITS, AMOUNT_IN_WORDS, toNumber } from './words';

const UNIT = 'seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|years?';
/** Taken after digits only: "a d" is no day. */
const SHORT_UNIT = 'secs?|s|mins?|hrs?|h|d|wks?|w|mos?|yrs?|y';
const ONE = `(?:${AMOUNT_IN_DIGITS} ?(?:${UNIT}|${SHORT_UNIT})|(?:${AMOUNT_IN_WORDS}) (?:${UNIT}))(?: and a half)?`;
/** Also "1h30min". */
const ALL = `(?<amounts>${ONE}(?:(?: and)? ${ONE}|(?<=h)\\d{1,2} ?min(?:s|utes?)?)*)`;
const EACH = new RegExp(
  `(?<amount>${AMOUNT_IN_DIGITS}|\\b(?:${AMOUNT_IN_WORDS}) ) ?(?<unit>${UNIT}|${SHORT_UNIT})(?<half> and a half)?(?![a-z])`,
  'g',
);

const MS_OF: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** "in 3 days", "2 hours from now", "a week from friday". */
export const DURATION_RULES: readonly Rule[] = [
  { pattern: `(?:in|within) (?:about )?${ALL}(?: from now)?`, read: readDuration },
  { pattern: `${ALL}(?: (?<end>from now|from today|later|ago))?`, read: readDuration },
  { pattern: `${ALL} (?:from|after)(?! now| today)`, read: ({ amounts }) => readShift(amounts!) },
  { pattern: '(?:right )?now', read: () => ({ kind: 'elapsed', ms: 0, isPast: false }) },
];

interface Duration {
  months: number;
  days: number;
  /** Hours, minutes and seconds. */
  clockMs: number;
}

function readDuration({ amounts, end }: Groups, today: Day): Piece {
  const duration = add(amounts!);
  if (duration === undefined) return fault('names a part of a day, week, month or year');
  const { months, days, clockMs } = duration;
  const isPast = end === 'ago';
  const sign = isPast ? -1 : 1;
  if (clockMs > 0) {
    if (months > 0) return fault('mixes months with hours: write the date and the time');
    return { kind: 'elapsed', ms: sign * (clockMs + days * MS_OF['day']!), isPast };
  }
  const day = addDays(addMonths(today, sign * months), sign * days);
  return isRealDay(day)
    ? { kind: 'day', day, isPast }
    : fault('names a day outside of the years 1970 to 9999');
}

function readShift(amounts: string): Piece {
  const duration = add(amounts);
  if (duration === undefined || duration.clockMs > 0) return fault('does not move a day by whole days');
  return { kind: 'shift', move: (day) => addDays(addMonths(day, duration.months), duration.days) };
}

/** The sum of "1 week and 2 days"; undefined where a part of the words is left over, or a half of a day is meant. */
function add(amounts: string): Duration | undefined {
  if (amounts.replace(EACH, '').replace(/and| /g, '') !== '') return undefined;
  const sum: Duration = { months: 0, days: 0, clockMs: 0 };
  for (const { groups } of amounts.matchAll(EACH)) {
    const unit = nameOf(groups!['unit']!);
    const amount = toNumber(groups!['amount']!.trim()) + (groups!['half'] === undefined ? 0 : 0.5);
    if (unit === 'hour' || unit === 'minute' || unit === 'second') sum.clockMs += amount * MS_OF[unit]!;
    else if (!Number.isInteger(amount)) return undefined;
    else if (unit === 'year') sum.months += 12 * amount;
    else if (unit === 'month') sum.months += amount;
    else sum.days += amount * (unit === 'fortnight' ? 14 : unit === 'week' ? 7 : 1);
  }
  return sum;
}

function nameOf(unit: string): string {
  if (unit.startsWith('mo')) return 'month';
  if (unit.startsWith('mi')) return 'minute';
  const names: Readonly<Record<string, string>> = {
    s: 'second',
    h: 'hour',
    d: 'day',
    w: 'week',
    f: 'fortnight',
    y: 'year',
  };
  return names[unit[0]!]!;
}
