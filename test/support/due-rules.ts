/**
 * Computes the results of the rules in test/fixtures/due-phrases.txt, independently of the code under test. Days are
 * counted from 1970; moments are local clock texts ("2026-12-01 13:02"). Both can be compared.
 */
const DAY_MS = 86_400_000;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export interface PhraseRow {
  phrase: string;
  rule: string;
}

/** Reads the rows of a table of phrases; skips its comments. */
export function parsePhraseTable(text: string): PhraseRow[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' | ') && !line.startsWith('#'))
    .map((line) => {
      const bar = line.lastIndexOf(' | ');
      return { phrase: line.slice(0, bar), rule: line.slice(bar + 3).trim() };
    });
}

/** @returns a day (2026-12-01), a local time (2026-12-01 13:02), or "refused" */
export function expectedDue(rule: string, now: string): string {
  if (rule === 'refused') return rule;
  const today = dayNumber(now.slice(0, 10));
  const [whole, isPast] = rule.endsWith(' past') ? [rule.slice(0, -5), true] : [rule, false];
  const [, next] = /^next (\d\d:\d\d)$/.exec(whole) ?? [];
  if (next !== undefined) return `${isoDay(today + (next < now.slice(11) ? 1 : 0))} ${next}`;
  const [, minutes] = /^plus (-?\d+)$/.exec(whole) ?? [];
  if (minutes !== undefined) return isoMoment(momentOf(now) + Number(minutes) * 60_000);
  const [dayRule, time] = whole.split(' at ') as [string, string | undefined];
  const day = dayOf(dayRule, today, now);
  if (time === undefined) return day < today && !isPast ? 'refused' : isoDay(day);
  const moment = `${isoDay(day)} ${time}`;
  if (moment >= now || isPast) return moment;
  return dayRule.startsWith('weekday ') ? `${isoDay(day + 7)} ${time}` : 'refused';
}

function dayOf(rule: string, today: number, now: string): number {
  const [kind, first = '', second = '', third = '', fourth = ''] = rule.split(' ');
  const monday = today - weekdayOf(today);
  switch (kind) {
    case 'day':
      return today + Number(first);
    case 'weekday':
      return find(today, 1, (day) => isWeekday(day, first));
    case 'after':
      return find(today + 1, 1, (day) => isWeekday(day, first));
    case 'before':
      return find(today - 1, -1, (day) => isWeekday(day, first));
    case 'week':
      return monday + 7 * Number(first) + WEEKDAYS.indexOf(second);
    case 'weekend':
      return first === '0' && weekdayOf(today) > 4 ? today : monday + 7 * Number(first) + 5;
    case 'month':
      return inMonth(second, Number(first), today);
    case 'quarter':
      return inQuarter(second, Number(first), today);
    case 'year':
      return inYear(second, Number(first), today);
    case 'date':
      return first.length > 5 ? dayNumber(first) : find(today, 1, (day) => isoDay(day).endsWith(first));
    case 'monthday':
      return find(today, 1, (day) => Number(isoDay(day).slice(8)) === Number(first));
    case 'nth':
      return nthWeekday(first, second, inMonth('first', Number(fourth), today));
    case 'part':
      return today + (Number(now.slice(11, 13)) < Number(first) ? 0 : 1);
    default:
      throw new Error(`unknown rule: ${rule} ${third}`);
  }
}

function inMonth(which: string, ahead: number, today: number): number {
  const [year, month, day] = partsOf(today);
  const first = dayNumberOf(year, month + ahead, 1);
  const last = dayNumberOf(year, month + ahead + 1, 1) - 1;
  return which === 'first' ? first : which === 'last' ? last : Math.min(first + day - 1, last);
}

function inQuarter(which: string, ahead: number, today: number): number {
  const [year, month] = partsOf(today);
  const start = Math.floor((month - 1) / 3) * 3 + 1 + 3 * ahead;
  return which === 'first' ? dayNumberOf(year, start, 1) : dayNumberOf(year, start + 3, 1) - 1;
}

function inYear(which: string, ahead: number, today: number): number {
  const year = partsOf(today)[0] + ahead;
  if (which === 'first') return dayNumberOf(year, 1, 1);
  return which === 'last' ? dayNumberOf(year, 12, 31) : dayNumber(`${year}-${which}`);
}

function nthWeekday(nth: string, weekday: string, firstOfMonth: number): number {
  const inIt = Array.from({ length: 31 }, (_, index) => firstOfMonth + index).filter(
    (day) => partsOf(day)[1] === partsOf(firstOfMonth)[1] && isWeekday(day, weekday),
  );
  return nth === 'last' ? inIt.at(-1)! : inIt[Number(nth) - 1]!;
}

function find(from: number, step: number, isWanted: (day: number) => boolean): number {
  for (let day = from; ; day += step) if (isWanted(day)) return day;
}

const weekdayOf = (day: number): number => (day + 3) % 7;
const isWeekday = (day: number, name: string): boolean => WEEKDAYS[weekdayOf(day)] === name;
const dayNumberOf = (year: number, month: number, day: number): number =>
  Date.UTC(year, month - 1, day) / DAY_MS;
const dayNumber = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / DAY_MS;
const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const partsOf = (day: number): [number, number, number] =>
  isoDay(day).split('-').map(Number) as [number, number, number];
const momentOf = (local: string): number => Date.parse(`${local.replace(' ', 'T')}:00Z`);
const isoMoment = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
