import { formatDue } from '../tasks/due';
import { readDue } from './read-due';

/** A Friday: 17:30 in New York, 22:30 in London, Saturday 07:30 in Tokyo. */
const NOW = '2026-11-20T22:30:05.678Z';

const read = (text: string, timezone: string, now = NOW): string | null | undefined => {
  const reading = readDue(text, new Date(now), timezone);
  return 'fault' in reading ? undefined : formatDue(reading.due);
};

describe('readDue', () => {
  it.each([
    ['2026-11-25', 'Pacific/Apia', '2026-11-25'],
    [' 2026-11-25 ', 'UTC', '2026-11-25'],
    ['2028-02-29', 'UTC', '2028-02-29'],
    ['2026-11-25T17:00:00Z', 'Asia/Tokyo', '2026-11-25T17:00:00.000Z'],
    ['2026-11-25T17:00:00+01:00', 'UTC', '2026-11-25T16:00:00.000Z'],
    ['2026-11-25T17:00', 'America/New_York', '2026-11-25T22:00:00.000Z'],
    ['2026-11-25 17:00:30', 'Asia/Kolkata', '2026-11-25T11:30:30.000Z'],
    ['2026-07-01T12:00', 'America/New_York', '2026-07-01T16:00:00.000Z'],
    ['2026-11-25 at 5pm', 'America/New_York', '2026-11-25T22:00:00.000Z'],
  ])('reads the written form %s in %s as %s', (text, timezone, due) => {
    expect(read(text, timezone)).toBe(due);
  });

  it.each([
    ['today', 'America/New_York', '2026-11-20'],
    ['today', 'Asia/Tokyo', '2026-11-21'],
    ['tomorrow', 'America/New_York', '2026-11-21'],
    ['tomorrow', 'Asia/Tokyo', '2026-11-22'],
    ['Tomorrow.', 'UTC', '2026-11-21'],
    ['by tomorrow please', 'UTC', '2026-11-21'],
    ['tonight', 'UTC', '2026-11-20'],
    ['tomorrow morning', 'UTC', '2026-11-21'],
    ['day after tomorrow', 'America/New_York', '2026-11-22'],
    ['the day after tomorrow', 'Asia/Tokyo', '2026-11-23'],
    ['yesterday', 'UTC', '2026-11-19'],
    ['monday', 'America/New_York', '2026-11-23'],
    ['friday', 'America/New_York', '2026-11-20'],
    ['friday', 'Asia/Tokyo', '2026-11-27'],
    ['next friday', 'America/New_York', '2026-11-27'],
    ['last friday', 'America/New_York', '2026-11-13'],
    ['in 3 days', 'UTC', '2026-11-23'],
    ['in two weeks', 'UTC', '2026-12-04'],
    ['a week from now', 'UTC', '2026-11-27'],
    ['next week', 'UTC', '2026-11-27'],
    ['next month', 'UTC', '2026-12-20'],
    ['november 20', 'America/New_York', '2026-11-20'],
    ['november 19', 'America/New_York', '2027-11-19'],
    ['march 3', 'UTC', '2027-03-03'],
    ['Friday, 27 November 2026', 'UTC', '2026-11-27'],
    ['end of month', 'UTC', '2026-11-30'],
    ['this month', 'UTC', '2026-11-30'],
    ['end of next month', 'UTC', '2026-12-31'],
    ['end of day', 'UTC', '2026-11-20'],
    ['by the end of the week', 'UTC', '2026-11-22'],
    ['end of year', 'UTC', '2026-12-31'],
  ])('keeps the day a day: "%s" in %s is %s', (text, timezone, due) => {
    expect(read(text, timezone)).toBe(due);
  });

  it.each([
    ['friday at 5pm', 'America/New_York', '2026-11-27T22:00:00.000Z'],
    ['friday at 6pm', 'America/New_York', '2026-11-20T23:00:00.000Z'],
    ['friday at 5pm', 'Asia/Tokyo', '2026-11-27T08:00:00.000Z'],
    ['monday 9am', 'Europe/Berlin', '2026-11-23T08:00:00.000Z'],
    ['9:15 on monday', 'Asia/Kathmandu', '2026-11-23T03:30:00.000Z'],
    ['5pm', 'America/New_York', '2026-11-21T22:00:00.000Z'],
    ['6pm', 'America/New_York', '2026-11-20T23:00:00.000Z'],
    ['tomorrow at noon', 'Australia/Lord_Howe', '2026-11-22T01:00:00.000Z'],
    ['midnight', 'UTC', '2026-11-21T00:00:00.000Z'],
    ['today at 11pm', 'UTC', '2026-11-20T23:00:00.000Z'],
    ['tomorrow at 5pm EST', 'Asia/Tokyo', '2026-11-22T22:00:00.000Z'],
    ['tomorrow 17:00 UTC', 'Asia/Tokyo', '2026-11-22T17:00:00.000Z'],
    ['in 2 hours', 'Asia/Kolkata', '2026-11-21T00:30:05.000Z'],
    ['in 90 minutes', 'UTC', '2026-11-21T00:00:05.000Z'],
    ['right now', 'Asia/Tokyo', '2026-11-20T22:30:05.000Z'],
  ])('makes a time an instant: "%s" in %s is %s', (text, timezone, due) => {
    expect(read(text, timezone)).toBe(due);
  });

  it.each([
    // Clocks there leap from 02:00 to 03:00 on 8 March 2026, and fall back from 02:00 to 01:00 on 1 November.
    ['leaped over', '2026-03-08T02:30', 'America/New_York', NOW, '2026-03-08T07:30:00.000Z'],
    ['shown twice', '2026-11-01T01:30', 'America/New_York', NOW, '2026-11-01T05:30:00.000Z'],
    [
      'after the leap',
      'sunday at 9am',
      'America/New_York',
      '2026-03-07T20:00:00Z',
      '2026-03-08T13:00:00.000Z',
    ],
    ['elapsed over it', 'in 3 hours', 'America/New_York', '2026-03-08T06:00:00Z', '2026-03-08T09:00:00.000Z'],
    ['half an hour of it', '2026-10-04T02:15', 'Australia/Lord_Howe', NOW, '2026-10-03T15:45:00.000Z'],
    ['at midnight of it', '2026-04-24T00:30', 'Africa/Cairo', NOW, '2026-04-23T22:30:00.000Z'],
    [
      'summer from winter',
      'july 1 at 5pm',
      'Europe/London',
      '2026-01-10T12:00:00Z',
      '2026-07-01T16:00:00.000Z',
    ],
  ])('goes by the clocks of the day: %s (%s, %s)', (_, text, timezone, now, due) => {
    expect(read(text, timezone, now)).toBe(due);
  });

  it.each([
    ['in a month', '2026-01-31T12:00:00Z', '2026-02-28'],
    ['next month', '2028-01-31T12:00:00Z', '2028-02-29'],
    ['in 3 months', '2026-01-31T12:00:00Z', '2026-04-30'],
    ['in a year', '2028-02-29T12:00:00Z', '2029-02-28'],
    ['tomorrow', '2028-02-28T12:00:00Z', '2028-02-29'],
    ['tomorrow', '2026-02-28T12:00:00Z', '2026-03-01'],
    ['tomorrow', '2026-12-31T23:59:59Z', '2027-01-01'],
    ['feb 29 2028', NOW, '2028-02-29'],
  ])('keeps to the calendar: "%s" on %s is %s', (text, now, due) => {
    expect(read(text, 'UTC', now)).toBe(due);
  });

  it.each([
    [''],
    ['soon'],
    ['banana'],
    ['every friday'],
    ['monday or tuesday'],
    ['from monday to friday'],
    ['buy milk tomorrow'],
    ['not tomorrow'],
    ['tomorrow 25:00'],
    ['2026-02-30'],
    ['2026-02-30 at 5pm'],
    ['2026-02-30T10:00'],
    ['2026-11-25T24:00:00Z'],
    ['2026-11-25T10:00:00+25:00'],
    ['1969-12-31'],
    ['10000-01-01'],
    ['in 99999999999 years'],
    ['feb 30 2027'],
    ['1700000000'],
    ['x'.repeat(100)],
  ])('does not guess at "%s"', (text) => {
    expect(read(text, 'UTC')).toBeUndefined();
  });

  it.each([
    ['12/5/2026', /can be read as two days: write 2026-12-05 or 2026-05-12/],
    ['tomorrow at midnight', /midnight of a day.*write the date and 00:00/],
    ['today at 9am', /has passed.*in digits/],
    ['3 March 2020', /has passed.*in digits/],
    ['friday, 5 december 2026', /names a Saturday and calls it Friday/],
    ['feb 30', /a day that the calendar does not have/],
    ['tomorrow 25:00', /a time that no clock shows/],
    ['next quarter', /names no day: write "end of next quarter"/],
    ['in january', /a month without a day: write for example "31 january"/],
    ['second friday', /counts a weekday: write of which month/],
    ['tomorrow morning at 9pm', /a time and another part of the day/],
    ['in 1.5 days', /a part of a day, week, month or year/],
    ['soon', /is not understood as exactly one date/],
  ])('says why "%s" is refused', (text, fault) => {
    expect(readDue(text, new Date(NOW), 'UTC')).toEqual({ fault: expect.stringMatching(fault) });
  });

  it('takes a past day in digits, which cannot be misread', () => {
    expect(read('2020-03-03', 'UTC')).toBe('2020-03-03');
    expect(read('2026-11-20T09:00', 'UTC')).toBe('2026-11-20T09:00:00.000Z');
  });
});
