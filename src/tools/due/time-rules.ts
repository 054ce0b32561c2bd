import { fault, type Groups, type PartOfDay, type Piece, type Rule } from './pieces';
import { MONTH, NUMBER, toNumber } from './words';

const MERIDIEM = '(?: ?(?<meridiem>[ap]m))';
const DIAL_WORDS = 'one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve';
const HOUR = `(?<hour>\\d{1,2}|${DIAL_WORDS})`;
const AT = '(?:(?:at|@) ?)?';

/** "17:00", "5:30 pm", "half past 5", "noon". */
const CLOCK_RULES: Rule[] = [
  {
    pattern: `${AT}${HOUR}(?:[:.](?<minute>\\d{2})(?::(?<second>\\d{2}))?)?${MERIDIEM}`,
    read: readClock,
  },
  { pattern: `${AT}(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2}))?`, read: readClock },
  { pattern: `${AT}${HOUR} o'?clock${MERIDIEM}?`, read: readClock },
  { pattern: `${HOUR}(?= (?:in the|at) (?:morning|afternoon|evening|night))`, read: readClock },
  // "at 5 december" is no time.
  { pattern: `(?:at|@) ?${HOUR}(?! (?:of )?(?:${MONTH})\\b)`, read: readClock },
  { pattern: `${AT}half past ${HOUR}${MERIDIEM}?`, read: (groups) => readClock({ ...groups, minute: '30' }) },
  {
    pattern: `${AT}(?:(?<quarter>a? ?quarter)|(?<minutes>${NUMBER})(?: minutes)?) (?<way>past|to) ${HOUR}${MERIDIEM}?`,
    read: readSpoken,
  },
  {
    pattern: `${AT}(?:12 )?(?:noon|midday)`,
    read: () => ({ kind: 'time', hour: 12, minute: 0, second: 0, isDialHour: false }),
  },
  {
    pattern: `${AT}(?:12 )?midnight`,
    read: () => ({ kind: 'time', hour: 0, minute: 0, second: 0, isDialHour: false, isMidnight: true }),
  },
];

function readClock({ hour: said, minute = '0', second = '0', meridiem }: Groups): Piece {
  const written = toNumber(said!);
  const isReal = Number(minute) < 60 && Number(second) < 60;
  const isHour = meridiem === undefined ? written < 24 : written >= 1 && written <= 12;
  if (!isReal || !isHour) return fault('names a time that no clock shows');
  const isDialHour = meridiem === undefined && written >= 1 && written <= 12 && !said!.startsWith('0');
  const hour = meridiem === undefined ? written : (written % 12) + (meridiem === 'pm' ? 12 : 0);
  return { kind: 'time', hour, minute: Number(minute), second: Number(second), isDialHour };
}

function readSpoken({ quarter, minutes, way, hour, meridiem }: Groups): Piece {
  const count = quarter === undefined ? toNumber(minutes!) : 15;
  const time = readClock({ hour, meridiem });
  if (time.kind !== 'time') return time;
  if (count < 1 || count > 59) return fault('names a time that no clock shows');
  if (way === 'past') return { ...time, minute: count };
  // One hour before 1 on the dial stands 12.
  const before = time.isDialHour && time.hour === 1 ? 12 : (time.hour + 23) % 24;
  return { ...time, hour: before, minute: 60 - count };
}

const PART_RULES: Rule[] = [
  {
    pattern: '(?:in the |at |during the )?(?<part>morning|afternoon|evening|night)',
    read: ({ part }) => ({ kind: 'part', part: part as PartOfDay }),
  },
  { pattern: 'first thing(?: in the morning)?', read: () => ({ kind: 'part', part: 'morning' }) },
];

const END_OF_DAY_RULES: Rule[] = [
  {
    pattern:
      '(?:the )?(?:end of (?:the |my |this )?(?:business |work |working )?day|close of business|end of business|eod|eob|cob)',
    read: () => ({ kind: 'endOfDay' }),
  },
  // "end of friday": the day follows.
  {
    pattern: '(?:the )?end of(?= (?:today|tomorrow|(?:this |next )?[a-z]+day)(?![a-z]))',
    read: () => ({ kind: 'endOfDay' }),
  },
];

const ZONE_HOURS: Readonly<Record<string, number>> = {
  utc: 0,
  gmt: 0,
  z: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  cet: 1,
  cest: 2,
};

const ZONE_RULES: Rule[] = [
  {
    pattern: `(?<name>${Object.keys(ZONE_HOURS).join('|')})`,
    read: ({ name }) => ({ kind: 'zone', offsetMinutes: ZONE_HOURS[name!]! * 60 }),
  },
  {
    pattern: '(?:utc|gmt)?(?<sign>[+-])(?<hours>\\d{1,2})(?::?(?<minutes>\\d{2}))?',
    read: ({ sign, hours, minutes = '0' }) => {
      const size = Number(hours) * 60 + Number(minutes);
      if (size > 14 * 60 || Number(minutes) > 59) return fault('names an offset that no place has');
      return { kind: 'zone', offsetMinutes: sign === '-' ? -size : size };
    },
  },
];

/** Words that may stand around a day or a time and do not change it. */
const FILLER_RULES: Rule[] = [
  {
    pattern:
      '(?:no|not) later than|at the latest|by|due|on|at|before|until|till|in|the|and|sometime|around|about|later|please',
    read: () => ({ kind: 'filler' }),
  },
];

export const TIME_RULES: readonly Rule[] = [
  ...CLOCK_RULES,
  ...PART_RULES,
  ...END_OF_DAY_RULES,
  ...ZONE_RULES,
  ...FILLER_RULES,
];
