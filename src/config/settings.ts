import { isAbsolute, join } from 'node:path';
import { type Environment, readEnvironment } from './environment';
import type { DoorLimits } from './limit-variables';
import { SIBLING_NAMES, SIBLING_PROVIDERS, type SiblingName } from './providers';

/** What the whole server is set to, read once at start. Durations in milliseconds, sizes in bytes. */
export abstract class Settings {
  abstract readonly port: number;
  abstract readonly host: string;
  abstract readonly dataDirectory: string;
  abstract readonly database: { readonly url: string | undefined; readonly poolSize: number };
  /** What instances count their limits in together. undefined: each counts its own, in memory. */
  abstract readonly redisUrl: string | undefined;
  abstract readonly openai: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string | undefined;
    readonly organization: string | undefined;
    readonly project: string | undefined;
  };
  /** Which of OpenAI's two APIs `/api/chat-openai` calls. */
  abstract readonly openaiApiFamily: 'responses' | 'chat';
  /** The providers beside OpenAI whose key is set. */
  abstract readonly siblings: Readonly<Partial<Record<SiblingName, { apiKey: string; baseUrl: string }>>>;
  abstract readonly upstream: Upstream;
  abstract readonly defaultModel: string;
  /** undefined: every model of the catalogue. */
  abstract readonly allowedModels: readonly string[] | undefined;
  /** Fields that requests under `/v1` may have beside those of the API, where others are refused. */
  abstract readonly allowedFields: readonly string[];
  abstract readonly auth: {
    /** undefined: one is made and kept in the data directory. */
    readonly jwtSecret: string | undefined;
    readonly accessTokenTtlMs: number;
    readonly refreshTokenTtlMs: number;
    /** Whose tokens are good here beside our own. */
    readonly externalIssuer:
      { readonly jwksUrl: string; readonly issuer: string; readonly audience: string } | undefined;
  };
  /** Whether the stateless doors are open to callers without a token. */
  abstract readonly isAnonymousAllowed: boolean;
  abstract readonly corsOrigins: readonly string[];
  abstract readonly trustedProxyHops: number;
  abstract readonly bodies: {
    readonly maxBytes: number;
    /** Of one body under `/v1`. */
    readonly maxV1Bytes: number;
    /** Of all together. */
    readonly maxBytesInMemory: number;
  };
  abstract readonly maxOutputTokens: number;
  /** The socket door's system prompts by name. */
  abstract readonly promptTemplates: ReadonlyMap<string, string>;
  /** 0 means no limit. */
  abstract readonly limits: {
    readonly requestsPerMinute: number;
    readonly requestsPerHour: number;
    /** Of an address without a token. */
    readonly anonymousRequestsPerMinute: number;
    readonly anonymousRequestsPerHour: number;
    /** Beside those, which are over all doors. */
    readonly doors: DoorLimits;
    readonly streamsPerUser: number;
    readonly authAttemptsPerMinute: number;
  };
  /** Of every user and address that has none of its own. 0 means none. */
  abstract readonly quotas: { readonly tokensADay: number; readonly costAMonthMicroUsd: number };
  /** How long answers that are the same each time are kept. 0: not at all. */
  abstract readonly cacheTtlMs: number;
  abstract readonly agent: {
    readonly historyTokenLimit: number;
    readonly maxSteps: number;
    readonly turnTimeoutMs: number;
  };
  /** The longest wait for the headers of an answer that comes in one piece. */
  abstract readonly upstreamTimeoutMs: number;
  /** The longest wait for the headers of a stream, and for each next byte of any answer. */
  abstract readonly upstreamIdleTimeoutMs: number;
  abstract readonly logLevel: Environment['LOG_LEVEL'];
  abstract readonly isPromptLogged: boolean;
  abstract readonly metricsToken: string | undefined;
  abstract readonly shutdownGraceMs: number;
  /** How long a connection stays open without a request. */
  abstract readonly keepAliveTimeoutMs: number;
}

/** Who answers model calls: the provider, the simulator beside the app, or nobody. */
export type Upstream = 'openai' | 'simulator' | 'not_configured';

function chooseUpstream(environment: Environment): Upstream {
  if (environment.SIMULATOR === 'on') return 'simulator';
  if (environment.OPENAI_API_KEY !== undefined) return 'openai';
  const isAutomatic = environment.SIMULATOR === 'auto' && environment.NODE_ENV !== 'production';
  return isAutomatic ? 'simulator' : 'not_configured';
}

function readSiblings(environment: Environment): Settings['siblings'] {
  const siblings: Partial<Record<SiblingName, { apiKey: string; baseUrl: string }>> = {};
  for (const name of SIBLING_NAMES) {
    const prefix = name.toUpperCase() as Uppercase<SiblingName>;
    const apiKey = environment[`${prefix}_API_KEY`];
    const baseUrl = environment[`${prefix}_BASE_URL`] ?? SIBLING_PROVIDERS[name].baseUrl;
    if (apiKey !== undefined) siblings[name] = { apiKey, baseUrl };
  }
  return siblings;
}

/** All three are set, or none: `readEnvironment` sees to it. */
function readExternalIssuer(environment: Environment): Settings['auth']['externalIssuer'] {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = environment;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return { jwksUrl, issuer, audience };
}

/**
 * @param projectDirectory what a relative DATA_DIR starts from
 * @throws StartupError that names every bad variable with its cure
 */
export function readSettings(source: NodeJS.ProcessEnv, projectDirectory: string): Settings {
  const environment = readEnvironment(source);
  const { DATA_DIR } = environment;
  return {
    port: environment.PORT,
    host: environment.HOST,
    dataDirectory: isAbsolute(DATA_DIR) ? DATA_DIR : join(projectDirectory, DATA_DIR),
    database: { url: environment.DATABASE_URL, poolSize: environment.DATABASE_POOL_SIZE },
    redisUrl: environment.REDIS_URL,
    openai: {
      apiKey: environment.OPENAI_API_KEY,
      baseUrl: environment.OPENAI_BASE_URL,
      organization: environment.OPENAI_ORG,
      project: environment.OPENAI_PROJECT,
    },
    openaiApiFamily: environment.OPENAI_API_FAMILY,
    siblings: readSiblings(environment),
    upstream: chooseUpstream(environment),
    defaultModel: environment.OPENAI_MODEL,
    allowedModels: environment.ALLOWED_MODELS,
    allowedFields: environment.ALLOWED_FIELDS,
    auth: {
      jwtSecret: environment.JWT_SECRET,
      accessTokenTtlMs: environment.ACCESS_TOKEN_TTL,
      refreshTokenTtlMs: environment.REFRESH_TOKEN_TTL,
      externalIssuer: readExternalIssuer(environment),
    },
    isAnonymousAllowed: environment.ANONYMOUS_ACCESS === 'proxy',
    corsOrigins: environment.CORS_ORIGINS,
    trustedProxyHops: environment.TRUST_PROXY,
    bodies: {
      maxBytes: environment.BODY_LIMIT,
      maxV1Bytes: environment.V1_BODY_LIMIT,
      maxBytesInMemory: environment.BODIES_IN_MEMORY,
    },
    maxOutputTokens: environment.MAX_OUTPUT_TOKENS,
    promptTemplates: environment.promptTemplates,
    limits: {
      requestsPerMinute: environment.RATE_LIMIT_PER_MINUTE,
      requestsPerHour: environment.RATE_LIMIT_PER_HOUR,
      anonymousRequestsPerMinute: environment.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
      anonymousRequestsPerHour: environment.RATE_LIMIT_ANONYMOUS_PER_HOUR,
      doors: environment.RATE_LIMIT_DOORS,
      streamsPerUser: environment.MAX_STREAMS_PER_USER,
      authAttemptsPerMinute: environment.AUTH_ATTEMPTS_PER_MINUTE,
    },
    quotas: {
      tokensADay: environment.DAILY_TOKEN_LIMIT,
      costAMonthMicroUsd: environment.MONTHLY_COST_LIMIT_USD,
    },
    cacheTtlMs: environment.CACHE_TTL,
    agent: {
      historyTokenLimit: environment.HISTORY_TOKEN_LIMIT,
      maxSteps: environment.AGENT_MAX_STEPS,
      turnTimeoutMs: environment.TURN_TIMEOUT,
    },
    upstreamTimeoutMs: environment.UPSTREAM_TIMEOUT,
    upstreamIdleTimeoutMs: environment.UPSTREAM_IDLE_TIMEOUT,
    logLevel: environment.LOG_LEVEL,
    isPromptLogged: environment.LOG_PROMPTS,
    metricsToken: environment.METRICS_TOKEN,
    shutdownGraceMs: environment.SHUTDOWN_GRACE,
    keepAliveTimeoutMs: environment.KEEP_ALIVE_TIMEOUT,
  };
}
