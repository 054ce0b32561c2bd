import { type Day, isBefore, isRealDay } from './days';
import { fault, type Groups, type Piece, type Rule } from './pieces';
import { MONTH, monthName, ORDINAL, toMonth, toOrdinal } from './words';

/** 29 February comes again after eight years at most (1896 to 1904). */
const MAX_YEARS_AHEAD = 8;

const YEAR = '(?:(?: of| in)? (?<year>\\d{4})(?!:)| (?:of )?(?<which>this|next) year)?';
const DAY_NUMBER = `(?<day>\\d{1,2}|${ORDINAL})`;

/** Dates with the name of the month, or in digits. */
export const DATE_RULES: readonly Rule[] = [
  { pattern: `${DAY_NUMBER} (?:of )?(?<month>${MONTH})${YEAR}`, read: readNamed },
  { pattern: `(?<month>${MONTH}) (?:the )?${DAY_NUMBER}${YEAR}`, read: readNamed },
  {
    pattern: '(?<year>\\d{4})(?<mark>[-/.])(?<month>\\d{1,2})\\k<mark>(?<day>\\d{1,2})',
    read: ({ year, month, day }) => toPiece({ year: Number(year), month: Number(month), day: Number(day) }),
  },
  {
    pattern: '(?<first>\\d{1,2})(?<mark>[-/.])(?<second>\\d{1,2})\\k<mark>(?<year>\\d{4})',
    read: readNumeric,
  },
  { pattern: '(?<first>\\d{1,2})/(?<second>\\d{1,2})', read: readNumeric },
];

function readNamed({ day, month, year, which }: Groups, today: Day): Piece {
  const named = { month: toMonth(month!), day: toOrdinal(day!) };
  if (year !== undefined) return toPiece({ ...named, year: Number(year) });
  if (which !== undefined) return toPiece({ ...named, year: today.year + (which === 'next' ? 1 : 0) });
  return readNext(named, today);
}

/** Day and month in digits, in either order: taken where only one of them is a date. */
function readNumeric({ first, second, year }: Groups, today: Day): Piece {
  const [left, right] = [Number(first), Number(second)];
  const orders = [
    { month: left, day: right },
    { month: right, day: left },
  ].filter(({ month, day }) => isRealDay({ year: Number(year ?? 2000), month, day }));
  const [one, other] = orders;
  if (one === undefined) return noSuchDay();
  if (other !== undefined && left !== right) return readsTwice(one, other, year);
  return year === undefined ? readNext(one, today) : toPiece({ year: Number(year), ...one });
}

function readsTwice(
  american: Omit<Day, 'year'>,
  european: Omit<Day, 'year'>,
  year: string | undefined,
): Piece {
  const [one, other] = [american, european].map(({ month, day }) =>
    year === undefined ? `${day} ${monthName(month)}` : iso({ year: Number(year), month, day }),
  );
  return fault(`can be read as two days: write ${one} or ${other}`);
}

/** The next such day, today included. */
function readNext({ month, day }: Omit<Day, 'year'>, today: Day): Piece {
  for (let { year } = today; year <= today.year + MAX_YEARS_AHEAD; year += 1) {
    const named = { year, month, day };
    if (isRealDay(named) && !isBefore(named, today)) return toPiece(named);
  }
  return noSuchDay();
}

function toPiece(day: Day): Piece {
  return isRealDay(day) ? { kind: 'day', day, isDate: true } : noSuchDay();
}

function noSuchDay(): Piece {
  return fault('names a day that the calendar does not have');
}

function iso({ year, month, day }: Day): string {
  return [String(year).padStart(4, '0'), ...[month, day].map((part) => String(part).padStart(2, '0'))].join(
    '-',
  );
}
