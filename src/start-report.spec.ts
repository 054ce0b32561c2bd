import { readSettings } from './config/settings';
import type { LocalServices } from './local-services';
import { isSimulated } from './models/default-model-check';
import { reportWarnings, startReport } from './start-report';

const URL = 'http://127.0.0.1:3000';
const EARLY = new Date('2026-01-01');

const report = (environment: Record<string, string> = {}, now = EARLY): string[] => {
  const settings = readSettings({ OPENAI_MODEL: 'gpt-6-luna', ...environment }, '/app');
  const databaseFolder = settings.database.url === undefined ? '/app/.data/postgres' : undefined;
  const services: LocalServices = { settings, databaseFolder, stop: async () => undefined };
  const text = startReport(services, URL, [], now);
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
};

const REAL = {
  DATABASE_URL: 'postgres://keyturn:hunter2@db.example:5433/tasks?password=hunter2',
  REDIS_URL: 'rediss://me:hunter2@redis.example:6390/2?key=hunter2',
  OPENAI_API_KEY: 'sk-hunter2',
  OPENAI_BASE_URL: 'https://me:hunter2@llm.example/v1?key=hunter2',
  JWT_SECRET: 'hunter2'.repeat(5),
  METRICS_TOKEN: 'hunter2',
};

describe('startReport', () => {
  it('tells where the server is, what it stands on and how to make each part real', () => {
    expect(report()).toEqual([
      '  Keyturn   http://127.0.0.1:3000',
      '  docs      http://127.0.0.1:3000/docs',
      '  database  embedded Postgres  (set DATABASE_URL for your own)',
      '  upstream  offline simulator, no real model  (set OPENAI_API_KEY for OpenAI)',
      '  limits    in memory, 60 chat requests a minute and user  (set RATE_LIMIT_PER_MINUTE; REDIS_URL to share)',
      '  data      /app/.data/postgres  (set DATA_DIR)',
    ]);
  });

  it('names the real parts by host, without a secret', () => {
    const lines = report(REAL);
    expect(lines[2]).toBe('  database  Postgres at db.example:5433/tasks  (DATABASE_URL)');
    expect(lines[3]).toBe('  upstream  OpenAI at https://llm.example/v1, model gpt-6-luna  (OPENAI_API_KEY)');
    expect(lines[4]).toBe(
      '  limits    in Redis at redis.example:6390, 60 chat requests a minute and user  (REDIS_URL)',
    );
    expect(lines[5]).toBe('  data      /app/.data  (set DATA_DIR)');
    expect(lines.join()).not.toContain('hunter2');
  });

  it.each([
    [{ OPENAI_API_KEY: 'sk-1' }, 3, 'upstream  OpenAI, model gpt-6-luna  (OPENAI_API_KEY)'],
    [
      { OPENAI_API_KEY: 'sk-1', GEMINI_API_KEY: 'g-1', ANTHROPIC_API_KEY: 'a-1' },
      3,
      'upstream  OpenAI, model gpt-6-luna  (OPENAI_API_KEY); gemini, anthropic by the model’s name',
    ],
    [{ SIMULATOR: 'off' }, 3, 'upstream  none: chat answers 500 until OPENAI_API_KEY is set'],
    [{ RATE_LIMIT_PER_MINUTE: '0' }, 4, 'limits    in memory, no limit of chat requests'],
    [{ RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_PER_HOUR: '9' }, 4, 'limits    in memory, 9 an hour and user'],
    [{ RATE_LIMIT_PER_HOUR: '9' }, 4, 'limits    in memory, 60 chat requests a minute, 9 an hour and user'],
    [
      { REDIS_URL: 'redis://[::1]' },
      4,
      'limits    in Redis at [::1]:6379, 60 chat requests a minute and user',
    ],
  ])('with %j tells so', (environment: Record<string, string>, line, text) => {
    expect(report(environment)[line]).toContain(text);
  });

  it.each([
    ['gpt-5', '2026-10-11', undefined],
    ['gpt-5', '2026-10-12', 'OPENAI_MODEL gpt-5 ends on 2026-12-11; calls then go to gpt-5.6-sol'],
    ['gpt-5', '2026-12-10', 'OPENAI_MODEL gpt-5 ends on 2026-12-11; calls then go to gpt-5.6-sol'],
    ['gpt-5', '2026-12-11', 'OPENAI_MODEL gpt-5 ended on 2026-12-11; calls then go to gpt-5.6-sol'],
    ['gpt-4o-mini', '2026-11-15', 'OPENAI_MODEL gpt-4o-mini ends on 2027-01-14; calls then go to gpt-6-luna'],
    ['gpt-6-luna', '2099-01-01', undefined],
    ['somebody-elses-model', '2099-01-01', undefined],
  ])('of the default model %s warns on %s: %s', (OPENAI_MODEL, day, warning) => {
    const lines = report({ OPENAI_API_KEY: 'sk-1', OPENAI_MODEL }, new Date(day));
    expect(lines[6]).toBe(warning && `  warning   ${warning}`);
  });

  it.each<[string, Record<string, string>]>([
    ['without a key', {}],
    ['beside a key', { OPENAI_API_KEY: 'sk-1', SIMULATOR: 'on' }],
    ['beside the key of another provider', { GEMINI_API_KEY: 'g-1' }],
  ])('warns of no last day while the simulator answers %s', (_, environment) => {
    const lines = report({ ...environment, OPENAI_MODEL: 'gpt-5' }, new Date('2026-12-10'));
    expect(lines.join()).not.toContain('warning');
  });

  it('warns of the last day of another provider’s model, which the simulator does not answer for', () => {
    const settings = readSettings({ GEMINI_API_KEY: 'g-1', OPENAI_MODEL: 'gemini-1-of-the-spec' }, '/app');
    expect([settings.upstream, isSimulated(settings)]).toEqual(['simulator', false]);
  });

  it.each([
    ['nothing set', {}],
    ['everything set', { ...REAL, OPENAI_MODEL: 'gpt-5' }],
  ])('has 6 to 8 lines with %s', (_, environment) => {
    const { length } = report(environment, new Date('2026-12-01'));
    expect(length).toBeGreaterThanOrEqual(6);
    expect(length).toBeLessThanOrEqual(8);
  });
});

describe('reportWarnings', () => {
  it.each([
    [[], ''],
    [['a', 'b'], '  warning   a\n  warning   b\n'],
  ])('tells %j', (warnings, text) => expect(reportWarnings(warnings)).toBe(text));
});
