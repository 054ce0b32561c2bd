import {
  addDays,
  addMonths,
  type Day,
  inWeek,
  isBefore,
  isRealDay,
  lastOfMonth,
  lastOfQuarter,
  soonestWeekday,
  weekdayOf,
} from './days';
import { type DayPiece, fault, type Groups, type PartOfDay, type Piece, type Rule } from './pieces';
import { MONTH, ORDINAL, toMonth, toOrdinal, toWeekday, WEEKDAY } from './words';

const SUNDAY = 6;
const SATURDAY = 5;

const day = (named: Day, more: Partial<DayPiece> = {}): Piece =>
  isRealDay(named)
    ? { kind: 'day', day: named, ...more }
    : fault('names a day outside of the years 1970 to 9999');

/** A day that a weekday may be put before. */
const date = (named: Day, more: Partial<DayPiece> = {}): Piece => day(named, { isDate: true, ...more });

/** "tomorrow", "this evening": so many days from today. */
const FROM_TODAY: Rule[] = [
  { pattern: '(?:later )?today', read: (_, today) => date(today, { isToday: true }) },
  { pattern: 'tonight|this night', read: (_, today) => date(today, { isToday: true, part: 'night' }) },
  {
    pattern: 'this (?<part>morning|afternoon|evening)',
    read: ({ part }, today) => date(today, { isToday: true, part: part as PartOfDay }),
  },
  {
    pattern: 'tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow|2moro',
    read: (_, today) => date(addDays(today, 1)),
  },
  { pattern: 'day after tomorrow', read: (_, today) => date(addDays(today, 2)) },
  { pattern: 'yesterday', read: (_, today) => date(addDays(today, -1), { isPast: true }) },
  { pattern: 'last night', read: (_, today) => date(addDays(today, -1), { isPast: true, part: 'night' }) },
  { pattern: 'day before yesterday', read: (_, today) => date(addDays(today, -2), { isPast: true }) },
];

const WEEKDAY_RULES: Rule[] = [
  {
    pattern: `(?<weekday>${WEEKDAY})`,
    read: ({ weekday }, today) => day(soonestWeekday(today, toWeekday(weekday!)), { isBareWeekday: true }),
  },
  {
    pattern: `(?<which>this|(?:this )?coming|upcoming|next|last|past|previous) (?<weekday>${WEEKDAY})`,
    read: readWeekday,
  },
  {
    pattern: `(?<weekday>${WEEKDAY}) (?:of )?(?<which>this|next|last) week|(?<week>this|next|last) week,? (?:on )?(?<dayOfWeek>${WEEKDAY})`,
    read: ({ weekday, which, week, dayOfWeek }, today) => {
      const weeks = weeksAhead((which ?? week)!);
      return day(inWeek(today, toWeekday((weekday ?? dayOfWeek)!), weeks), {
        isWeekday: true,
        isPast: weeks < 0,
      });
    },
  },
  {
    pattern: '(?<which>this |coming |next )?weekend',
    read: ({ which }, today) => {
      const isNow = weekdayOf(today) >= SATURDAY;
      if (which === 'next ') return day(inWeek(today, SATURDAY, 1));
      return day(isNow ? today : inWeek(today, SATURDAY, 0));
    },
  },
];

function readWeekday({ which, weekday }: Groups, today: Day): Piece {
  const wanted = toWeekday(weekday!);
  if (which === 'this') return day(soonestWeekday(today, wanted), { isWeekday: true });
  if (which === 'next') return day(inWeek(today, wanted, 1), { isWeekday: true });
  if (which!.endsWith('coming')) return day(soonestWeekday(addDays(today, 1), wanted), { isWeekday: true });
  return day(soonestWeekday(addDays(today, -7), wanted), { isWeekday: true, isPast: true });
}

function weeksAhead(which: string): number {
  return which === 'next' ? 1 : which === 'last' ? -1 : 0;
}

/** "end of the month", "next week": a period stands for its last day, or moves today. */
const PERIOD_RULES: Rule[] = [
  {
    pattern:
      '(?:end|last day) of (?:the |this |(?<next>next ))?(?<period>week|month|quarter|year)|(?<next2>this )(?<period2>week|month|quarter|year)',
    read: ({ next, period, period2 }, today) =>
      day(lastOf((period ?? period2)!, today, next === undefined ? 0 : 1)),
  },
  {
    pattern: 'eo(?<letter>[wmqy])',
    read: ({ letter }, today) =>
      day(lastOf({ w: 'week', m: 'month', q: 'quarter', y: 'year' }[letter!]!, today, 0)),
  },
  {
    pattern: `(?:end|last day) of (?<month>${MONTH})(?: (?<year>\\d{4}))?`,
    read: ({ month, year }, today) => readEndOfMonth(toMonth(month!), year, today),
  },
  {
    pattern: '(?:start|beginning|first day) of (?:the )?next (?<period>week|month|quarter|year)',
    read: ({ period }, today) => day(addDays(lastOf(period!, today, 0), 1)),
  },
  { pattern: 'next week', read: (_, today) => day(addDays(today, 7)) },
  { pattern: 'next month', read: (_, today) => day(addMonths(today, 1)) },
  { pattern: 'next year', read: (_, today) => day(addMonths(today, 12)) },
  { pattern: 'week after next', read: (_, today) => day(addDays(today, 14)) },
  { pattern: 'month after next', read: (_, today) => day(addMonths(today, 2)) },
  { pattern: 'last week', read: (_, today) => day(addDays(today, -7), { isPast: true }) },
  { pattern: 'last month', read: (_, today) => day(addMonths(today, -1), { isPast: true }) },
  { pattern: 'last year', read: (_, today) => day(addMonths(today, -12), { isPast: true }) },
  {
    pattern: 'next quarter',
    read: () => fault('names no day: write "end of next quarter" or "start of next quarter"'),
  },
  {
    pattern: `(?:next |this |last )?(?:${MONTH})(?: \\d{4})?`,
    read: () => fault('names a month without a day: write for example "31 january" or "end of january"'),
  },
];

function lastOf(period: string, today: Day, ahead: number): Day {
  if (period === 'week') return inWeek(today, SUNDAY, ahead);
  if (period === 'month') return lastOfMonth(today, ahead);
  if (period === 'quarter') return lastOfQuarter(today, ahead);
  return { year: today.year + ahead, month: 12, day: 31 };
}

function readEndOfMonth(month: number, year: string | undefined, today: Day): Piece {
  const isOver = month < today.month;
  const wanted = year === undefined ? today.year + (isOver ? 1 : 0) : Number(year);
  return day(lastOfMonth({ year: wanted, month, day: 1 }, 0));
}

/** "the 15th", "first of next month", "last friday of the month". */
const DAY_OF_MONTH_RULES: Rule[] = [
  {
    pattern: `(?<ofMonth>${ORDINAL}) (?:day )?of the month|(?<ordinal>\\d{1,2}(?:st|nd|rd|th))`,
    read: ({ ordinal, ofMonth }, today) => readNextInMonths(toOrdinal((ordinal ?? ofMonth)!), today),
  },
  {
    pattern: `(?:${ORDINAL}) (?:${WEEKDAY})`,
    read: () => fault('counts a weekday: write of which month, for example "first monday of january"'),
  },
  {
    pattern: `(?<ordinal>${ORDINAL}) (?:day )?of (?<which>this|next) month`,
    read: ({ ordinal, which }, today) => {
      const month = addMonths({ ...today, day: 1 }, which === 'next' ? 1 : 0);
      const named = { ...month, day: toOrdinal(ordinal!) };
      return isRealDay(named) ? date(named) : fault(`names a day that this month does not have`);
    },
  },
  {
    pattern: `(?<ordinal>first|second|third|fourth|last) (?<weekday>${WEEKDAY}) (?:of|in) (?:(?:the |this |(?<next>next ))month|(?<month>${MONTH})(?: (?<year>\\d{4}))?)`,
    read: readWeekdayOfMonth,
  },
];

/** The first month from now on that has this day, today included. */
function readNextInMonths(dayOfMonth: number, today: Day): Piece {
  if (dayOfMonth < 1 || dayOfMonth > 31) return fault('names a day that no month has');
  for (let ahead = 0; ; ahead += 1) {
    const named = { ...addMonths({ ...today, day: 1 }, ahead), day: dayOfMonth };
    if (isRealDay(named) && !isBefore(named, today)) return date(named);
    if (ahead > 12) return fault('names a day outside of the years 1970 to 9999');
  }
}

function readWeekdayOfMonth({ ordinal, weekday, next, month, year }: Groups, today: Day): Piece {
  const wanted = toWeekday(weekday!);
  const find = (first: Day): Day => {
    if (ordinal === 'last') return soonestWeekday(addDays(lastOfMonth(first, 0), -6), wanted);
    return addDays(soonestWeekday(first, wanted), 7 * (toOrdinal(ordinal!) - 1));
  };
  if (month === undefined) return day(find(addMonths({ ...today, day: 1 }, next === undefined ? 0 : 1)));
  const first = { year: Number(year ?? today.year), month: toMonth(month), day: 1 };
  const found = find(first);
  return year === undefined && isBefore(found, today)
    ? day(find({ ...first, year: first.year + 1 }))
    : day(found);
}

export const DAY_RULES: readonly Rule[] = [
  ...FROM_TODAY,
  ...WEEKDAY_RULES,
  ...PERIOD_RULES,
  ...DAY_OF_MONTH_RULES,
];
