import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../src/config/settings';
import { checkLocally } from '../src/doctor/local-checkup';
import { atOnce, bySubject, DOCTOR_KEY, DOCTOR_LIMITS, slowly, type Told } from './support/doctor';
import { createDatabase, type TestDatabase, urlOf } from './support/postgres';
import {
  chat,
  cut,
  echoingKey401,
  emptyAccount,
  hangBeforeHeaders,
  htmlInsteadOfJson,
  jsonAnswer,
  malformedJson,
  PLANTED,
  rateLimited,
  refusedBaseUrl,
  type Script,
  type ScriptedUpstream,
  serverErrorWithBody,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';

/** Uses the real models, on days set by the tests. */
jest.unmock('../src/models/catalogue.data');

const NOW = new Date('2026-11-21T12:00:00Z');
const MODELS = '/v1/models';
const CHAT = '/v1/chat/completions';

const modelsOf = (...models: object[]): Script => jsonAnswer({ object: 'list', data: models });
const models = modelsOf({ id: 'gpt-6-luna' });
const answer = streamAnswer(...chat.frames(['one', ' two']));
const emptyAccountInStream = streamAnswer(
  `data: ${JSON.stringify({ error: { code: 'insufficient_quota', message: PLANTED } })}\n\n`,
);

describe('The doctor of this machine', () => {
  let upstream: ScriptedUpstream;
  let folder: string;

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    folder = mkdtempSync(join(tmpdir(), 'keyturn-doctor-'));
  });
  afterEach(() => upstream.reset());
  afterAll(async () => {
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });

  const local = (
    environment: Record<string, string> = {},
    now = NOW,
    limits = DOCTOR_LIMITS,
  ): Promise<Told> => {
    const settings = readSettings({ DATA_DIR: join(folder, 'data'), ...environment }, folder);
    return bySubject(checkLocally({ settings, token: undefined, limits, now }));
  };
  const withKey = (over: Record<string, string> = {}) => ({
    OPENAI_API_KEY: DOCTOR_KEY,
    OPENAI_BASE_URL: upstream.baseUrl,
    OPENAI_MODEL: 'gpt-6-luna',
    ...over,
  });

  it('finds nothing wrong where nothing is set up, and makes nothing', async () => {
    const told = await local();
    expect(Object.values(told).map((finding) => finding?.state)).not.toContain('failed');
    expect(told['model']?.text).toContain('the simulator answers');
    expect(told['database']?.text).toContain('embedded Postgres');
    // The simulator's model never ends: it has no provider.
    expect(told['last day']).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(upstream.requests).toEqual([]);
  });

  it('finds nothing wrong with a key that works, by one call that is free and one that is short', async () => {
    upstream.play(MODELS, models);
    upstream.play(CHAT, slowly(chat.frames(['one', ' two']), 150));
    const told = await local(withKey());
    for (const subject of ['OpenAI key', 'default model', 'model stream', 'clock', 'last day']) {
      expect(told[subject]).toMatchObject({ state: 'ok' });
    }
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${MODELS}`,
      `POST ${CHAT}`,
    ]);
    expect(JSON.parse(upstream.requests[1]!.body.toString())).toMatchObject({
      model: 'gpt-6-luna',
      max_completion_tokens: 128,
      reasoning_effort: 'none',
    });
  });

  it.each<[string, Script | typeof echoingKey401, Script, string, string, RegExp]>([
    [
      'an empty account',
      models,
      emptyAccount,
      'default model',
      'account',
      /out of money \(insufficient_quota\): add credit/,
    ],
    [
      'one that is told in the stream',
      models,
      emptyAccountInStream,
      'default model',
      'account',
      /out of money/,
    ],
    [
      'a wrong key',
      echoingKey401,
      answer,
      'OpenAI key',
      'configuration',
      /does not accept the key in OPENAI_API_KEY/,
    ],
    ['a rate limit', models, rateLimited(1), 'default model', 'account', /rate limit/],
    ['a failing provider', models, serverErrorWithBody, 'default model', 'provider', /fails \(500/],
    ['a failing list', serverErrorWithBody, answer, 'OpenAI key', 'provider', /fails \(500/],
    [
      'a model that the key may not use',
      models,
      jsonAnswer({ error: { code: 'model_not_found', message: PLANTED } }, 404),
      'default model',
      'configuration',
      /no model gpt-6-luna/,
    ],
    [
      'a page in place of the API',
      htmlInsteadOfJson,
      answer,
      'OpenAI key',
      'configuration',
      /is no OpenAI API.*OPENAI_BASE_URL/,
    ],
    ['JSON that is broken', malformedJson, answer, 'OpenAI key', 'configuration', /is no OpenAI API/],
    ['a reply that breaks off', models, cut(chat), 'default model', 'network', /breaks off/],
  ])('tells whose matter %s is', async (_, onModels, onChat, subject, matter, text) => {
    upstream.play(MODELS, onModels);
    upstream.play(CHAT, onChat);
    const told = await local(withKey());
    expect(told[subject]).toMatchObject({ state: 'failed', matter, text: expect.stringMatching(text) });
  });

  it('waits no longer than it may for a provider that says nothing', async () => {
    upstream.play(MODELS, hangBeforeHeaders);
    upstream.play(CHAT, hangBeforeHeaders);
    const told = await local(withKey(), NOW, { answerMs: 100, replyMs: 100 });
    for (const subject of ['OpenAI key', 'default model']) {
      expect(told[subject]).toMatchObject({
        matter: 'network',
        text: expect.stringContaining('does not answer in time'),
      });
    }
    expect(told['clock']).toMatchObject({ state: 'skipped' });
  });

  it('tells of an address at which nobody listens', async () => {
    const told = await local(withKey({ OPENAI_BASE_URL: await refusedBaseUrl() }));
    expect(told['OpenAI key']).toMatchObject({
      matter: 'configuration',
      text: expect.stringMatching(
        /nothing listens at 127\.0\.0\.1:\d+: start it, or correct OPENAI_BASE_URL/,
      ),
    });
  });

  it('is content with a server that has no list of models', async () => {
    upstream.play(MODELS, jsonAnswer({ error: { message: 'no such page' } }, 404));
    upstream.play(CHAT, jsonAnswer(chat.whole('one')));
    const told = await local(withKey());
    expect(told['OpenAI key']).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('without a list'),
    });
    expect(told['default model']).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['behind', 90_000, /clock is (89|90|91) s behind the provider’s/],
    ['ahead', -90_000, /clock is (89|90|91) s ahead of the provider’s/],
  ])('finds a clock that is %s', async (_, aheadMs, text) => {
    upstream.play(MODELS, () =>
      jsonAnswer({ data: [{ id: 'gpt-6-luna' }] }, 200, {
        date: new Date(Date.now() + aheadMs).toUTCString(),
      }),
    );
    upstream.play(CHAT, answer);
    const { clock } = await local(withKey());
    expect(clock).toMatchObject({
      state: 'failed',
      matter: 'configuration',
      text: expect.stringMatching(text),
    });
  });

  it('warns of a provider’s stream that comes all at once', async () => {
    upstream.play(MODELS, models);
    upstream.play(CHAT, atOnce(chat.frames(['one', ' two']), 450));
    const told = await local(withKey());
    expect(told['model stream']).toMatchObject({ state: 'warning', matter: 'network' });
  });

  it('asks the successor of a default that has ended, and tells so', async () => {
    upstream.play(MODELS, models);
    upstream.play(CHAT, answer);
    const told = await local(withKey({ OPENAI_MODEL: 'gpt-4o' }), new Date('2027-02-01'));
    expect(told['default model']).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('gpt-6-luna answers'),
    });
    expect(told['last day']).toMatchObject({
      state: 'warning',
      text: expect.stringContaining('gpt-4o ended on'),
    });
  });

  it('believes the provider about the last day', async () => {
    upstream.play(MODELS, modelsOf({ id: 'gpt-6-luna', shutdown_date: '2026-12-24' }));
    upstream.play(CHAT, answer);
    expect((await local(withKey()))['last day']).toMatchObject({
      state: 'warning',
      text: expect.stringContaining('gpt-6-luna ends on 2026-12-24, in 33 days'),
    });
  });

  it('tries the key of each other provider', async () => {
    upstream.play(MODELS, modelsOf({ id: 'models/gemini-3.8-flash' }), echoingKey401);
    upstream.play(CHAT, answer);
    const told = await local({
      SIMULATOR: 'on',
      OPENAI_MODEL: 'gemini-3.8-flash',
      GEMINI_API_KEY: DOCTOR_KEY,
      GEMINI_BASE_URL: upstream.baseUrl,
      ANTHROPIC_API_KEY: DOCTOR_KEY,
      ANTHROPIC_BASE_URL: upstream.baseUrl,
    });
    expect(told['Gemini key']).toMatchObject({ state: 'ok' });
    expect(told['Anthropic key']).toMatchObject({
      state: 'failed',
      text: 'Anthropic does not accept the key in ANTHROPIC_API_KEY: put a valid one there.',
    });
    expect(told['default model']).toMatchObject({ state: 'ok' });
  });

  it.each([
    [
      'a default whose provider has no key',
      { OPENAI_MODEL: 'claude-sonnet-5-5' },
      'default model',
      /needs ANTHROPIC_API_KEY/,
    ],
    ['no provider at all', { SIMULATOR: 'off' }, 'model', /set OPENAI_API_KEY/],
  ])('finds %s', async (_, environment: Record<string, string>, subject, text) => {
    expect((await local(environment))[subject]).toMatchObject({
      state: 'failed',
      matter: 'configuration',
      text: expect.stringMatching(text),
    });
  });

  describe('with a database of the operator’s', () => {
    let database: TestDatabase;
    beforeAll(async () => (database = await createDatabase()));
    afterAll(() => database.drop());

    it('reads which migrations are to come, and runs none', async () => {
      expect((await local({ DATABASE_URL: database.url }))['database']).toMatchObject({
        state: 'ok',
        text: expect.stringMatching(/^Postgres \d+(\.\d+)?, schema up to date$/),
      });
      await database.query('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
      expect((await local({ DATABASE_URL: database.url }))['database']?.text).toMatch(
        /, 1 of \d+ migrations to come/,
      );
      expect((await local({ DATABASE_URL: urlOf('postgres') }))['database']?.text).toMatch(
        /, (\d+) of \1 migrations/,
      );
    });

    it('warns of a schema that is newer', async () => {
      await database.query(`INSERT INTO migrations (timestamp, name) VALUES (9, 'OfTheFuture9')`);
      expect((await local({ DATABASE_URL: database.url }))['database']).toMatchObject({
        state: 'warning',
        text: expect.stringContaining('newer Keyturn'),
      });
    });

    it.each([
      ['that is not there', (url: URL) => (url.pathname = '/none'), /does not exist: create it/],
      ['behind another password', (url: URL) => (url.password = PLANTED), /refused the user or password/],
    ])('tells the cure of one %s', async (_, change, text) => {
      const url = new URL(database.url);
      change(url);
      expect((await local({ DATABASE_URL: url.href }))['database']).toMatchObject({
        state: 'failed',
        matter: 'configuration',
        text: expect.stringMatching(text),
      });
    });
  });
});
