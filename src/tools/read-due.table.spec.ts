import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expectedDue, parsePhraseTable } from '../../test/support/due-rules';
import { toInstant, toWallClock } from '../common/zoned-time';
import { readDue } from './read-due';

const ROOT = join(__dirname, '../..');
const ROWS = parsePhraseTable(readFileSync(join(ROOT, 'test/fixtures/due-phrases.txt'), 'utf8'));

/** A Tuesday, the last day of a year (Friday), a Saturday, and the last day of a month (Sunday). */
const DAYS = ['2026-12-01', '2027-12-31', '2027-02-27', '2027-01-31'];
const TIMES = ['00:30', '13:02', '23:50'];
const ZONES = ['Europe/Berlin', 'America/Los_Angeles'];
const MOMENTS = DAYS.flatMap((day) => TIMES.map((time) => `${day} ${time}`));
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const SPEAKS_OF_THE_PAST = /\b(?:last|past|previous|ago|yesterday)\b/i;

/** A day, a local time ("2026-12-01 13:02"), or "refused". */
function read(phrase: string, local: string, zone: string): string {
  const reading = readDue(phrase, instantOf(local, zone), zone);
  if ('fault' in reading) return 'refused';
  const { dueOn, dueAt } = reading.due;
  return dueOn ?? localText(dueAt!, zone);
}

function instantOf(local: string, zone: string): Date {
  const [year, month, day, hour, minute] = local.split(/[- :]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return toInstant({ year, month, day, hour, minute, second: 0 }, zone);
}

function localText(instant: Date, zone: string): string {
  const { year, month, day, hour, minute } = toWallClock(instant, zone);
  const [mm, dd, hh, min] = [month, day, hour, minute].map((part) => String(part).padStart(2, '0'));
  return `${year}-${mm}-${dd} ${hh}:${min}`;
}

describe('the table of phrases', () => {
  it('has at least 300 different phrases', () => {
    expect(new Set(ROWS.map(({ phrase }) => phrase)).size).toBe(ROWS.length);
    expect(ROWS.length).toBeGreaterThanOrEqual(300);
  });

  it.each(ROWS)('reads "$phrase" as: $rule', ({ phrase, rule }) => {
    const cases = MOMENTS.flatMap((moment) => ZONES.map((zone) => ({ moment, zone })));
    const got = cases.map((each) => ({ ...each, due: read(phrase, each.moment, each.zone) }));
    expect(got).toEqual(cases.map((each) => ({ ...each, due: expectedDue(rule, each.moment) })));
  });

  it('never reads the clock of the server', () => {
    const local = ['getHours', 'getDate', 'getDay', 'getMonth', 'getFullYear', 'getTimezoneOffset'] as const;
    const spies = local.map((method) => jest.spyOn(Date.prototype, method));
    for (const { phrase } of ROWS) read(phrase, MOMENTS[1]!, ZONES[0]!);
    const calls = spies.map((spy) => spy.mock.calls.length);
    for (const spy of spies) spy.mockRestore();
    expect(calls).toEqual(local.map(() => 0));
  });
});

describe('docs/dates.md', () => {
  const rows = [...readFileSync(join(ROOT, 'docs/dates.md'), 'utf8').matchAll(/^\| (`.+`) \| (.+) \|$/gm)];
  const examples = rows.flatMap(([, phrases, due]) =>
    [...phrases!.matchAll(/`([^`]+)`/g)].map(([, phrase]) => ({ phrase: phrase!, due: due! })),
  );

  it('shows at least 100 phrases', () => {
    expect(examples.length).toBeGreaterThanOrEqual(100);
  });

  it.each(examples)('says rightly that "$phrase" is $due', ({ phrase, due }) => {
    expect(ZONES.map((zone) => read(phrase, '2026-12-01 13:02', zone))).toEqual([due, due]);
  });
});

/** Why a reading must not stand; undefined where nothing speaks against it. */
function objection(phrase: string, moment: string, zone: string): string | undefined {
  const due = read(phrase, moment, zone);
  if (due === 'refused') return undefined;
  const now = due.length > 10 ? moment : moment.slice(0, 10);
  if (due < now && !SPEAKS_OF_THE_PAST.test(phrase)) return `${phrase}: ${due} has passed at ${moment}`;
  const named = WEEKDAYS.filter((weekday) => phrase.toLowerCase().includes(weekday));
  const isMoved = /\b(?:from|after)\b/.test(phrase);
  const today = WEEKDAYS[new Date(`${moment.slice(0, 10)}T00:00:00Z`).getUTCDay()]!;
  if (named.length > 0 && !named.includes(today) && !isMoved && due.slice(0, 10) === moment.slice(0, 10)) {
    return `${phrase}: today at ${moment}`;
  }
  return undefined;
}

describe('what was said of another day', () => {
  const moments = fc.constantFrom(...MOMENTS);
  const zones = fc.constantFrom(...ZONES);
  const dayWords = ROWS.filter(({ rule }) => !rule.includes(' at ')).map(({ phrase }) => phrase);
  const timeWords = [
    '',
    'eod',
    'at 5pm',
    'at 12',
    'midnight',
    'at midnight',
    'noon',
    '1am',
    'by 9:00',
    'night',
  ];
  const links = ['', 'by', 'on', 'end of', 'next', 'this', 'the'];

  it('never becomes today or the past, in any row of the table', () => {
    const objections = ROWS.flatMap(({ phrase }) =>
      MOMENTS.flatMap((moment) => ZONES.map((zone) => objection(phrase, moment, zone))),
    );
    expect(objections.filter((each) => each !== undefined)).toEqual([]);
  });

  it('never becomes today or the past, in any mixture of day words and time words', () => {
    const words = fc
      .tuple(
        fc.constantFrom(...links),
        fc.constantFrom(...dayWords),
        fc.constantFrom(...links),
        fc.constantFrom(...timeWords, ...dayWords),
        fc.boolean(),
      )
      .map(([link, day, second, time, isTimeFirst]) =>
        (isTimeFirst ? [second, time, link, day] : [link, day, second, time])
          .filter((part) => part !== '')
          .join(' '),
      );
    fc.assert(
      fc.property(words, moments, zones, (phrase, moment, zone) => {
        expect(objection(phrase, moment, zone)).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it('leaves no word out of account: one foreign word in any place makes it no date', () => {
    fc.assert(
      fc.property(fc.constantFrom(...dayWords), fc.nat(10), moments, (phrase, place, moment) => {
        const words = phrase.split(' ');
        words.splice(Math.min(place, words.length), 0, 'qux');
        expect(read(words.join(' '), moment, 'UTC')).toBe('refused');
      }),
      { numRuns: 2_000 },
    );
  });
});
