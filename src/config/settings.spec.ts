import { readSettings } from './settings';

describe('readSettings', () => {
  it.each([
    ['auto', 'development', undefined, 'simulator'],
    ['auto', 'test', undefined, 'simulator'],
    ['auto', 'production', undefined, 'not_configured'],
    ['auto', 'development', 'sk-1', 'openai'],
    ['auto', 'production', 'sk-1', 'openai'],
    ['off', 'development', undefined, 'not_configured'],
    ['off', 'production', 'sk-1', 'openai'],
    ['on', 'development', 'sk-1', 'simulator'],
    ['on', 'production', undefined, 'simulator'],
    [undefined, undefined, '', 'simulator'],
  ])('SIMULATOR=%s in %s with the key %p: %s answers', (SIMULATOR, NODE_ENV, OPENAI_API_KEY, upstream) => {
    expect(readSettings({ SIMULATOR, NODE_ENV, OPENAI_API_KEY }, '/app').upstream).toBe(upstream);
  });

  it.each([
    [undefined, '/app/.data'],
    ['var/keyturn', '/app/var/keyturn'],
    ['/srv/keyturn', '/srv/keyturn'],
  ])('DATA_DIR=%s is the folder %s', (DATA_DIR, expected) => {
    expect(readSettings({ DATA_DIR }, '/app').dataDirectory).toBe(expected);
  });

  it('puts each variable in its place', () => {
    const settings = readSettings(
      {
        NODE_ENV: 'production',
        PORT: '81',
        HOST: '0.0.0.0',
        DATABASE_URL: 'postgres://h/db',
        DATABASE_POOL_SIZE: '5',
        OPENAI_API_KEY: 'sk-1',
        OPENAI_BASE_URL: 'http://h/v1',
        OPENAI_MODEL: 'gpt-4o',
        OPENAI_ORG: 'org-1',
        OPENAI_PROJECT: 'proj_1',
        OPENAI_API_FAMILY: 'chat',
        GEMINI_API_KEY: 'g-1',
        GEMINI_BASE_URL: 'http://g/v1',
        ALLOWED_MODELS: 'gpt-4o,gpt-5',
        ANONYMOUS_ACCESS: 'proxy',
        PROMPT_TEMPLATES: 'GREETING',
        GREETING: 'Say hello.',
        RATE_LIMIT_ANONYMOUS_PER_MINUTE: '7',
        JWT_SECRET: 'x'.repeat(32),
        ACCESS_TOKEN_TTL: '1h',
        REFRESH_TOKEN_TTL: '2d',
        CORS_ORIGINS: 'https://a.example',
        TRUST_PROXY: '2',
        BODY_LIMIT: '2kb',
        MAX_OUTPUT_TOKENS: '17',
        RATE_LIMIT_PER_MINUTE: '3',
        MAX_STREAMS_PER_USER: '4',
        AUTH_ATTEMPTS_PER_MINUTE: '6',
        HISTORY_TOKEN_LIMIT: '700',
        AGENT_MAX_STEPS: '9',
        TURN_TIMEOUT: '11s',
        UPSTREAM_TIMEOUT: '12s',
        LOG_LEVEL: 'debug',
        LOG_PROMPTS: 'true',
        METRICS_TOKEN: 'm',
        SHUTDOWN_GRACE: '13s',
      },
      '/app',
    );
    expect(settings).toEqual({
      isAnonymousAllowed: true,
      openaiApiFamily: 'chat',
      siblings: { gemini: { apiKey: 'g-1', baseUrl: 'http://g/v1' } },
      promptTemplates: new Map([['GREETING', 'Say hello.']]),
      port: 81,
      host: '0.0.0.0',
      dataDirectory: '/app/.data',
      database: { url: 'postgres://h/db', poolSize: 5 },
      openai: { apiKey: 'sk-1', baseUrl: 'http://h/v1', organization: 'org-1', project: 'proj_1' },
      upstream: 'openai',
      defaultModel: 'gpt-4o',
      allowedModels: ['gpt-4o', 'gpt-5'],
      auth: { jwtSecret: 'x'.repeat(32), accessTokenTtlMs: 3_600_000, refreshTokenTtlMs: 172_800_000 },
      corsOrigins: ['https://a.example'],
      trustedProxyHops: 2,
      bodyLimitBytes: 2048,
      maxOutputTokens: 17,
      limits: {
        requestsPerMinute: 3,
        anonymousRequestsPerMinute: 7,
        streamsPerUser: 4,
        authAttemptsPerMinute: 6,
      },
      agent: { historyTokenLimit: 700, maxSteps: 9, turnTimeoutMs: 11_000 },
      upstreamTimeoutMs: 12_000,
      logLevel: 'debug',
      isPromptLogged: true,
      metricsToken: 'm',
      shutdownGraceMs: 13_000,
    });
  });
});
