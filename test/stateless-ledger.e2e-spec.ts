import { CallSweeper } from '../src/models/call-sweeper';
import { createTestApp } from './support/app';
import { signUp, until } from './support/clients';
import { createDatabase, type TestDatabase, urlOf, withClient } from './support/postgres';
import { Installation } from './support/process';
import { halfSent, requestBytes } from './support/raw-client';
import { ask, expectRefusal } from './support/requests';
import {
  chat,
  chatCompletion,
  chatFrames,
  gate,
  halfOfJson,
  hangInTheMiddle,
  heldStream,
  jsonAnswer,
  responses,
  responsesFrames,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import {
  askRaw,
  asking,
  DOORS,
  GEMINI_DOOR,
  GEMINI_KEY,
  JSON_DOOR,
  OPENAI_DOOR,
  OPENAI_KEY,
  type StatelessDoor,
  StatelessSetting,
  STREAM_DOOR,
  STREAMS,
} from './support/stateless';

jest.setTimeout(90_000);

const good = ({ dialect, isStream }: StatelessDoor): Script =>
  isStream ? streamAnswer(...dialect.frames(['Hello'])) : jsonAnswer(dialect.whole('Hello'));

/** What the ledger records for the scripted usage. */
const EXACT = { is_estimated: false, input: 21, cached: 4, output: 7, reasoning: 2 };

describe('The ledger', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const send = (door: StatelessDoor, over?: object) => askRaw(setting.url, asking(door, over), setting.token);

  describe.each(DOORS)('of $name', (door) => {
    it('has the call before the provider has the request', async () => {
      const seen: object[] = [];
      const look = async (id: unknown): Promise<void> => {
        const rows = await setting.app.database.query(
          `SELECT calls.user_id, calls.turn_id, calls.door, calls.provider, attempt, settled_at, outcome
           FROM upstream_calls AS calls LEFT JOIN usage_ledger ON call_id = id WHERE id = $1`,
          [id],
        );
        seen.push(...rows);
      };
      setting.upstream.play(door.dialect.path, ({ headers }) => [
        { wait: look(headers['x-client-request-id']) },
        ...good(door),
      ]);
      let answer: ReturnType<typeof send> | undefined;
      await setting.withLockedCalls(async (untilWaiting) => {
        answer = send(door);
        await untilWaiting();
        expect(setting.upstream.requests).toEqual([]);
      });
      expect((await answer!).status).toBe(200);
      const call = { ...door.booked, user_id: setting.userId, turn_id: null, attempt: 1 };
      expect(seen).toEqual([{ ...call, settled_at: null, outcome: null }]);
    });

    it('has the provider’s own numbers, once', async () => {
      setting.upstream.play(door.dialect.path, good(door));
      for (let times = 0; times < 3; times++) expect((await send(door)).status).toBe(200);
      const booked = await setting.booked();
      expect(booked.map(({ id }) => id).sort()).toEqual(
        setting.upstream.requests.map(({ headers }) => headers['x-client-request-id']).sort(),
      );
      const call = { ...door.booked, ...EXACT, user_id: setting.userId, outcome: 'completed' };
      // 17 fresh, 4 cached and 7 output tokens of gpt-4o-mini, the model that answered: 7.05 micro-USD.
      expect(booked).toMatchObject(
        [1, 2, 3].map(() => ({ ...call, attempt: 1, model: 'gpt-4o-mini', cost: 8 })),
      );
    });

    it('has what many ask at once, each once', async () => {
      setting.upstream.play(door.dialect.path, good(door));
      const answers = await Promise.all(Array.from({ length: 60 }, () => send(door)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const booked = await setting.booked();
      expect(booked).toHaveLength(60);
      expect(booked.every(({ outcome, input }) => outcome === 'completed' && input === 21)).toBe(true);
    });
  });

  it('has nothing for what is refused before it is sent', async () => {
    for (const door of DOORS) {
      for (const over of [{ messages: [] }, { model: 'not-allowed' }, { nonsense: 1 }]) {
        expect((await send(door, over)).status).toBe(400);
      }
    }
    expect(await setting.booked()).toEqual([]);
  });

  it.each<[string, StatelessDoor, Script]>([
    ['a stream', STREAM_DOOR, streamAnswer(...chatFrames(['Hello', ' world']))],
    ['a relayed stream', GEMINI_DOOR, streamAnswer(...chatFrames(['Hello', ' world']))],
    ['JSON', JSON_DOOR, jsonAnswer({ ...chatCompletion(), usage: undefined })],
    ['nonsense', JSON_DOOR, jsonAnswer({ ...chatCompletion(), usage: { prompt_tokens: 'many' } })],
  ])('estimates where %s tells no usage', async (_, door, script) => {
    setting.upstream.play(door.dialect.path, script);
    expect((await send(door)).status).toBe(200);
    const [call] = await setting.booked();
    expect(call).toMatchObject({ outcome: 'completed', is_estimated: true, model: 'gpt-4o-mini' });
    expect(call!.input).toBeGreaterThan(0);
    expect(call!.output).toBeGreaterThan(0);
  });

  it('has no price for a model that nobody knows, and not the price of nothing', async () => {
    setting.upstream.play(chat.path, jsonAnswer(chatCompletion({ model: 'own-model' })));
    await send(JSON_DOOR);
    expect(await setting.booked()).toMatchObject([{ ...EXACT, model: 'own-model', cost: null }]);
  });

  describe('believes no usage and no model that a request made the provider quote', () => {
    const schema = {
      type: 'object',
      model: 'text-embedding-3-small',
      usage: { input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1 },
    };
    const format = { type: 'json_schema', name: 'a', schema };
    const quoting = responsesFrames(['Hello', ' world']).map((frame) =>
      frame
        .replace('"format":{"type":"text"}', `"format":${JSON.stringify(format)}`)
        .replace('"metadata":{}', '"metadata":{"later":"yes"}'),
    );

    it('of an answer that is whole', async () => {
      // As from the provider: the request's metadata come last.
      const whole = quoting.map((frame) =>
        frame
          .replace('"metadata":{"later":"yes"},', '')
          .replace(/\}(,"sequence_number":\d+\}\n\n)$/, ',"metadata":{"model":"text-embedding-3-small"}}$1'),
      );
      expect(whole.at(-1)).toContain('"metadata":{"model"');
      setting.upstream.play(responses.path, streamAnswer(...whole));
      expect((await send(OPENAI_DOOR, { responseFormat: format })).status).toBe(200);
      expect(await setting.booked()).toMatchObject([{ ...EXACT, model: 'gpt-4o-mini', cost: 8 }]);
    });

    it('of one that the client does not wait for', async () => {
      setting.upstream.play(responses.path, [
        STREAM_HEAD,
        { bytes: quoting.slice(0, 5).join('') },
        { hang: true },
      ]);
      const bytes = requestBytes(asking(OPENAI_DOOR, { responseFormat: format }), setting.token);
      const { socket, finish } = await halfSent(setting.url, bytes);
      const answered = new Promise((resolve) => socket.once('data', resolve));
      finish();
      await answered;
      socket.resetAndDestroy();
      await setting.upstream.requests[0]!.over;
      const [call] = await setting.booked();
      expect(call).toMatchObject({ outcome: 'cancelled', is_estimated: true, model: 'gpt-4o-mini' });
      expect(call!.input).toBeGreaterThan(1);
    });
  });

  describe('while the database is away', () => {
    const nameOf = (): string => new URL(setting.app.database.url).pathname.slice(1);
    const onServer = (text: string): Promise<unknown> =>
      withClient(urlOf('postgres'), (client) => client.query(text));
    const takeAway = async (): Promise<void> => {
      await onServer(`ALTER DATABASE ${nameOf()} ALLOW_CONNECTIONS false`);
      await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${nameOf()}'`);
    };
    const giveBack = (): Promise<unknown> => onServer(`ALTER DATABASE ${nameOf()} ALLOW_CONNECTIONS true`);

    it('nothing is sent', async () => {
      try {
        await takeAway();
        for (const door of DOORS) {
          setting.upstream.play(door.dialect.path, good(door));
          const answer = await ask(setting.url, asking(door), setting.token);
          expectRefusal(answer, 503, 'database_unavailable');
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        }
        expect(setting.upstream.requests).toEqual([]);
      } finally {
        await giveBack();
      }
      expect(await setting.booked()).toEqual([]);
      setting.upstream.play(chat.path, good(JSON_DOOR));
      expect((await send(JSON_DOOR)).status).toBe(200);
    });

    it('what was begun goes on, and is booked when it is back', async () => {
      const { opened, open } = gate();
      try {
        const answers = [];
        for (const door of STREAMS) {
          setting.upstream.play(door.dialect.path, heldStream(door.dialect, opened));
          answers.push(send(door));
          await setting.upstream.nextRequest();
        }
        await takeAway();
        const logRead = setting.app.log().length;
        open();
        for (const answer of await Promise.all(answers)) {
          expect([answer.status, answer.isCut]).toEqual([200, false]);
          expect(answer.bytes.toString()).toContain(' world');
        }
        await until(() => setting.app.log().slice(logRead).includes('settling_failed'));
      } finally {
        await giveBack();
      }
      expect(await setting.booked()).toMatchObject(STREAMS.map(() => ({ ...EXACT, outcome: 'completed' })));
    });
  });

  describe('of an instance that is silent', () => {
    const silence = (): Promise<unknown> =>
      setting.app.database.query(`UPDATE instances SET seen_at = now() - interval '1 minute'`);

    /** A stream that stays open until released. */
    const openStream = async () => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, heldStream(chat, opened));
      const answer = send(STREAM_DOOR);
      await setting.upstream.nextRequest();
      return { answer, open };
    };

    it('is closed by another, once, at an estimate', async () => {
      const { answer, open } = await openStream();
      const other = await createTestApp({}, { database: setting.app.database });
      try {
        await until(async () => {
          await silence();
          await other.app.get(CallSweeper, { strict: false }).sweep();
          return (await setting.open()) === 0;
        });
        const [swept] = await setting.booked();
        expect(swept).toMatchObject({ outcome: 'interrupted', is_estimated: true, output: 0 });
        expect(swept!.input).toBeGreaterThan(0);
        open();
        expect((await answer).isCut).toBe(false);
        await Promise.all([1, 2].map(() => other.app.get(CallSweeper, { strict: false }).sweep()));
        // This call settles after the call above, so it comes after it.
        setting.upstream.play(chat.path, good(JSON_DOOR));
        await send(JSON_DOOR);
        await until(async () => (await setting.booked()).length === 2);
        expect((await setting.booked())[0]).toEqual(swept);
      } finally {
        await other.stop();
      }
    });

    it('is not closed by itself, which still has the call in hand', async () => {
      const { answer, open } = await openStream();
      await silence();
      await setting.app.app.get(CallSweeper, { strict: false }).sweep();
      expect(await setting.open()).toBe(1);
      open();
      await answer;
      expect(await setting.booked()).toMatchObject([{ ...EXACT, outcome: 'completed' }]);
    });
  });
});

describe('A process with open calls', () => {
  let installation: Installation;
  let upstream: ScriptedUpstream;
  let database: TestDatabase;
  let environment: Record<string, string>;

  beforeEach(async () => {
    installation = new Installation();
    upstream = await startScriptedUpstream();
    database = await createDatabase();
    environment = {
      DATABASE_URL: database.url,
      OPENAI_API_KEY: OPENAI_KEY,
      OPENAI_BASE_URL: upstream.baseUrl,
      GEMINI_API_KEY: GEMINI_KEY,
      GEMINI_BASE_URL: upstream.baseUrl,
    };
  });
  afterEach(async () => {
    await installation.remove();
    await upstream.stop();
    await database.drop();
  });

  /** Sends one request to each door; none of them ends. */
  const askEverything = async (url: string) => {
    const { token } = await signUp(url);
    const answers = [];
    for (const door of DOORS) {
      const { dialect, isStream } = door;
      upstream.play(dialect.path, isStream ? hangInTheMiddle(dialect) : halfOfJson(dialect, { hang: true }));
      answers.push(askRaw(url, asking(door), token).catch(() => undefined));
      // Excludes the server's own requests.
      const begun = () => upstream.requests.filter(({ method }) => method === 'POST');
      await until(() => begun().length === answers.length && begun().at(-1)!.bytesSent > 300);
    }
    return answers;
  };
  const ledger = () =>
    database.query(
      `SELECT outcome, is_estimated, input_tokens > 0 AS is_billed, count(*)::int
       FROM upstream_calls JOIN usage_ledger ON call_id = id GROUP BY 1, 2, 3`,
    );

  it('that is killed has them booked by the next, once', async () => {
    const killed = installation.start(environment);
    const answers = await askEverything(await killed.url());
    await killed.stop('SIGKILL');
    await Promise.all(answers);
    expect(await ledger()).toEqual([]);
    await database.query(`UPDATE instances SET seen_at = now() - interval '1 minute'`);

    await installation.start(environment).url();
    const interrupted = { outcome: 'interrupted', is_estimated: true, is_billed: true, count: DOORS.length };
    await until(async () => (await ledger()).length > 0, 20_000);
    expect(await ledger()).toEqual([interrupted]);
  });

  it('that is told to stop gives them the grace, then cuts and books them, and exits 0', async () => {
    const started = installation.start({ ...environment, SHUTDOWN_GRACE: '1s' });
    const answers = await askEverything(await started.url());
    const stoppedAt = performance.now();
    const exited = started.stop('SIGTERM');
    const [json, stream, ...relays] = await Promise.all(answers);
    expect(performance.now() - stoppedAt).toBeGreaterThan(900);
    expect([json!.status, JSON.parse(json!.bytes.toString()).code]).toEqual([503, 'shutting_down']);
    expect(stream!.isCut).toBe(false);
    expect(stream!.bytes.toString()).toMatch(/"code":"shutting_down".*\n\n$/);
    expect(relays.map((relay) => relay!.isCut)).toEqual([true, true]);
    for (const answer of [stream, ...relays]) expect(answer!.bytes.toString()).not.toContain('[DONE]');

    expect(await exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(6000);
    expect(await ledger()).toEqual([
      { outcome: 'interrupted', is_estimated: true, is_billed: true, count: DOORS.length },
    ]);
  });
});
