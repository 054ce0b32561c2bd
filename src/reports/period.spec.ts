import { isCalendarDay } from './calendar-day';
import { toInstants, toPeriod } from './period';

const NOW = new Date('2026-11-30T23:30:00Z');

describe('A report’s period', () => {
  it.each([
    [{}, 'UTC', { from: '2026-11-01', to: '2026-11-30' }],
    [{}, 'Asia/Tokyo', { from: '2026-12-01', to: '2026-12-01' }],
    [{ to: '2026-02-28' }, 'UTC', { from: '2026-02-01', to: '2026-02-28' }],
    [{ from: '2026-02-28' }, 'UTC', { from: '2026-02-28', to: '2026-11-30' }],
    [{ from: '2024-02-29', to: '2024-02-29' }, 'UTC', { from: '2024-02-29', to: '2024-02-29' }],
    [{ from: '2024-01-01', to: '2024-12-31' }, 'UTC', { from: '2024-01-01', to: '2024-12-31' }],
  ])('of %j in %s is %j', (query, timezone, period) => {
    expect(toPeriod(query, timezone, NOW)).toEqual(period);
  });

  it.each([
    [{ from: '2026-12-01' }, 'from'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'to'],
    [{ from: '2024-01-01', to: '2025-01-01' }, 'from'],
  ])('cannot be %j', (query, field) => {
    expect(() => toPeriod(query, 'UTC', NOW)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: [expect.objectContaining({ path: [field] })],
      }),
    );
  });

  it.each([
    ['Asia/Tokyo', '2026-01-14T15:00:00.000Z', '2026-01-15T15:00:00.000Z'],
    // The day on which Berlin's clocks go forward has 23 hours.
    ['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  ])('begins and ends at midnight in %s', (timezone, from, until) => {
    const day = from.startsWith('2026-01') ? '2026-01-15' : '2026-03-29';
    const instants = toInstants({ from: day, to: day }, timezone);
    expect([instants.from.toISOString(), instants.until.toISOString()]).toEqual([from, until]);
  });
});

describe('A calendar day', () => {
  it.each(['1970-01-01', '2024-02-29', '2000-02-29', '9999-12-31'])('can be %s', (day) => {
    expect(isCalendarDay(day)).toBe(true);
  });

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-00-01',
    '2026-01-00',
    '1969-12-31',
    '2026-1-1',
    '10000-01-01',
    '2026-01-01 ',
    '',
    20260101,
    null,
    ['2026-01-01'],
  ])('cannot be %j', (day) => expect(isCalendarDay(day)).toBe(false));
});
