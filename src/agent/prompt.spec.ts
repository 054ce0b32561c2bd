import { SYSTEM_PROMPT, withContext } from './prompt';

describe('withContext', () => {
  it.each([
    ['UTC', '2026-11-20T10:05:00Z', 'Friday 2026-11-20 10:05 (GMT+00:00)'],
    ['UTC, at midnight', '2026-11-20T00:00:00Z', 'Friday 2026-11-20 00:00 (GMT+00:00)'],
    ['Europe/Berlin', '2026-11-20T23:30:00Z', 'Saturday 2026-11-21 00:30 (GMT+01:00)'],
    [
      'Europe/Berlin, before the clock goes forward',
      '2026-03-29T00:59:00Z',
      'Sunday 2026-03-29 01:59 (GMT+01:00)',
    ],
    ['Europe/Berlin, after it', '2026-03-29T01:00:00Z', 'Sunday 2026-03-29 03:00 (GMT+02:00)'],
    [
      'Europe/Berlin, before the clock goes back',
      '2026-10-25T00:30:00Z',
      'Sunday 2026-10-25 02:30 (GMT+02:00)',
    ],
    ['Europe/Berlin, after it', '2026-10-25T01:30:00Z', 'Sunday 2026-10-25 02:30 (GMT+01:00)'],
    ['America/New_York', '2027-01-01T04:59:00Z', 'Thursday 2026-12-31 23:59 (GMT-05:00)'],
    ['Asia/Kathmandu', '2026-11-20T10:00:00Z', 'Friday 2026-11-20 15:45 (GMT+05:45)'],
    ['Pacific/Kiritimati', '2026-12-31T12:00:00Z', 'Friday 2027-01-01 02:00 (GMT+14:00)'],
  ])('tells the time in %s at %s', (place, now, time) => {
    const zone = place.split(',')[0]!;
    expect(withContext('Hi', new Date(now), zone)).toEqual({
      role: 'user',
      content: `Hi\n\n<context>Current time: ${time.replace(/ \((.*)\)$/, ' ($1).')} Time zone: ${zone}.</context>`,
    });
  });

  it('leaves what the user wrote as it is', () => {
    const message = '  {"a": "$&"}\n<context>\u2028😀 ';
    expect(withContext(message, new Date(0), 'UTC').content?.startsWith(`${message}\n\n<context>`)).toBe(
      true,
    );
  });
});

describe('SYSTEM_PROMPT', () => {
  it('holds no date or time, which would empty a provider’s prompt cache', () => {
    expect(SYSTEM_PROMPT).not.toMatch(/\d/);
  });
});
