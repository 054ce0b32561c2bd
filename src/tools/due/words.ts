import type { Weekday } from './days';

/** Sources of patterns for single words, and what the words mean. */
export const WEEKDAY =
  'mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?';
export const MONTH =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const NUMBERS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  ninety: 90,
};
const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(
  ' ',
);

const COUNTED = Object.keys(NUMBERS)
  .filter((word) => word.length > 2)
  .join('|');
/** "5", "five". */
export const NUMBER = `\\d{1,4}|${COUNTED}`;
/** "5", "1.5". */
export const AMOUNT_IN_DIGITS = '\\d{1,4}(?:\\.\\d{1,2})?';
/** "a", "five", "a couple of", "half a". */
export const AMOUNT_IN_WORDS = `half an?|(?:a )?couple(?: of)?|${COUNTED}|an?`;
/** "15th", "fifth". */
export const ORDINAL = `\\d{1,2}(?:st|nd|rd|th)|${ORDINALS.join('|')}`;

export function toWeekday(word: string): Weekday {
  return WEEKDAYS.indexOf(word.slice(0, 3)) as Weekday;
}

export function toMonth(word: string): number {
  return MONTHS.indexOf(word.slice(0, 3)) + 1;
}

export function toNumber(word: string): number {
  if (word.startsWith('half')) return 0.5;
  if (word.includes('couple')) return 2;
  return NUMBERS[word] ?? Number(word);
}

export function toOrdinal(word: string): number {
  const place = ORDINALS.indexOf(word);
  return place < 0 ? Number.parseInt(word, 10) : place + 1;
}

const WEEKDAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const weekdayName = (weekday: Weekday): string => WEEKDAY_NAMES[weekday]!;
export const monthName = (month: number): string => MONTH_NAMES[month - 1]!;
