import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join } from 'node:path';
import {
  type Answer,
  api,
  type Block,
  type EventStream,
  openStream,
  readAll,
  until,
} from './support/clients';
import { InstancesSetting, type InstancesUser, SteadyLoad } from './support/instances-setting';
import type { TestRedis } from './support/redis';
import {
  chat,
  chatCompletion,
  gate,
  hangInTheMiddle,
  heldStream,
  jsonAnswer,
  type ReceivedRequest,
} from './support/scripted-upstream';

jest.setTimeout(90_000);

const RATE_LIMIT = 20;
const LONGEST_WAIT_MS = 300;
/** How long an instance may miss a sign-out on another one, plus time for one check. */
const SIGNED_OUT_WITHIN_MS = 5000 + 500;
/** An instance counts as gone after 30 s, and the others look every 15 s. */
const SWEPT_WITHIN_MS = 60_000;

const OUTPUT = 100;
const BODY = { messages: [{ role: 'user', content: 'hi' }], max_tokens: OUTPUT };
/** Upper bound: each byte sent to the provider could be a token. */
const WORST = Buffer.byteLength(JSON.stringify({ ...BODY, model: 'gpt-4o-mini' })) + OUTPUT;
/** The total usage in `chatCompletion`. */
const USED = 21 + 7;

const COMPLETION = jsonAnswer(chatCompletion());

/** The owner of a budget, and the results of the owner's requests. */
class Spender {
  refused = 0;
  readonly asked: Promise<number>[] = [];

  constructor(readonly user: InstancesUser) {}

  ask(count: number): void {
    for (let asked = 0; asked < count; asked++) this.asked.push(this.askOnce());
  }

  /** The number of answers with each status. */
  async statuses(): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const status of await Promise.all(this.asked)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  private async askOnce(): Promise<number> {
    const { status } = await this.user.post('/api/chat', BODY);
    this.refused += status === 429 ? 1 : 0;
    return status;
  }
}

/** Processes behind nginx, with one Redis and one database that was empty at the start. */
describe('Three instances', () => {
  let setting: InstancesSetting;
  beforeAll(async () => {
    setting = await InstancesSetting.start({
      RATE_LIMIT_PER_MINUTE: String(RATE_LIMIT),
      MAX_STREAMS_PER_USER: '0',
    });
  });
  afterEach(() => setting.upstream.reset());
  afterAll(() => setting?.stop());

  it('that start at the same moment run each migration once', async () => {
    const rows = await setting.database.query<{ name: string }>('SELECT name FROM migrations');
    const files = readdirSync(join(__dirname, '..', 'src', 'database', 'migrations'));
    expect(rows).toHaveLength(files.filter((file) => /^\d+-.*\.ts$/.test(file)).length);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const instance of setting.instances) {
      expect((await api(instance).get('/health')).body.status).toBe('healthy');
    }
    // pino's levels 50 and 60: no error, nothing fatal.
    expect(setting.command.log()).not.toMatch(/"level":[56]0/);
    expect(setting.command.log()).not.toMatch(/^keyturn:/m);
  });

  it('are asked in turn', async () => {
    const { get } = await setting.user();
    await Promise.all(Array.from({ length: 30 }, () => get('/api/auth/me')));
    const asked = await setting.metric('http_server_request_duration_seconds_count', '/api/auth/me');
    expect(asked).toEqual([10, 10, 10]);
  });

  it('have one rate limit', async () => {
    const { post } = await setting.user();
    const answers = await Promise.all(Array.from({ length: 3 * RATE_LIMIT }, () => post('/api/chat', {})));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(RATE_LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2 * RATE_LIMIT);
  });

  it('have one budget: of fifty at once exactly the ten that it suffices for reach the provider', async () => {
    const spender = new Spender(await setting.user({ tokensADay: 10 * WORST, isExempt: true }));
    const { opened, open } = gate();
    setting.upstream.play(chat.path, [{ wait: opened }, ...COMPLETION]);
    spender.ask(50);
    await until(() => spender.refused === 40 && setting.calls.length >= 10);
    open();
    expect(await spender.statuses()).toEqual({ 200: 10, 429: 40 });
    expect(setting.calls).toHaveLength(10);
    expect(await setting.settledTokens(spender.user.id)).toEqual({ used: 10 * USED, reserved: 0 });
  });

  it('stream as the model speaks, each of them', async () => {
    const { token } = await setting.user();
    const { opened, open } = gate();
    setting.upstream.play(chat.path, heldStream(chat, opened, ['Hello', ' world']));
    const streams: EventStream[] = [];
    for (let count = 0; count < 3; count++) {
      const stream = await openStream(setting.url, token, '/api/chat/stream', { message: 'hi' });
      await stream.blocks.next();
      expect((await stream.blocks.next()).value).toEqual({ delta: 'Hello' });
      expect(setting.calls[count]!.state).toBe('open');
      streams.push(stream);
    }
    expect(await setting.metric('keyturn_turns_running')).toEqual([1, 1, 1]);
    open();
    for (const stream of streams) {
      const rest = await readAll(stream);
      expect([rest[0], rest.at(-1)]).toEqual([{ delta: ' world' }, '[DONE]']);
    }
  });

  it('cancel each other’s turns, and the provider hears of it within a second', async () => {
    const { token } = await setting.user();
    const [one, other, third] = setting.instances.map((instance) => api(instance, token));
    setting.upstream.play(chat.path, hangInTheMiddle(chat));
    const stream = await openStream(setting.instances[0]!, token, '/api/chat/stream', { message: 'hi' });
    const { turn_id: turnId } = (await stream.blocks.next()).value as Block;
    await stream.blocks.next();
    const [call] = setting.calls;
    const cancelledAt = Date.now();
    const cancelled = await other!.post(`/api/turns/${turnId}/cancel`);
    await until(() => call!.state !== 'open');
    expect(cancelled).toMatchObject({ status: 202, body: { state: 'cancelled' } });
    expect(call!.state).toBe('aborted');
    expect(call!.abortedAt! - cancelledAt).toBeLessThan(1000);
    expect(await readAll(stream)).toEqual([expect.objectContaining({ code: 'turn_cancelled' })]);
    for (const { get } of [one!, other!, third!]) {
      expect((await get(`/api/turns/${turnId}`)).body.state).toBe('cancelled');
    }
  });

  it('refuse a token within five seconds of its sign-out at one of them', async () => {
    const { token } = await setting.user();
    const users = setting.instances.map((instance) => api(instance, token));
    const statuses = (): Promise<number[]> =>
      Promise.all(users.map(async ({ get }) => (await get('/api/auth/me')).status));
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await users[0]!.post('/api/auth/signout', {})).status).toBe(204);
    const signedOutAt = performance.now();
    await until(async () => (await statuses()).every((status) => status === 401));
    expect(performance.now() - signedOutAt).toBeLessThan(SIGNED_OUT_WITHIN_MS);
  });

  // The others need most of a minute to count an instance as gone, so that is checked last.
  let bereft: InstancesUser;
  it('keep to a budget when one is killed in the middle', async () => {
    bereft = await setting.user({ tokensADay: 10 * WORST, isExempt: true });
    const spender = new Spender(bereft);
    const { opened, open } = gate();
    setting.upstream.play(chat.path, [{ wait: opened }, ...COMPLETION]);
    const aborted = (): number => setting.calls.filter(({ state }) => state === 'aborted').length;
    // One by one, so that each instance has three.
    for (let count = 1; count <= 9; count++) {
      spender.ask(1);
      await until(() => setting.calls.length === count);
    }
    spender.ask(41);
    await until(() => spender.refused === 40 && setting.calls.length >= 10);
    process.kill(setting.command.pidOf(2), 'SIGKILL');
    await until(() => aborted() >= 3);
    open();
    // nginx refuses the killed instance's requests, and sends them to no other.
    const statuses = await spender.statuses();
    expect(statuses).toEqual({ 200: 10 - aborted(), 429: 40, 503: aborted() });
    expect(setting.calls).toHaveLength(10);
    await setting.command.untilAllReady();
  });

  it('answer whole or refuse when one goes down under load, and nothing is asked twice', async () => {
    const { post, token } = await setting.user({ isExempt: true });
    const { opened, open } = gate();
    const isTurn = ({ body }: ReceivedRequest): boolean => body.includes('"stream":true');
    const held = heldStream(chat, opened, ['Hello', ' world']);
    setting.upstream.play(chat.path, (request) => (isTurn(request) ? held : COMPLETION));
    const stream = await openStream(setting.instances[1]!, token, '/api/chat/stream', { message: 'hi' });
    await stream.blocks.next();

    const answers = new Map<string, Answer>();
    const load = new SteadyLoad(6, async (client, number) => {
      const content = `unique-${client}-${number}.`;
      answers.set(content, await post('/api/chat', { messages: [{ role: 'user', content }] }));
    });
    await load.goesOn(30);
    process.kill(setting.command.pidOf(1), 'SIGTERM');
    // While a stream is still open on the stopping instance, that instance refuses its share of requests.
    await until(() => [...answers.values()].some(({ status }) => status === 503));
    await load.goesOn(30);
    open();
    expect((await readAll(stream)).at(-1)).toBe('[DONE]');
    await until(() => setting.command.output.includes('ended with 0'), 20_000);
    await setting.command.untilAllReady();
    await load.goesOn(30);
    await load.end();

    const askedFor = setting.calls.map(({ body }) => /unique-\d+-\d+\./.exec(body.toString())?.[0]);
    for (const [content, { status, body }] of answers) {
      const times = askedFor.filter((each) => each === content).length;
      if (status === 200) expect([times, body.content]).toEqual([1, 'Hello.']);
      else expect([times, status, body.code]).toEqual([0, 503, 'shutting_down']);
    }
  });

  it.each<[string, (redis: TestRedis) => unknown, (redis: TestRedis) => unknown]>([
    ['is killed', (redis) => redis.kill(), (redis) => redis.resume()],
    ['hangs', (redis) => redis.freeze(), (redis) => redis.thaw()],
  ])('go on when Redis %s under load, and nobody waits for it', async (_, goAway, comeBack) => {
    const { post } = await setting.user();
    const untilRedisIs = (state: 0 | 1): Promise<unknown> =>
      until(async () => (await setting.metric('keyturn_redis_up')).every((isUp) => isUp === state));
    /** How far the instances' event loops were behind since the last reading. */
    const latenessMs = async (): Promise<number> =>
      1000 * Math.max(...(await setting.metric('nodejs_eventloop_lag_max_seconds')));
    const statuses = new Set<number>();
    let longestMs = 0;
    await latenessMs();
    const ownDelays = monitorEventLoopDelay({ resolution: 5 });
    ownDelays.enable();
    const load = new SteadyLoad(6, async () => {
      const startedAt = performance.now();
      statuses.add((await post('/api/chat', {})).status);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
    });
    await load.goesOn(30);
    await goAway(setting.redis);
    await load.goesOn(100);
    await untilRedisIs(0);
    await comeBack(setting.redis);
    await untilRedisIs(1);
    await load.goesOn(30);
    await load.end();
    ownDelays.disable();
    expect([...statuses].sort()).toEqual([400, 429]);
    expect(longestMs - ownDelays.max / 1e6 - (await latenessMs())).toBeLessThanOrEqual(LONGEST_WAIT_MS);
  });

  it('give back what the killed one had reserved, and book each of its calls once', async () => {
    const tokens = await setting.settledTokens(bereft.id, SWEPT_WITHIN_MS);
    const ledger = await setting.database.query<{ tokens: number; is_estimated: boolean }>(
      'SELECT (input_tokens + output_tokens)::int AS tokens, is_estimated FROM usage_ledger WHERE user_id = $1',
      [bereft.id],
    );
    expect(ledger).toHaveLength(10);
    expect(ledger.filter(({ is_estimated }) => is_estimated).length).toBeGreaterThanOrEqual(3);
    const used = ledger.reduce((sum, call) => sum + call.tokens, 0);
    expect(tokens).toEqual({ used, reserved: 0 });
    expect(used).toBeLessThanOrEqual(10 * WORST);
  });
});
