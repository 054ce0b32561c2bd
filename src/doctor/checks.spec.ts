import { checkClock } from './clock-check';
import type { Finding } from './finding';
import { checkLastDay } from './last-day-check';
import { checkNode } from './node-check';
import { exitCode, summary, toLine } from './report';

describe('checkNode', () => {
  it.each([
    ['18.20.4', 'failed'],
    ['20.18.3', 'failed'],
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['24.11.1', 'ok'],
  ])('%s is %s', (version, state) => expect(checkNode(version).state).toBe(state));
});

describe('checkClock', () => {
  it.each([
    [[undefined], 'skipped', /nobody answered/],
    [[0], 'ok', /agrees/],
    [[60_000], 'ok', /agrees/],
    [[-60_001], 'failed', /60 s ahead of the provider’s/],
    [[undefined, 120_400], 'failed', /120 s behind the provider’s/],
    [[0, 120_400], 'ok', /agrees/],
  ])('%j ms is %s', (aheadMs, state, text) => {
    expect(checkClock(aheadMs)).toMatchObject({ state, text: expect.stringMatching(text) });
  });
});

describe('checkLastDay', () => {
  const on = (day: string) => new Date(`${day}T12:00:00Z`);

  it.each<[string, string, Parameters<typeof checkLastDay>[1], string, RegExp]>([
    ['gpt-6-luna', '2026-11-21', undefined, 'ok', /^none announced$/],
    ['their-model', '2026-11-21', undefined, 'ok', /not in the catalogue/],
    ['gpt-4o', '2026-11-14', undefined, 'ok', /^gpt-4o ends on 2027-01-14; calls then go to gpt-6-luna$/],
    [
      'gpt-4o',
      '2026-11-15',
      undefined,
      'warning',
      /ends on 2027-01-14, in 60 days; calls then go to gpt-6-luna/,
    ],
    ['gpt-4o', '2027-01-13', undefined, 'warning', /in 1 day;/],
    ['gpt-4o', '2027-01-14', undefined, 'warning', /ended on 2027-01-14/],
    [
      'gpt-4o',
      '2026-11-21',
      [{ id: 'gpt-4o', shutdownDate: '2026-12-01' }],
      'warning',
      /2026-12-01, in 10 days/,
    ],
    [
      'their-model',
      '2026-11-21',
      [{ id: 'their-model', shutdownDate: '2026-12-01' }],
      'warning',
      /in 10 days: set OPENAI_MODEL/,
    ],
    ['their-model', '2026-11-21', [{ id: 'their-model' }], 'ok', /not in the catalogue/],
  ])('of %s on %s, listed as %j', (model, day, listed, state, text) => {
    expect(checkLastDay(model, listed, on(day))).toMatchObject({ state, text: expect.stringMatching(text) });
  });
});

describe('The report', () => {
  const findings: Finding[] = [
    { subject: 'Node', state: 'ok', text: '20.19.0' },
    { subject: 'OpenAI key', state: 'failed', matter: 'account', text: 'it is empty: fill it.' },
    { subject: 'streams', state: 'skipped', text: 'no server' },
  ];

  it('gives each finding one line, with whose matter it is', () => {
    expect(findings.map(toLine)).toEqual([
      '  ok       Node            20.19.0\n',
      '  FAILED   OpenAI key      the account’s: it is empty: fill it.\n',
      '  skipped  streams         no server\n',
    ]);
  });

  it.each([
    ['a failure', findings, '\n  1 of 2 checks failed.\n', 1],
    ['a warning', [{ ...findings[1]!, state: 'warning' as const }], '\n  Nothing failed.\n', 0],
    ['nothing', [], '\n  Nothing failed.\n', 0],
  ])('of %s ends so', (_, found, text, code) => {
    expect(summary(found)).toBe(text);
    expect(exitCode(found)).toBe(code);
  });
});
