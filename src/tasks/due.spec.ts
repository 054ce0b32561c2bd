import fc from 'fast-check';
import { formatDue, parseDue } from './due';

const through = (text: string): string | null | undefined => {
  const due = parseDue(text);
  return due && formatDue(due);
};

describe('parseDue', () => {
  it.each([
    ['2026-11-25', '2026-11-25'],
    ['2028-02-29', '2028-02-29'],
    ['1970-01-01', '1970-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['2026-11-25T17:00:00Z', '2026-11-25T17:00:00.000Z'],
    ['2026-11-25T17:00Z', '2026-11-25T17:00:00.000Z'],
    ['2026-11-25T17:00:00.123456Z', '2026-11-25T17:00:00.123Z'],
    ['2026-11-25T17:00:00+05:45', '2026-11-25T11:15:00.000Z'],
    ['2026-11-25T23:30:00-10:00', '2026-11-26T09:30:00.000Z'],
  ])('reads %s', (text, due) => {
    expect(through(text)).toBe(due);
  });

  it.each([
    '',
    'tomorrow',
    '2026-11-31',
    '2027-02-29',
    '2026-00-10',
    '2026-13-01',
    '1969-12-31',
    // Not 1975.
    '0075-01-01',
    '0075-01-01T00:00:00Z',
    '0000-01-01',
    '2026-1-5',
    '20261125',
    ' 2026-11-25',
    '2026-11-25\n',
    '2026-11-25T17:00:00',
    '2026-11-25 17:00:00Z',
    '2026-02-30T17:00:00Z',
    '2026-11-25T24:00:00Z',
    '2026-11-25T17:60:00Z',
    '2026-11-25T17:00:60Z',
    '2026-11-25T17:00:00+15:00',
    '2026-11-25T17:00:00+01',
    '1970-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
  ])('refuses "%s"', (text) => {
    expect(parseDue(text)).toBeUndefined();
  });

  it('gives every instant back as it shows it', () => {
    const dates = fc.date({
      min: new Date('1970-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(through(date.toISOString())).toBe(date.toISOString());
        expect(through(date.toISOString().slice(0, 10))).toBe(date.toISOString().slice(0, 10));
      }),
    );
  });
});
