import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { StartupError } from '../common/startup-error';
import { readEnvironment, VARIABLES } from './environment';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'keyturn-environment-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const faultOf = (source: NodeJS.ProcessEnv): string => {
  try {
    readEnvironment(source);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return (error as StartupError).message;
  }
  return '';
};

describe('readEnvironment', () => {
  it('gives the contract’s defaults for an empty environment', () => {
    expect(readEnvironment({})).toMatchObject({
      NODE_ENV: 'development',
      PORT: 3000,
      HOST: '127.0.0.1',
      DATA_DIR: '.data',
      DATABASE_URL: undefined,
      OPENAI_API_KEY: undefined,
      OPENAI_MODEL: 'gpt-4o-mini',
      SIMULATOR: 'auto',
      ALLOWED_MODELS: undefined,
      ALLOWED_FIELDS: [],
      JWT_SECRET: undefined,
      ACCESS_TOKEN_TTL: 86_400_000,
      REFRESH_TOKEN_TTL: 30 * 86_400_000,
      CORS_ORIGINS: ['http://localhost:5173', 'http://127.0.0.1:5173', 'http://localhost:3000'],
      TRUST_PROXY: 0,
      BODY_LIMIT: 1_048_576,
      V1_BODY_LIMIT: 33_554_432,
      BODIES_IN_MEMORY: 536_870_912,
      MAX_OUTPUT_TOKENS: 4096,
      RATE_LIMIT_PER_MINUTE: 60,
      MAX_STREAMS_PER_USER: 8,
      AUTH_ATTEMPTS_PER_MINUTE: 20,
      HISTORY_TOKEN_LIMIT: 16_000,
      AGENT_MAX_STEPS: 8,
      TURN_TIMEOUT: 120_000,
      UPSTREAM_TIMEOUT: 600_000,
      UPSTREAM_IDLE_TIMEOUT: 180_000,
      LOG_LEVEL: 'info',
      LOG_PROMPTS: false,
      METRICS_TOKEN: undefined,
      SHUTDOWN_GRACE: 20_000,
      KEEP_ALIVE_TIMEOUT: 75_000,
    });
  });

  it('finds every variable in .env.example, each at its default', () => {
    const example = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
    const uncommented = parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''));
    expect(Object.keys(uncommented).sort()).toEqual(Object.keys(VARIABLES).sort());
    expect(readEnvironment(uncommented)).toEqual(readEnvironment({}));
    expect(parseEnv(example)).toEqual({});
  });

  it.each([
    ['NODE_ENV', 'prod', 'one of development, production, test'],
    ['PORT', '70000', 'a whole number from 0 to 65535'],
    ['DATABASE_URL', 'localhost/keyturn', 'a URL that starts with postgres:// or postgresql://'],
    ['REDIS_URL', 'localhost:6379', 'a URL such as redis://user:password@host:6379/0, or rediss:// for TLS'],
    [
      'RATE_LIMIT_DOORS',
      'v1=-1',
      'a comma-separated list such as v1=30/600,socket=10 (requests a minute, then an hour, each at most 10000000) of agent, chat, provider, socket, v1, each once',
    ],
    ['RATE_LIMIT_PER_HOUR', '10000001', 'a whole number from 0 to 10000000'],
    ['OPENAI_BASE_URL', 'api.openai.com', 'a URL that starts with http:// or https://'],
    [
      'OPENAI_API_KEY',
      '"sk-a"',
      'without the quotes around it (Docker’s env files keep them as part of the value)',
    ],
    [
      'OPENAI_MODEL',
      "'gpt-4o'",
      'without the quotes around it (Docker’s env files keep them as part of the value)',
    ],
    [
      'GEMINI_API_KEY',
      '"g-1"',
      'without the quotes around it (Docker’s env files keep them as part of the value)',
    ],
    ['OPENAI_BASE_URL', '"http://h/v1"', 'a URL that starts with http:// or https://'],
    ['KEEP_ALIVE_TIMEOUT', '0', 'a duration such as 500ms, 30s, 15m, 24h or 30d, at most 24d'],
    ['SIMULATOR', 'yes', 'one of auto, on, off'],
    ['ACCESS_TOKEN_TTL', 'soon', 'a duration such as 500ms, 30s, 15m, 24h or 30d, at most 366d'],
    ['TURN_TIMEOUT', '30d', 'a duration such as 500ms, 30s, 15m, 24h or 30d, at most 24d'],
    [
      'CORS_ORIGINS',
      '*',
      'a comma-separated list of origins such as https://app.example.com (no path, no trailing slash)',
    ],
    ['BODY_LIMIT', '1gb', 'a size such as 512kb or 1mb, at most 64mb'],
    ['V1_BODY_LIMIT', '65mb', 'a size such as 512kb or 1mb, at most 64mb'],
    ['BODIES_IN_MEMORY', '65gb', 'a size such as 512kb or 1mb, at most 65536mb'],
    ['BODIES_IN_MEMORY', '31mb', 'at least BODY_LIMIT and V1_BODY_LIMIT'],
    ['MAX_OUTPUT_TOKENS', '15', 'a whole number from 16 to 1000000'],
    ['AGENT_MAX_STEPS', '0', 'a whole number from 1 to 100'],
    ['LOG_PROMPTS', '1', 'true or false'],
  ])('names %s=%s with its cure', (name, value, expects) => {
    expect(faultOf({ [name]: value })).toBe(`${name} must be ${expects}.`);
  });

  it('names every bad variable in one line, and repeats no value', () => {
    const fault = faultOf({
      PORT: 'abc',
      DATABASE_URL: 'mysql://u:hunter2@h/db',
      LOG_LEVEL: 'loud',
      METRICS_TOKEN_FILE: join(folder, 'nowhere-hunter2'),
    });
    expect(fault.split('; ')).toEqual([
      expect.stringContaining('PORT must be'),
      expect.stringContaining('DATABASE_URL must be'),
      expect.stringContaining('LOG_LEVEL must be'),
      expect.stringContaining('METRICS_TOKEN_FILE must be the path of a file this process can read'),
    ]);
    expect(fault).not.toMatch(/hunter2|\n/);
  });

  it.each([[''], ['   '], ['\n']])('takes %p for absent', (value) => {
    const source = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, value]));
    expect(readEnvironment(source)).toEqual(readEnvironment({}));
  });

  it('cuts the space around a value', () => {
    expect(readEnvironment({ PORT: ' 81 ', OPENAI_API_KEY: '\tsk-1\n' })).toMatchObject({
      PORT: 81,
      OPENAI_API_KEY: 'sk-1',
    });
  });

  describe('NAME_FILE', () => {
    it('gives the value that the file holds, whatever the type', () => {
      const source = { OPENAI_API_KEY_FILE: file('key', 'sk-2\n'), PORT_FILE: file('port', '82\n') };
      expect(readEnvironment(source)).toMatchObject({ OPENAI_API_KEY: 'sk-2', PORT: 82 });
    });

    it('yields to the variable itself', () => {
      const source = { OPENAI_API_KEY: 'sk-1', OPENAI_API_KEY_FILE: file('key', 'sk-2') };
      expect(readEnvironment(source).OPENAI_API_KEY).toBe('sk-1');
    });

    it('counts as absent where it is empty', () => {
      const empty = file('empty', ' \n');
      expect(
        readEnvironment({
          JWT_SECRET_FILE: empty,
          OPENAI_API_KEY_FILE: empty,
          PORT_FILE: empty,
          HOST_FILE: '',
        }),
      ).toEqual(readEnvironment({}));
    });

    it.each([
      ['is missing', () => join(folder, 'nowhere')],
      ['is a folder', () => folder],
    ])('is named where it %s', (_, path) => {
      expect(faultOf({ JWT_SECRET_FILE: path() })).toBe(
        'JWT_SECRET_FILE must be the path of a file this process can read.',
      );
    });

    it('is named where its value is bad', () => {
      expect(faultOf({ PORT_FILE: file('port', 'abc') })).toContain('PORT must be a whole number');
    });
  });

  describe('JWT_SECRET', () => {
    it.each([
      ['production', 'x'.repeat(32), false],
      ['production', 'é'.repeat(16), false],
      ['production', 'x'.repeat(31), true],
      ['production', undefined, false],
      ['development', 'short', false],
    ])('in %s may be %p: refused %p', (NODE_ENV, JWT_SECRET, isRefused) => {
      const fault = faultOf({ NODE_ENV, JWT_SECRET });
      expect(fault).toBe(
        isRefused
          ? 'JWT_SECRET must have at least 32 bytes in production (`openssl rand -base64 48` makes one).'
          : '',
      );
    });

    it('of a file is measured too', () => {
      const source = { NODE_ENV: 'production', JWT_SECRET_FILE: file('secret', 'short') };
      expect(faultOf(source)).toContain('JWT_SECRET must have at least 32 bytes');
    });
  });

  describe('an external issuer', () => {
    const AUTH_JWKS_URL = 'https://login.example.com/jwks';
    const AUTH_ISSUER = 'https://login.example.com';
    const AUTH_AUDIENCE = 'keyturn-chat';
    const needs = 'must be set too: an external issuer needs AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE.';

    it('is all of its three variables, or none', () => {
      expect(faultOf({ AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE })).toBe('');
      expect(faultOf({ AUTH_ISSUER: ' ', AUTH_AUDIENCE: '' })).toBe('');
    });

    it.each<[object, string]>([
      [{ AUTH_JWKS_URL, AUTH_ISSUER }, `AUTH_AUDIENCE ${needs}`],
      [{ AUTH_ISSUER, AUTH_AUDIENCE }, `AUTH_JWKS_URL ${needs}`],
      [{ AUTH_JWKS_URL }, `AUTH_ISSUER and AUTH_AUDIENCE ${needs}`],
      [
        { AUTH_JWKS_URL: 'login.example.com', AUTH_ISSUER, AUTH_AUDIENCE },
        'AUTH_JWKS_URL must be a URL that starts with http:// or https://',
      ],
      [
        { AUTH_JWKS_URL: 'https://u:hunter2@h/jwks', AUTH_ISSUER, AUTH_AUDIENCE },
        'AUTH_JWKS_URL must name no user: public keys are there for everyone.',
      ],
      [
        { AUTH_JWKS_URL, AUTH_ISSUER: 'keyturn', AUTH_AUDIENCE },
        'AUTH_ISSUER must be another than keyturn, our own name.',
      ],
    ])('is refused as %o', (source, fault) => {
      expect(faultOf(source as NodeJS.ProcessEnv)).toContain(fault);
    });
  });

  it('takes the texts of the templates that are named, and of no other variable', () => {
    const { promptTemplates } = readEnvironment({
      PROMPT_TEMPLATES: 'GREETING,FROM_FILE',
      GREETING: 'Say hello.',
      FROM_FILE_FILE: file('template.txt', 'Say goodbye.\n'),
      OTHER: 'Say nothing.',
    });
    expect([...promptTemplates]).toEqual([
      ['GREETING', 'Say hello.'],
      ['FROM_FILE', 'Say goodbye.'],
    ]);
  });

  it.each([
    ['OPENAI_API_KEY', 'must name variables of your own'],
    ['JWT_SECRET_FILE', 'must name variables of your own'],
    ['__proto__', 'must name variables of your own'],
    ['path', 'must name variables of your own'],
    ['UNSET', 'UNSET must hold a template'],
  ])('refuses to serve %s as a template', (name, fault) => {
    expect(faultOf({ PROMPT_TEMPLATES: name, OPENAI_API_KEY: 'sk-1' })).toContain(fault);
  });
});
