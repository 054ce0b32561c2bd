import { CallSweeper } from '../src/models/call-sweeper';
import type { QuotaKind } from '../src/usage/quota-limits';
import { createTestApp, type TestApp, type TestAppOptions } from './support/app';
import { type Answer, api, openStream, signUp, until } from './support/clients';
import { DatabaseClock } from './support/database-clock';
import { createDatabase, type TestDatabase, withClient } from './support/postgres';
import {
  chat,
  chatCompletion,
  type Dialect,
  gate,
  jsonAnswer,
  responses,
  type Script,
  type ScriptedUpstream,
  STREAM_HEAD,
  startScriptedUpstream,
} from './support/scripted-upstream';
import { createDatabaseOn, endPretending, noonOf, pretendTime } from './support/time';

const OUTPUT = 100;
const MESSAGES = [{ role: 'user', content: 'hi' }];
const BODY = { messages: MESSAGES, max_tokens: OUTPUT };
/** Upper bound: each byte sent to the provider could be a token. */
const WORST = Buffer.byteLength(JSON.stringify({ ...BODY, model: 'gpt-4o-mini' })) + OUTPUT;
/** The total usage in `chatCompletion`. */
const USED = 21 + 7;

interface Window {
  kind: QuotaKind;
  starts_on: string;
  used: number;
  reserved: number;
}

/** In the past, see `createDatabaseOn`: no budget window ends while these tests run. */
const TODAY = '2026-11-21';

/** Instances on one database, a provider that the test scripts, and users with limits. */
class Setting {
  private constructor(
    readonly instances: TestApp[],
    readonly upstream: ScriptedUpstream,
    private readonly ownDatabase: TestDatabase | undefined,
  ) {}

  static async start(
    environment: Record<string, string> = {},
    { count = 1, ...options }: TestAppOptions & { count?: number } = {},
  ): Promise<Setting> {
    const upstream = await startScriptedUpstream();
    const all = {
      OPENAI_BASE_URL: upstream.baseUrl,
      RATE_LIMIT_PER_MINUTE: '0',
      RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
      MAX_STREAMS_PER_USER: '0',
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      UPSTREAM_TIMEOUT: '1s',
      UPSTREAM_IDLE_TIMEOUT: '1s',
      ...environment,
    };
    const ownDatabase = options.database ? undefined : await createDatabaseOn(TODAY);
    const first = await createTestApp(all, { database: ownDatabase, ...options });
    const instances = [first];
    while (instances.length < count) {
      instances.push(await createTestApp(all, { database: first.database }));
    }
    return new Setting(instances, upstream, ownDatabase);
  }

  get app(): TestApp {
    return this.instances[0]!;
  }

  async user(limits: Partial<Record<QuotaKind, number>> = {}, over = {}) {
    const { token, user } = await signUp(this.app.url, over);
    for (const [kind, amount] of Object.entries(limits)) await this.limit(user.id, kind as QuotaKind, amount);
    return { ...api(this.app.url, token), token, id: user.id };
  }

  async limit(subject: string, kind: QuotaKind, amount: number): Promise<void> {
    await this.app.database.query(
      `INSERT INTO quota_limits VALUES ($1, $2, $3) ON CONFLICT (subject, kind) DO UPDATE SET amount = excluded.amount`,
      [subject, kind, amount],
    );
  }

  play(first: Script, ...then: Script[]): void {
    this.upstream.play(chat.path, first, ...then);
  }

  /** The windows of a user or key, once none of its calls is open. */
  async windows(subject: string): Promise<Window[]> {
    await until(async () => (await this.openCalls()) === 0);
    return this.app.database.query<Window>(
      `SELECT kind, starts_on::text, used::int, reserved::int FROM quota_windows WHERE subject = $1 ORDER BY kind DESC, starts_on`,
      [subject],
    );
  }

  async tokensADay(subject: string): Promise<Pick<Window, 'used' | 'reserved'> | undefined> {
    const windows = await this.windows(subject);
    const window = windows.find(({ kind }) => kind === 'tokens_a_day');
    return window && { used: window.used, reserved: window.reserved };
  }

  /** Creates the rows of today's windows, as a first request does. */
  async begin(subject: string): Promise<void> {
    await this.app.database.query(
      `INSERT INTO quota_windows (subject, kind, starts_on) VALUES ($1, 'tokens_a_day', (now() AT TIME ZONE 'UTC')::date)`,
      [subject],
    );
  }

  /** The number of statements that wait for another's lock. */
  async waiting(): Promise<number> {
    const rows = await this.app.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length;
  }

  async openCalls(): Promise<number> {
    const rows = await this.app.database.query('SELECT FROM upstream_calls WHERE settled_at IS NULL');
    return rows.length;
  }

  async stop(): Promise<void> {
    for (const instance of this.instances.toReversed()) await instance.stop();
    await this.upstream.stop();
    await this.ownDatabase?.drop();
  }
}

function expectQuotaExceeded(answer: Answer, about: RegExp = /daily token limit/): void {
  expect(answer).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
  expect(answer.body.error).toMatch(about);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

describe('A budget', () => {
  describe('on three instances', () => {
    let setting: Setting;
    beforeAll(async () => {
      setting = await Setting.start({}, { count: 3 });
    });
    afterEach(() => setting.upstream.reset());
    afterAll(() => setting.stop());

    it.each([
      ['tokens_a_day', 10 * WORST],
      // gpt-4o-mini: $0.15 a million input tokens, $0.60 output; each call is rounded up.
      ['cost_a_month', 10 * Math.ceil((WORST - OUTPUT) * 0.15 + OUTPUT * 0.6)],
    ] as const)('of %s for ten requests lets exactly ten of fifty at once through', async (kind, amount) => {
      const { token, id } = await setting.user({ [kind]: amount });
      const all = gate();
      const completion = chatCompletion();
      setting.play([{ wait: all.opened }, ...jsonAnswer(completion)]);
      const asked = Array.from({ length: 50 }, (_, index) =>
        api(setting.instances[index % 3]!.url, token).post('/api/chat', BODY),
      );
      const refusals = asked.map((answer) => answer.then(({ status }) => status === 429 && status));
      let refused = 0;
      for (const refusal of refusals) void refusal.then((status) => (refused += status === 429 ? 1 : 0));
      await until(() => refused === 40 && setting.upstream.requests.length >= 10);
      expect(setting.upstream.requests).toHaveLength(10);
      all.open();
      const answers = await Promise.all(asked);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
      expect(setting.upstream.requests).toHaveLength(10);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expectQuotaExceeded(answer, kind === 'tokens_a_day' ? /daily token limit/ : /monthly spending limit/);
      }
      const windows = await setting.windows(id);
      expect(windows.map(({ reserved }) => reserved)).toEqual([0, 0]);
      expect(windows[0]).toMatchObject({ kind: 'tokens_a_day', used: 10 * USED });
    });

    it('is looked at by one instance after the other', async () => {
      const { token, id } = await setting.user({ tokens_a_day: WORST });
      setting.play(jsonAnswer(chatCompletion()));
      await setting.begin(id);
      let asked: Promise<Answer>[] = [];
      await withClient(setting.app.database.url, async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT FROM quota_windows WHERE subject = $1 FOR UPDATE', [id]);
        asked = setting.instances.map(({ url }) => api(url, token).post('/api/chat', BODY));
        await until(async () => (await setting.waiting()) === 3);
        await client.query('COMMIT');
      });
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429]);
      expect(setting.upstream.requests).toHaveLength(1);
    });

    it('is shared by a person’s turns and completions', async () => {
      const { token, id } = await setting.user({ tokens_a_day: 3 * WORST });
      const all = gate();
      setting.play([{ wait: all.opened }, ...jsonAnswer(chatCompletion())]);
      const asked = [0, 1, 2].map((index) =>
        api(setting.instances[index]!.url, token).post('/api/chat', BODY),
      );
      await until(() => setting.upstream.requests.length === 3);
      const turn = await api(setting.app.url, token).post('/api/chat', { message: 'Say hello' });
      expectQuotaExceeded(turn);
      all.open();
      await Promise.all(asked);
      expect(await setting.tokensADay(id)).toEqual({ used: 3 * USED, reserved: 0 });
    });

    it('that is raised or lifted holds at once', async () => {
      const user = await setting.user({ tokens_a_day: 10 });
      setting.play(jsonAnswer(chatCompletion()));
      expectQuotaExceeded(await user.post('/api/chat', BODY));
      await setting.limit(user.id, 'tokens_a_day', WORST);
      expect((await user.post('/api/chat', BODY)).status).toBe(200);
      expectQuotaExceeded(await user.post('/api/chat', BODY));
      await setting.limit(user.id, 'tokens_a_day', 0);
      expect((await user.post('/api/chat', BODY)).status).toBe(200);
      expect(await setting.tokensADay(user.id)).toEqual({ used: 2 * USED, reserved: 0 });
    });

    it('counts what was used before there was a limit', async () => {
      const user = await setting.user();
      setting.play(jsonAnswer(chatCompletion()));
      await user.post('/api/chat', BODY);
      await setting.tokensADay(user.id);
      await setting.limit(user.id, 'tokens_a_day', USED + WORST - 1);
      expectQuotaExceeded(await user.post('/api/chat', BODY));
      await setting.limit(user.id, 'tokens_a_day', USED + WORST);
      expect((await user.post('/api/chat', BODY)).status).toBe(200);
    });

    it('is not kept from small requests by a large one beside them', async () => {
      const user = await setting.user({ tokens_a_day: 4 * WORST });
      setting.play(jsonAnswer(chatCompletion()));
      const large = { ...BODY, max_tokens: 4000 };
      const bodies = [BODY, large, BODY, large, BODY];
      const answers = await Promise.all(bodies.map((body) => user.post('/api/chat', body)));
      expect(answers.map(({ status }) => status)).toEqual([200, 429, 200, 429, 200]);
    });

    it('ends where the server’s default says, and where the user’s own does', async () => {
      const own = await Setting.start({ DAILY_TOKEN_LIMIT: String(WORST), ANONYMOUS_ACCESS: 'proxy' });
      try {
        own.play(jsonAnswer(chatCompletion()));
        const [usual, special] = [await own.user(), await own.user({ tokens_a_day: 2 * WORST })];
        expect((await usual.post('/api/chat', BODY)).status).toBe(200);
        expectQuotaExceeded(await usual.post('/api/chat', BODY));
        expect((await special.post('/api/chat', BODY)).status).toBe(200);
        expect((await special.post('/api/chat', BODY)).status).toBe(200);
        // A caller without a token has the same limit, counted by address.
        const nobody = api(own.app.url);
        expect((await nobody.post('/api/chat', BODY)).status).toBe(200);
        expectQuotaExceeded(await nobody.post('/api/chat', BODY));
      } finally {
        await own.stop();
      }
    });
  });

  describe('gives back what was reserved', () => {
    let setting: Setting;
    beforeAll(async () => {
      setting = await Setting.start();
    });
    afterEach(() => setting.upstream.reset());
    afterAll(() => setting.stop());

    const failure = (status: number): Script => jsonAnswer({ error: { message: 'no' } }, status);

    it.each<[string, [Script, ...Script[]], number]>([
      ['when the provider refuses', [failure(400)], 400],
      ['when it fails, for every attempt', [failure(500)], 502],
      ['when it fails and then answers', [failure(503), jsonAnswer(chatCompletion())], 200],
      ['when it is out of money', [jsonAnswer({ error: { code: 'insufficient_quota' } }, 429)], 503],
      ['when it does not answer in time', [[{ hang: true }]], 504],
      ['when it breaks off', [[{ status: 200 }, { bytes: '{"cho' }, { cut: true }]], 502],
      ['when it says nonsense', [jsonAnswer({ nonsense: true })], 502],
    ])('%s', async (_, scripts, status) => {
      const user = await setting.user({ tokens_a_day: 4 * WORST });
      setting.play(...scripts);
      expect((await user.post('/api/chat', BODY)).status).toBe(status);
      expect(await setting.tokensADay(user.id)).toMatchObject({ reserved: 0 });
    });

    it.each([
      ['/api/chat', chat.path, {}],
      ['/api/chat/stream', chat.path, {}],
      ['/v1/chat/completions', chat.path, { model: 'gpt-4o-mini', stream: true }],
      ['/v1/chat/completions', chat.path, { model: 'gpt-4o-mini' }],
    ])('when the client leaves %s', async (path, upstreamPath, over) => {
      const user = await setting.user({ tokens_a_day: 4 * WORST });
      setting.upstream.play(upstreamPath, [{ hang: true }]);
      const abort = new AbortController();
      const left = fetch(setting.app.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...BODY, ...over }),
        signal: abort.signal,
      }).catch(() => undefined);
      await until(() => setting.upstream.requests.length === 1);
      const rows = await setting.app.database.query<{ reserved: number }>(
        `SELECT reserved::int FROM quota_windows WHERE subject = $1 AND kind = 'tokens_a_day'`,
        [user.id],
      );
      expect(rows[0]!.reserved).toBeGreaterThan(OUTPUT);
      abort.abort();
      await left;
      expect(await setting.tokensADay(user.id)).toMatchObject({ reserved: 0 });
    });

    it('of an answer that nobody waited for, which has cost what can be written in that time', async () => {
      const user = await setting.user();
      setting.play([{ hang: true }]);
      const abort = new AbortController();
      const left = fetch(`${setting.app.url}/api/chat`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(BODY),
        signal: abort.signal,
      }).catch(() => undefined);
      await until(() => setting.upstream.requests.length === 1);
      abort.abort();
      await left;
      await setting.windows(user.id);
      expect(
        await setting.app.database.query(
          'SELECT is_estimated, output_tokens::int AS output FROM usage_ledger WHERE user_id = $1',
          [user.id],
        ),
      ).toEqual([{ is_estimated: true, output: expect.any(Number) }]);
    });

    it('of a request that was hung up on before its cost came, which is what it may have pointed to', async () => {
      const user = await setting.user({ tokens_a_day: 1_000_000 });
      const picture = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
      const frames = chat.frames(['A cat', '.']);
      setting.play([STREAM_HEAD, { bytes: frames.slice(0, 2).join('') }, { hang: true }]);
      const stream = await openStream(setting.app.url, user.token, '/api/chat/stream', {
        messages: [{ role: 'user', content: [picture] }],
        max_tokens: OUTPUT,
      });
      await stream.blocks.next();
      stream.leave();
      const { used, reserved } = (await setting.tokensADay(user.id))!;
      expect(reserved).toBe(0);
      expect(used).toBeGreaterThan(128_000);
    });

    it('of a question that a model thought about for too long, by what it can have thought', async () => {
      const user = await setting.user({ tokens_a_day: 1_000_000 });
      setting.play([{ hang: true }]);
      expect((await user.post('/api/chat', { ...BODY, model: 'gpt-5-nano' })).status).toBe(504);
      const { used, reserved } = (await setting.tokensADay(user.id))!;
      expect(reserved).toBe(0);
      expect(used).toBeGreaterThan(OUTPUT);
    });

    it('when its instance is killed, by whoever sweeps', async () => {
      const user = await setting.user({ tokens_a_day: 4 * WORST });
      setting.play([{ hang: true }]);
      const answer = user.post('/api/chat', BODY);
      await until(() => setting.upstream.requests.length === 1);
      await setting.app.database.query(
        'UPDATE upstream_calls SET instance_id = gen_random_uuid() WHERE settled_at IS NULL',
      );
      await setting.app.app.get(CallSweeper, { strict: false }).sweep();
      expect(await setting.tokensADay(user.id)).toMatchObject({ reserved: 0 });
      await answer;
      const [booked] = await setting.app.database.query<{ count: number }>(
        'SELECT count(*)::int FROM usage_ledger WHERE user_id = $1',
        [user.id],
      );
      expect(booked!.count).toBe(1);
      const { used, reserved } = (await setting.tokensADay(user.id))!;
      expect(reserved).toBe(0);
      // The size of the answer that was written is unknown.
      expect(used).toBeGreaterThan(OUTPUT);
    });
  });

  describe('of a price that is not known', () => {
    let setting: Setting;
    beforeAll(async () => {
      setting = await Setting.start({ ALLOWED_MODELS: 'own-model,gpt-4o-mini' });
    });
    afterEach(() => setting.upstream.reset());
    afterAll(() => setting.stop());

    it('keeps the model from who has a spending limit, and from nobody else', async () => {
      setting.play(jsonAnswer(chatCompletion({ model: 'own-model' })));
      const body = { ...BODY, model: 'own-model' };
      const limited = await setting.user({ cost_a_month: 1_000_000 });
      const answer = await limited.post('/api/chat', body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'model_not_allowed' } });
      expect(answer.body.error).toMatch(/price/);
      expect((await (await setting.user()).post('/api/chat', body)).status).toBe(200);
      expect((await (await setting.user({ tokens_a_day: 1000 })).post('/api/chat', body)).status).toBe(200);
    });

    it('is one of a day before the first that the catalogue knows', async () => {
      setting.play(jsonAnswer(chatCompletion()));
      const limited = await setting.user({ cost_a_month: 1_000_000 });
      const free = await setting.user();
      pretendTime('2024-07-17T12:00:00Z');
      try {
        expect(await limited.post('/api/chat', BODY)).toMatchObject({ body: { code: 'model_not_allowed' } });
        expect((await free.post('/api/chat', BODY)).status).toBe(200);
        await setting.windows(free.id);
      } finally {
        pretendTime(noonOf(TODAY));
      }
      const booked = await setting.app.database.query(
        'SELECT cost_micro_usd, price_date, input_tokens::int AS input FROM usage_ledger WHERE user_id = $1',
        [free.id],
      );
      expect(booked).toEqual([{ cost_micro_usd: null, price_date: null, input: 21 }]);
      expect((await limited.post('/api/chat', BODY)).status).toBe(200);
    });

    it('takes what was reserved, where another model answers than was asked', async () => {
      setting.play(jsonAnswer(chatCompletion({ model: 'own-model' })));
      const user = await setting.user({ cost_a_month: 1_000_000 });
      expect((await user.post('/api/chat', BODY)).status).toBe(200);
      const [, cost] = await setting.windows(user.id);
      expect(cost).toMatchObject({ kind: 'cost_a_month', reserved: 0 });
      expect(cost!.used).toBe(Math.ceil((WORST - OUTPUT) * 0.15 + OUTPUT * 0.6));
    });
  });

  describe('bounds the output of who is held against it', () => {
    let setting: Setting;
    beforeAll(async () => {
      setting = await Setting.start({ MAX_OUTPUT_TOKENS: '300' });
    });
    afterEach(() => setting.upstream.reset());
    afterAll(() => setting.stop());

    const sent = (): Record<string, unknown> =>
      JSON.parse(setting.upstream.requests[0]!.body.toString()) as Record<string, unknown>;

    it.each([
      ['/api/chat', chat.path, { messages: MESSAGES }, 'max_tokens'],
      ['/api/chat', chat.path, { messages: MESSAGES, model: 'gpt-5-nano' }, 'max_completion_tokens'],
      ['/v1/chat/completions', chat.path, { messages: MESSAGES, model: 'gpt-4o-mini' }, 'max_tokens'],
      ['/v1/chat/completions', chat.path, { messages: MESSAGES, max_tokens: null }, 'max_tokens'],
      ['/v1/responses', responses.path, { input: 'hi', model: 'gpt-4o-mini' }, 'max_output_tokens'],
    ])('on %s', async (path, upstreamPath, body, name) => {
      setting.upstream.play(upstreamPath, jsonAnswer(chatCompletion()));
      const answer = await (await setting.user({ tokens_a_day: 10_000_000 })).post(path, body);
      expect(sent()[name]).toBe(300);
      expect(answer.headers.get('x-adjusted-params')).toMatch(/max_\w*tokens/);
      setting.upstream.reset();
      setting.upstream.play(upstreamPath, jsonAnswer(chatCompletion()));
      await (await setting.user()).post(path, body);
      expect(sent()[name] ?? null).toBeNull();
    });

    it.each([
      ['its own bound', { max_tokens: 5000 }, 5000],
      ['several answers', { max_tokens: 100, n: 3 }, 300],
    ])('and leaves %s, which is reserved', async (_, over, output) => {
      const user = await setting.user({ tokens_a_day: 10_000_000 });
      const all = gate();
      setting.play([{ wait: all.opened }, ...jsonAnswer(chatCompletion())]);
      const body = { model: 'gpt-4o-mini', messages: MESSAGES, ...over };
      const answer = user.post('/v1/chat/completions', body);
      await until(() => setting.upstream.requests.length === 1);
      const [call] = await setting.app.database.query<{ reserved: number }>(
        'SELECT payer_tokens_reserved::int AS reserved FROM upstream_calls WHERE settled_at IS NULL',
      );
      expect(call!.reserved).toBe(Buffer.byteLength(JSON.stringify(body)) + output);
      expect(sent().max_tokens).toBe(over.max_tokens);
      all.open();
      await answer;
    });

    it.each<[string, Dialect, object]>([
      ['a search of the web', responses, { input: 'hi', tools: [{ type: 'web_search' }] }],
      [
        'another server’s tools',
        responses,
        { input: 'hi', tools: [{ type: 'mcp', server_url: 'https://example.com' }] },
      ],
      ['a search beside a completion', chat, { messages: MESSAGES, web_search_options: {} }],
    ])('and lets nobody under a limit have the provider do %s', async (_, { path, whole }, over) => {
      const body = { model: 'gpt-4o-mini', ...over };
      setting.upstream.play(path, jsonAnswer(whole('Hello')));
      const limited = await setting.user({ tokens_a_day: 10_000_000 });
      const refused = await limited.post(path, body);
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
      expect(setting.upstream.requests).toEqual([]);
      expect(await setting.tokensADay(limited.id)).toEqual({ used: 0, reserved: 0 });
      expect((await (await setting.user()).post(path, body)).status).toBe(200);
    });

    it('and takes no dearer service', async () => {
      setting.play(jsonAnswer(chatCompletion()));
      const body = { model: 'gpt-4o-mini', messages: MESSAGES, max_tokens: 10, service_tier: 'priority' };
      const user = await setting.user({ cost_a_month: 1_000_000 });
      const answer = await user.post('/v1/chat/completions', body);
      expect(answer.headers.get('x-adjusted-params')).toBe('service_tier');
      expect(sent()).not.toHaveProperty('service_tier');
    });

    it('reserves every input of embeddings, which may be more than a window', async () => {
      const user = await setting.user({ tokens_a_day: 20_000 });
      const body = {
        model: 'text-embedding-3-small',
        input: Array.from({ length: 30 }, () => 'x'.repeat(1000)),
      };
      expect(await user.post('/v1/embeddings', body)).toMatchObject({
        status: 429,
        body: { error: { code: 'quota_exceeded' } },
      });
    });

    it('reserves a whole window for what its bytes only point to', async () => {
      const user = await setting.user({ tokens_a_day: 128_000 });
      const picture = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
      const body = { messages: [{ role: 'user', content: [picture] }], max_tokens: 1 };
      expectQuotaExceeded(await user.post('/api/chat', body));
    });
  });
});

describe('A budget’s day and month', () => {
  let setting: Setting;
  let clock: DatabaseClock;
  let opened: ReturnType<typeof gate>;

  beforeAll(async () => {
    endPretending();
    const database = await createDatabase();
    clock = await DatabaseClock.install(database);
    setting = await Setting.start({}, { database });
  });
  beforeEach(() => {
    opened = gate();
    setting.play([{ wait: opened.opened }, ...jsonAnswer(chatCompletion())], jsonAnswer(chatCompletion()));
  });
  afterEach(() => setting.upstream.reset());
  afterAll(() => setting.stop());

  it.each([
    ['UTC', '2026-11-21T23:59:58Z', '2026-11-22T00:00:02Z', '2026-11-21', '2026-11-01'],
    ['UTC', '2026-11-30T23:59:58Z', '2026-12-01T00:00:02Z', '2026-11-30', '2026-11-01'],
    ['UTC', '2026-12-31T23:59:58Z', '2027-01-01T00:00:02Z', '2026-12-31', '2026-12-01'],
    ['UTC', '2028-02-29T23:59:58Z', '2028-03-01T00:00:02Z', '2028-02-29', '2028-02-01'],
    ['Asia/Tokyo', '2026-11-30T14:59:58Z', '2026-11-30T15:00:02Z', '2026-11-30', '2026-11-01'],
    ['America/New_York', '2026-12-01T04:59:58Z', '2026-12-01T05:00:02Z', '2026-11-30', '2026-11-01'],
    ['Asia/Kathmandu', '2026-11-20T18:14:58Z', '2026-11-20T18:15:02Z', '2026-11-20', '2026-11-01'],
  ])('of %s that ended at %s keeps its own settlement', async (timezone, before, after, day, month) => {
    await clock.set(before);
    const user = await setting.user({ tokens_a_day: WORST, cost_a_month: 1_000_000 }, { timezone });
    const answer = user.post('/api/chat', BODY);
    await until(() => setting.upstream.requests.length === 1);
    expectQuotaExceeded(await user.post('/api/chat', BODY));

    await clock.set(after);
    // A new day has a new budget; a running call belongs to the old one.
    expect((await user.post('/api/chat', BODY)).status).toBe(200);
    opened.open();
    expect((await answer).status).toBe(200);
    const windows = await setting.windows(user.id);
    const days = windows.filter(({ kind }) => kind === 'tokens_a_day');
    expect(days).toMatchObject([
      { starts_on: day, used: USED, reserved: 0 },
      { used: USED, reserved: 0 },
    ]);
    expect(windows.find(({ kind }) => kind === 'cost_a_month')).toMatchObject({
      starts_on: month,
      reserved: 0,
    });
    const ledger = await setting.app.database.query<{ day: string }>(
      'SELECT day::text FROM usage_ledger WHERE user_id = $1 ORDER BY day',
      [user.id],
    );
    expect(ledger.map((row) => row.day)).toEqual(days.map(({ starts_on }) => starts_on));
  });

  it('gives no second budget when the clock steps back over midnight', async () => {
    opened.open();
    await clock.set('2026-11-22T00:00:02Z');
    const user = await setting.user({ tokens_a_day: WORST });
    expect((await user.post('/api/chat', BODY)).status).toBe(200);
    await clock.set('2026-11-21T23:59:58Z');
    expect((await user.post('/api/chat', BODY)).status).toBe(200);
    for (const instant of ['2026-11-22T00:00:01Z', '2026-11-21T23:59:59Z', '2026-11-22T00:00:03Z']) {
      await clock.set(instant);
      expectQuotaExceeded(await user.post('/api/chat', BODY));
    }
  });

  it('says when it ends', async () => {
    opened.open();
    await clock.set('2026-11-21T20:00:00Z');
    const tokyo = await setting.user({ tokens_a_day: 1 }, { timezone: 'Asia/Tokyo' });
    const refused = await tokyo.post('/api/chat', BODY);
    // 05:00 in Tokyo: the day has 19 hours left.
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(19 * 3600 - 10);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(19 * 3600);
    const monthly = await setting.user({ cost_a_month: 1 });
    const later = await monthly.post('/api/chat', BODY);
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(9 * 86_400);
  });
});
