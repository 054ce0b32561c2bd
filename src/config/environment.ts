import { readFileSync } from 'node:fs';
import { StartupError } from '../common/startup-error';
import { doorLimits, MOST_REQUESTS, redisUrl } from './limit-variables';
import { SIBLING_NAMES, type SiblingName } from './providers';
import {
  bareText,
  baseUrl,
  byteSize,
  commaList,
  duration,
  durationOrNone,
  flag,
  oneOf,
  origins,
  text,
  url,
  usd,
  type Variable,
  wholeNumber,
} from './variable';

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const YEAR = 366 * DAY;
const MIB = 1024 ** 2;

const ISSUER_VARIABLES = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'] as const;
/** As our own tokens name theirs. */
const OWN_ISSUER = 'keyturn';

const TEMPLATE_NAME = /^[A-Z][A-Z0-9_]{0,99}$/;

type SiblingVariables = Record<
  `${Uppercase<SiblingName>}_API_KEY` | `${Uppercase<SiblingName>}_BASE_URL`,
  Variable<string | undefined>
>;

const siblingVariables = Object.fromEntries(
  SIBLING_NAMES.flatMap((name) => [
    [`${name.toUpperCase()}_API_KEY`, bareText()],
    [`${name.toUpperCase()}_BASE_URL`, baseUrl()],
  ]),
) as SiblingVariables;

/** Every variable that the server reads. `.env.example` says what each means. */
export const VARIABLES = {
  NODE_ENV: oneOf('development', ['development', 'production', 'test']),
  PORT: wholeNumber(3000, { min: 0, max: 65_535 }),
  HOST: bareText('127.0.0.1'),
  DATA_DIR: bareText('.data'),
  DATABASE_URL: url('postgres', 'postgresql'),
  DATABASE_POOL_SIZE: wholeNumber(20, { min: 2, max: 1000 }),
  REDIS_URL: redisUrl(),

  OPENAI_API_KEY: bareText(),
  OPENAI_BASE_URL: baseUrl(),
  OPENAI_MODEL: bareText('gpt-4o-mini'),
  OPENAI_ORG: bareText(),
  OPENAI_PROJECT: bareText(),
  OPENAI_API_FAMILY: oneOf('responses', ['responses', 'chat']),
  ...siblingVariables,
  SIMULATOR: oneOf('auto', ['auto', 'on', 'off']),
  ALLOWED_MODELS: commaList(),
  ALLOWED_FIELDS: commaList([]),

  JWT_SECRET: text(),
  ACCESS_TOKEN_TTL: duration(DAY, YEAR),
  REFRESH_TOKEN_TTL: duration(30 * DAY, YEAR),
  AUTH_JWKS_URL: url('http', 'https'),
  AUTH_ISSUER: bareText(),
  AUTH_AUDIENCE: bareText(),
  ANONYMOUS_ACCESS: oneOf('off', ['off', 'proxy']),
  CORS_ORIGINS: origins(['http://localhost:5173', 'http://127.0.0.1:5173', 'http://localhost:3000']),
  TRUST_PROXY: wholeNumber(0, { min: 0, max: 16 }),
  BODY_LIMIT: byteSize(MIB),
  V1_BODY_LIMIT: byteSize(32 * MIB),
  BODIES_IN_MEMORY: byteSize(512 * MIB, 64 * 1024 * MIB),
  MAX_OUTPUT_TOKENS: wholeNumber(4096, { min: 16, max: 1_000_000 }),
  PROMPT_TEMPLATES: commaList([]),

  RATE_LIMIT_PER_MINUTE: wholeNumber(60, { min: 0, max: MOST_REQUESTS }),
  RATE_LIMIT_PER_HOUR: wholeNumber(0, { min: 0, max: MOST_REQUESTS }),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: wholeNumber(20, { min: 0, max: MOST_REQUESTS }),
  RATE_LIMIT_ANONYMOUS_PER_HOUR: wholeNumber(0, { min: 0, max: MOST_REQUESTS }),
  RATE_LIMIT_DOORS: doorLimits(),
  MAX_STREAMS_PER_USER: wholeNumber(8, { min: 0, max: 100_000 }),
  AUTH_ATTEMPTS_PER_MINUTE: wholeNumber(20, { min: 0, max: 1_000_000 }),

  DAILY_TOKEN_LIMIT: wholeNumber(0, { min: 0, max: 1_000_000_000_000_000 }),
  MONTHLY_COST_LIMIT_USD: usd(0),

  CACHE_TTL: durationOrNone(30 * DAY),

  HISTORY_TOKEN_LIMIT: wholeNumber(16_000, { min: 500, max: 10_000_000 }),
  AGENT_MAX_STEPS: wholeNumber(8, { min: 1, max: 100 }),
  TURN_TIMEOUT: duration(120 * SECOND),
  UPSTREAM_TIMEOUT: duration(600 * SECOND),
  UPSTREAM_IDLE_TIMEOUT: duration(180 * SECOND),

  LOG_LEVEL: oneOf('info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  LOG_PROMPTS: flag(false),
  METRICS_TOKEN: text(),
  SHUTDOWN_GRACE: duration(20 * SECOND),
  KEEP_ALIVE_TIMEOUT: duration(75 * SECOND),
} satisfies Record<string, Variable<unknown>>;

export type Environment = {
  [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name] extends Variable<infer T> ? T : never;
} & {
  /** The texts of the templates that PROMPT_TEMPLATES names. */
  promptTemplates: ReadonlyMap<string, string>;
};

/**
 * Reads the variables; each may also come as `NAME_FILE`, a path to a file that holds the value.
 * An empty variable or file counts as absent.
 * @throws StartupError that names every bad variable with its cure
 */
export function readEnvironment(source: NodeJS.ProcessEnv): Environment {
  const faults: string[] = [];
  const read = (name: string, variable: Variable<unknown>): unknown => {
    const value = rawValue(source, name, faults);
    if (value === undefined) return variable.fallback;
    const parsed = variable.parse(value);
    if (parsed === undefined) faults.push(`${name} must be ${variable.expects}`);
    return parsed;
  };
  const entries = Object.entries(VARIABLES).map(([name, variable]) => [name, read(name, variable)]);
  const variables = Object.fromEntries(entries) as Omit<Environment, 'promptTemplates'>;
  const promptTemplates = readTemplates(source, variables.PROMPT_TEMPLATES, faults);
  const environment: Environment = { ...variables, promptTemplates };
  const secretBytes = Buffer.byteLength(environment.JWT_SECRET ?? '');
  if (environment.NODE_ENV === 'production' && environment.JWT_SECRET !== undefined && secretBytes < 32) {
    faults.push('JWT_SECRET must have at least 32 bytes in production (`openssl rand -base64 48` makes one)');
  }
  faults.push(...faultsOfIssuer(environment), ...faultsOfBodyLimits(environment));
  if (faults.length > 0) throw new StartupError(`${faults.join('; ')}.`);
  return environment;
}

/** An issuer without its audience would have its tokens for others taken here. */
function faultsOfIssuer(environment: Pick<Environment, (typeof ISSUER_VARIABLES)[number]>): string[] {
  const missing = ISSUER_VARIABLES.filter((name) => environment[name] === undefined);
  const isPartial = missing.length > 0 && missing.length < ISSUER_VARIABLES.length;
  return [
    ...(isPartial
      ? [`${missing.join(' and ')} must be set too: an external issuer needs ${ISSUER_VARIABLES.join(', ')}`]
      : []),
    ...(environment.AUTH_ISSUER === OWN_ISSUER
      ? [`AUTH_ISSUER must be another than ${OWN_ISSUER}, our own name`]
      : []),
    ...(environment.AUTH_JWKS_URL !== undefined && new URL(environment.AUTH_JWKS_URL).username !== ''
      ? ['AUTH_JWKS_URL must name no user: public keys are there for everyone']
      : []),
  ];
}

/** A body that never fits would be refused for ever as one that comes at the wrong moment. */
function faultsOfBodyLimits({
  BODY_LIMIT,
  V1_BODY_LIMIT,
  BODIES_IN_MEMORY,
}: Pick<Environment, 'BODY_LIMIT' | 'V1_BODY_LIMIT' | 'BODIES_IN_MEMORY'>): string[] {
  const isEnough = BODIES_IN_MEMORY >= Math.max(BODY_LIMIT, V1_BODY_LIMIT);
  // A value that could not be read has its own fault.
  const isKnown = [BODY_LIMIT, V1_BODY_LIMIT, BODIES_IN_MEMORY].every((bytes) => bytes !== undefined);
  return isEnough || !isKnown ? [] : ['BODIES_IN_MEMORY must be at least BODY_LIMIT and V1_BODY_LIMIT'];
}

/** Only what the operator names is ever a template, and never one of the server's own variables. */
function readTemplates(
  source: NodeJS.ProcessEnv,
  names: readonly string[],
  faults: string[],
): ReadonlyMap<string, string> {
  const templates = new Map<string, string>();
  for (const name of names) {
    const isOwn = Object.hasOwn(VARIABLES, name.replace(/_FILE$/, ''));
    if (isOwn || !TEMPLATE_NAME.test(name)) {
      faults.push(`PROMPT_TEMPLATES must name variables of your own, in capitals, and ${name} is none`);
      continue;
    }
    const template = rawValue(source, name, faults);
    if (template === undefined) faults.push(`${name} must hold a template, for PROMPT_TEMPLATES names it`);
    else templates.set(name, template);
  }
  return templates;
}

function rawValue(source: NodeJS.ProcessEnv, name: string, faults: string[]): string | undefined {
  const direct = source[name]?.trim();
  if (direct !== undefined && direct !== '') return direct;
  const path = source[`${name}_FILE`]?.trim();
  if (path === undefined || path === '') return undefined;
  try {
    const content = readFileSync(path, 'utf8').trim();
    return content === '' ? undefined : content;
  } catch {
    faults.push(`${name}_FILE must be the path of a file this process can read`);
    return undefined;
  }
}
