import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestApp, type TestApp } from './support/app';
import { api, signUp } from './support/clients';
import { FIXED_PROVIDER_KEY, startFixedProvider } from './support/fixed-provider';
import type { ScriptedUpstream } from './support/scripted-upstream';
import { installedVersions, lockedVersions, runCase, type StepFaults } from './support/third-party';

const OPENAI_STEPS = [
  'plain call',
  'stream',
  'usage as counted',
  'tools',
  'structured output',
  'responses',
  'embeddings',
  'models',
  'files',
  'typed errors',
  'retry',
  'abort',
  'error in mid-stream',
  'large picture',
  'silent provider',
  'dated model name',
  'key in api-key',
  'completions',
  'moderations',
  'images',
  'speech',
  'transcriptions',
  'compact and input tokens',
];
const AI_SDK_STEPS = [
  'plain call',
  'stream',
  'usage as counted',
  'tools',
  'structured output',
  'embeddings',
  'error in mid-stream',
  'typed errors',
];
const LANGCHAIN_STEPS = [...AI_SDK_STEPS, 'batch'];

/** Each row is a folder of test/third-party/clients, and the steps that its case.mjs must pass. */
const CLIENTS: readonly (readonly [client: string, steps: readonly string[]])[] = [
  ['openai-4', OPENAI_STEPS],
  ['openai-5', OPENAI_STEPS],
  ['openai-6', OPENAI_STEPS],
  ['openai-7', OPENAI_STEPS],
  ['ai-sdk-5', AI_SDK_STEPS],
  ['ai-sdk-6', AI_SDK_STEPS],
  ['langchain-0.3', LANGCHAIN_STEPS],
  ['langchain-1', LANGCHAIN_STEPS],
  [
    'llamaindex',
    [
      'plain call',
      'stream',
      'usage as counted',
      'tools',
      'responses',
      'embeddings',
      'error in mid-stream',
      'typed errors',
    ],
  ],
  ['instructor', ['TOOLS', 'JSON', 'JSON_SCHEMA', 'FUNCTIONS', 'stream', 'typed errors']],
  ['mastra', ['plain call', 'stream', 'usage as counted', 'tools', 'structured output', 'typed errors']],
  ['genkit', AI_SDK_STEPS.filter((step) => step !== 'error in mid-stream')],
];

/** The models that the cases request by name. */
const ASKED_MODELS = [
  'gpt-4o-mini',
  'gpt-3.5-turbo-instruct',
  'gpt-4o-mini-tts',
  'gpt-image-2.6-flare',
  'omni-moderation-latest',
  'text-embedding-3-small',
  'whisper-1',
].join();

const CASES_AT_ONCE = 2;
const ALL_CASES_DEADLINE_MS = 180_000;

describe('Real clients', () => {
  let fixedProvider: ScriptedUpstream;
  let app: TestApp;
  let fixedApp: TestApp;
  const faults = new Map<string, StepFaults>();
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    fixedProvider = await startFixedProvider();
    const limits = { RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' };
    app = await createTestApp(limits);
    const provider = {
      OPENAI_BASE_URL: fixedProvider.baseUrl,
      OPENAI_API_KEY: FIXED_PROVIDER_KEY,
      UPSTREAM_TIMEOUT: '2s',
      ALLOWED_MODELS: ASKED_MODELS,
    };
    fixedApp = await createTestApp({ ...limits, ...provider }, { database: app.database });
    // The first user is the admin, to whom other rules apply.
    await signUp(app.url);
    for (const [client] of CLIENTS) tokens.set(client, (await signUp(app.url)).token);
    const waiting = CLIENTS.map(([client]) => client);
    const runWaiting = async (): Promise<void> => {
      for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
        faults.set(
          client,
          await runCase(client, {
            KEYTURN_URL: app.url,
            KEYTURN_FIXED_URL: fixedApp.url,
            KEYTURN_TOKEN: tokens.get(client)!,
          }).catch((error: unknown) => new Map([['start', String(error)]])),
        );
      }
    };
    await Promise.all(Array.from({ length: CASES_AT_ONCE }, runWaiting));
  }, ALL_CASES_DEADLINE_MS);
  afterAll(async () => {
    await fixedApp?.stop();
    await app?.stop();
    await fixedProvider?.stop();
  });

  describe.each(CLIENTS)('%s', (client, steps) => {
    it('is installed in the version of the lock file', () => {
      expect(installedVersions(client)).toEqual(lockedVersions(client));
    });

    it('starts, and goes through the steps of its row', () => {
      expect(faults.get(client)!.get('start')).toBeUndefined();
      expect([...faults.get(client)!.keys()].sort()).toEqual([...steps].sort());
    });

    it.each(steps)('does: %s', (step) => {
      expect(faults.get(client)!.get(step)).toBeNull();
    });

    it('is metered', async () => {
      const { body } = await api(app.url, tokens.get(client)).get('/api/usage');
      expect(body.total.calls).toBeGreaterThan(1);
      expect(body.total.output_tokens).toBeGreaterThan(0);
    });
  });
});

describe('docs/clients.md', () => {
  const page = readFileSync(join(__dirname, '..', 'docs', 'clients.md'), 'utf8');

  it.each(CLIENTS.map(([client]) => client))('names the versions of %s that the lock file has', (client) => {
    const row = page.split('\n').find((line) => line.startsWith(`| [${client}](`));
    const versions = row?.split('|')[2]!.match(/(?<=`)[^` ]+ [^`]+(?=`)/g);
    // zod is the cases' schema library, not a client.
    const locked = [...lockedVersions(client)].filter(([name]) => name !== 'zod');
    expect(versions).toEqual(locked.map(([name, version]) => `${name} ${version}`));
  });

  it('has a row for each folder of test/third-party/clients, and so has the suite', () => {
    const folders = readdirSync(join(__dirname, 'third-party', 'clients')).sort();
    expect([...page.matchAll(/^\| \[([\w.-]+)\]\(/gm)].map(([, client]) => client).sort()).toEqual(folders);
    expect(CLIENTS.map(([client]) => client).sort()).toEqual(folders);
  });
});
