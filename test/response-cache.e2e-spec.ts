import { AppError } from '../src/common/app-error';
import { CallBook } from '../src/usage/call-book';
import { makeKey } from './support/api-keys';
import {
  answerAnew,
  CACHED_DOORS,
  type CachedDoor,
  CHAT_DOOR,
  CHAT_STREAM_DOOR,
  OPENAI_STREAM_DOOR,
  through,
  V1_CHAT_DOOR,
  V1_CHAT_STREAM_DOOR,
  V1_RESPONSE_DOOR,
  V1_RESPONSE_STREAM_DOOR,
} from './support/cached-doors';
import { api, openStream, signUp, until } from './support/clients';
import { ask, post } from './support/requests';
import {
  chat,
  CHAT_USAGE,
  chatCompletion,
  cut,
  gate,
  halfOfJson,
  heldStream,
  htmlInsteadOfJson,
  jsonAnswer,
  malformedJson,
  responseBody,
  responses,
  responsesFrame,
  type Script,
  serverErrorWithBody,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, MESSAGES, type RawAnswer, StatelessSetting } from './support/stateless';
import { pretendLater } from './support/time';

const MINUTE_MS = 60_000;
const TOO_LONG = 'x'.repeat(256 * 1024);

const cacheOf = ({ headers }: { headers: Headers }): string | null => headers.get('x-cache');

describe('The response cache', () => {
  let setting: StatelessSetting;
  let token: string;

  beforeAll(async () => {
    setting = await StatelessSetting.start({
      CACHE_TTL: '10m',
      ANONYMOUS_ACCESS: 'proxy',
      RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
      AUTH_ATTEMPTS_PER_MINUTE: '0',
      TRUST_PROXY: '1',
    });
  });
  beforeEach(async () => {
    ({ token } = await signUp(setting.url));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await setting.forget();
  });
  afterAll(() => setting.stop());

  const send = (door: CachedDoor, over: object = {}, as: string | undefined = token): Promise<RawAnswer> =>
    askRaw(setting.url, through(door, over), as);
  const sendText = (path: string, body: string): Promise<RawAnswer> =>
    askRaw(setting.url, post(path, body), token);
  const booked = async (): Promise<object[]> => {
    const calls = await setting.booked();
    const hits = await setting.app.database.query<{ call_id: string; is_cache_hit: boolean }>(
      'SELECT call_id, is_cache_hit FROM usage_ledger',
    );
    return calls.map(({ id, ...call }) => ({
      ...call,
      is_cache_hit: hits.find(({ call_id }) => call_id === id)?.is_cache_hit,
    }));
  };

  describe.each(CACHED_DOORS)('for $name', (door) => {
    it('answers again what was answered, byte for byte, and books that it cost nothing', async () => {
      answerAnew(setting.upstream, door);
      const [first, second, third] = [await send(door), await send(door), await send(door)];

      expect([first, second, third].map(cacheOf)).toEqual(['miss', 'hit', 'hit']);
      expect(first.bytes.toString()).toContain('answer 1');
      for (const again of [second, third]) {
        expect([again.status, again.isCut]).toEqual([200, false]);
        expect(again.bytes.equals(first.bytes)).toBe(true);
        expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
        expect([...again.headers.keys()]).toEqual([...first.headers.keys()]);
      }
      const ids = [first, second, third].map(({ headers }) => headers.get('x-request-id'));
      expect(new Set(ids).size).toBe(3);
      expect(ids).not.toContain('req_scripted');
      expect(setting.upstream.requests).toHaveLength(1);

      const [asked, hit, another] = await booked();
      expect(asked).toMatchObject({ is_cache_hit: false, input: 21, outcome: 'completed' });
      expect(hit).toEqual({
        ...asked,
        is_cache_hit: true,
        input: 0,
        cached: 0,
        output: 0,
        reasoning: 0,
        cost: 0,
      });
      expect(another).toEqual(hit);
    });

    it('is another’s to no one', async () => {
      answerAnew(setting.upstream, door);
      const other = await signUp(setting.url);
      const answers = [await send(door), await send(door, {}, other.token), await send(door)];
      expect(answers.map(cacheOf)).toEqual(['miss', 'miss', 'hit']);
      expect(answers[1]!.bytes.toString()).toContain('answer 2');
    });
  });

  it('is one for all the tokens of a user', async () => {
    answerAnew(setting.upstream, V1_CHAT_DOOR);
    const { key } = await makeKey(setting.url, token);
    expect(cacheOf(await send(V1_CHAT_DOOR, {}, key))).toBe('miss');
    expect(cacheOf(await send(V1_CHAT_DOOR))).toBe('hit');
  });

  it('is an address’ own for those without a token', async () => {
    answerAnew(setting.upstream, CHAT_DOOR);
    const from = async (address: string) => {
      const request = through({ ...CHAT_DOOR, headers: { 'x-forwarded-for': address } });
      return cacheOf(await ask(setting.url, request));
    };
    expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')]).toEqual([
      'miss',
      'miss',
      'hit',
    ]);
    expect(cacheOf(await send(CHAT_DOOR))).toBe('miss');
  });

  describe('asks the provider', () => {
    it.each<[string, CachedDoor, object]>([
      ['another message', CHAT_DOOR, { messages: [{ role: 'user', content: 'hi ' }] }],
      ['another model', CHAT_DOOR, { model: 'gpt-4.1-mini' }],
      ['another bound', CHAT_DOOR, { max_tokens: 100 }],
      ['another format', CHAT_STREAM_DOOR, { response_format: { type: 'json_object' } }],
      ['another message', OPENAI_STREAM_DOOR, { messages: [{ role: 'user', content: 'Hi' }] }],
      ['another system prompt', OPENAI_STREAM_DOOR, { system: 'hi' }],
      ['a tool of the client’s', V1_RESPONSE_DOOR, { tools: [{ type: 'function', name: 'f' }] }],
    ])('for %s', async (_, door, over) => {
      answerAnew(setting.upstream, door);
      const answers = [await send(door), await send(door, over), await send(door, over), await send(door)];
      expect(answers.map(cacheOf)).toEqual(['miss', 'miss', 'hit', 'hit']);
      expect(setting.upstream.requests).toHaveLength(2);
    });

    it('for one byte that is different, whatever it means', async () => {
      answerAnew(setting.upstream, CHAT_DOOR);
      const bodies = ['0', '0.0', '0', ' 0'].map(
        (zero) => `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}],"temperature":${zero}}`,
      );
      const found: unknown[] = [];
      for (const body of bodies) found.push(cacheOf(await sendText('/api/chat', body)));
      expect(found).toEqual(['miss', 'miss', 'hit', 'miss']);
    });

    it('once its time is over', async () => {
      answerAnew(setting.upstream, CHAT_DOOR);
      await send(CHAT_DOOR);
      pretendLater(9 * MINUTE_MS);
      expect(cacheOf(await send(CHAT_DOOR))).toBe('hit');
      pretendLater(11 * MINUTE_MS);
      const after = await send(CHAT_DOOR);
      expect([cacheOf(after), after.bytes.includes('answer 2')]).toEqual(['miss', true]);
      expect(cacheOf(await send(CHAT_DOOR))).toBe('hit');
    });

    it('for each of two that ask at once', async () => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, [{ wait: opened }, ...CHAT_DOOR.answer('Hello')]);
      const both = [send(CHAT_DOOR), send(CHAT_DOOR)];
      await until(() => setting.upstream.requests.length === 2);
      open();
      expect((await Promise.all(both)).map(cacheOf)).toEqual(['miss', 'miss']);
      expect(cacheOf(await send(CHAT_DOOR))).toBe('hit');
    });
  });

  describe('is not looked into', () => {
    it.each<[string, CachedDoor, object]>([
      ['without a temperature', CHAT_DOOR, { temperature: undefined }],
      ['at another temperature', CHAT_DOOR, { temperature: 0.1 }],
      ['at a temperature that the model does not take', CHAT_DOOR, { model: 'gpt-5.6-terra' }],
      ['for a picture', CHAT_DOOR, { messages: [{ role: 'user', content: [{ image_url: { url: 'x' } }] }] }],
      ['for the stream without a temperature', OPENAI_STREAM_DOOR, { temperature: undefined }],
      ['at a temperature that is text', V1_CHAT_DOOR, { temperature: '0' }],
      ['for several choices', V1_CHAT_DOOR, { n: 2 }],
      ['for what nobody knows', V1_CHAT_DOOR, { web_search_options: {} }],
      ['for what is stored', V1_RESPONSE_DOOR, { store: true }],
      ['for what is stored unless one says otherwise', V1_RESPONSE_DOOR, { store: undefined }],
      ['for what is done in the background', V1_RESPONSE_DOOR, { background: true }],
      ['where the provider runs tools', V1_RESPONSE_DOOR, { tools: [{ type: 'web_search' }] }],
    ])('%s', async (_, door, over) => {
      answerAnew(setting.upstream, door);
      for (let asked = 1; asked <= 2; asked++) {
        const answer = await send(door, over);
        expect([answer.status, cacheOf(answer)]).toEqual([200, null]);
      }
      expect(setting.upstream.requests).toHaveLength(2);
    });

    it('by an agent’s turn', async () => {
      setting.upstream.play(chat.path, streamAnswer(...chat.frames(['Hello'])));
      for (let asked = 1; asked <= 2; asked++) {
        const answer = await api(setting.url, token).post('/api/chat', { message: 'hello' });
        expect([answer.status, cacheOf(answer)]).toEqual([200, null]);
      }
      expect(setting.upstream.requests).toHaveLength(2);
      expect(await booked()).toEqual(Array(2).fill(expect.objectContaining({ is_cache_hit: false })));
    });
  });

  describe('keeps nothing', () => {
    const chatStream = chat.frames(['Hello', ' world']);
    const responseStream = responses.frames(['Hello', ' world']);
    const failed = responsesFrame({
      type: 'response.failed',
      response: { ...responseBody(), status: 'failed', error: { code: 'server_error', message: 'x' } },
      sequence_number: 9,
    });
    it.each<[string, CachedDoor, Script]>([
      ['that is an error', V1_CHAT_DOOR, serverErrorWithBody],
      ['that the client got wrong', CHAT_DOOR, jsonAnswer({ error: { message: 'no', code: 'x' } }, 400)],
      ['that is no JSON', CHAT_DOOR, malformedJson],
      ['that is no JSON', V1_CHAT_DOOR, malformedJson],
      ['that is a page', V1_CHAT_DOOR, htmlInsteadOfJson],
      ['that says nothing', CHAT_DOOR, jsonAnswer({ ...chatCompletion(), choices: [] })],
      ['that is cut', V1_CHAT_DOOR, halfOfJson(chat, { cut: true })],
      ['that does not say its cost', V1_CHAT_DOOR, jsonAnswer({ ...chatCompletion(), usage: undefined })],
      ['of another status', V1_CHAT_DOOR, jsonAnswer(chatCompletion(), 202)],
      ['that failed', V1_RESPONSE_DOOR, jsonAnswer({ ...responseBody(), status: 'failed' })],
      ['that is too long', V1_CHAT_DOOR, jsonAnswer(chat.whole(TOO_LONG))],
      ['whose stream is too long', V1_CHAT_STREAM_DOOR, streamAnswer(...chat.frames(['a', TOO_LONG]))],
      ['whose stream is cut', CHAT_STREAM_DOOR, cut(chat)],
      ['whose stream is cut', OPENAI_STREAM_DOOR, cut(responses)],
      ['whose stream lacks its end', V1_CHAT_STREAM_DOOR, streamAnswer(...chatStream.slice(0, -1))],
      [
        'whose stream does not say its cost',
        V1_CHAT_STREAM_DOOR,
        streamAnswer(...chatStream.toSpliced(-2, 1)),
      ],
      [
        'whose stream has an error',
        CHAT_STREAM_DOOR,
        streamAnswer(...chatStream.toSpliced(2, 0, chat.errorFrame)),
      ],
      [
        'whose stream ends in an error',
        V1_CHAT_STREAM_DOOR,
        streamAnswer([...chatStream.toSpliced(-1, 0, chat.errorFrame)].join('')),
      ],
      [
        'whose stream ends in an error',
        OPENAI_STREAM_DOOR,
        streamAnswer([...responseStream, responses.errorFrame].join('')),
      ],
      [
        'whose stream ends in a failure',
        V1_RESPONSE_STREAM_DOOR,
        streamAnswer(...responseStream.slice(0, -1), failed),
      ],
    ])('%s', async (_, door, bad) => {
      setting.upstream.play(door.upstreamPath, bad, door.answer('a good one'));
      await send(door).catch(() => undefined);
      const [second, third] = [await send(door), await send(door)];
      expect([second, third].map(cacheOf)).toEqual(['miss', 'hit']);
      expect(third.bytes.toString()).toContain('a good one');
      expect(setting.upstream.requests).toHaveLength(2);
    });

    it.each([CHAT_STREAM_DOOR, V1_CHAT_STREAM_DOOR])('that was left ($name)', async (door) => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, heldStream(chat, opened), door.answer('a good one'));
      const stream = await openStream(setting.url, token, door.path, door.body);
      expect(cacheOf(stream)).toBe('miss');
      await stream.blocks.next();
      stream.leave();
      await until(() => setting.upstream.requests[0]!.state === 'aborted');
      open();
      expect([cacheOf(await send(door)), cacheOf(await send(door))]).toEqual(['miss', 'hit']);
    });
  });

  describe('under a limit', () => {
    const limit = async (amount: number): Promise<void> => {
      const { body } = await api(setting.url, token).get('/api/auth/me');
      await setting.app.database.query(
        `INSERT INTO quota_limits VALUES ($1, 'tokens_a_day', $2)
         ON CONFLICT (subject, kind) DO UPDATE SET amount = excluded.amount`,
        [body.id, amount],
      );
    };
    const reserved = async (): Promise<number> => {
      await setting.booked();
      const [row] = await setting.app.database.query<{ sum: number }>(
        'SELECT sum(reserved)::int FROM quota_windows',
      );
      return row!.sum;
    };

    it('costs nothing of it, and is there when it is used up', async () => {
      answerAnew(setting.upstream, CHAT_DOOR);
      await limit(100_000);
      const first = await send(CHAT_DOOR);
      expect([cacheOf(first), first.headers.get('x-adjusted-params')]).toEqual(['miss', 'max_tokens']);
      await limit(30);
      expect((await send(CHAT_DOOR, { max_tokens: 100 })).status).toBe(429);
      const again = await send(CHAT_DOOR);
      expect([again.status, cacheOf(again)]).toEqual([200, 'hit']);
      expect(again.headers.get('x-adjusted-params')).toBeNull();
      expect(again.bytes.equals(first.bytes)).toBe(true);
      expect(await reserved()).toBe(0);
      const { body } = await api(setting.url, token).get('/api/usage/limits');
      expect(body.windows.find(({ name }: { name: string }) => name === 'tokens_a_day')).toMatchObject({
        used: 28,
        reserved: 0,
      });
    });

    it('keeps no answer that our bound has cut', async () => {
      const usage = { ...CHAT_USAGE, completion_tokens: 4096 };
      setting.upstream.play(chat.path, jsonAnswer(chatCompletion({ usage, finish_reason: 'length' })));
      await limit(100_000);
      expect([cacheOf(await send(CHAT_DOOR)), cacheOf(await send(CHAT_DOOR))]).toEqual(['miss', 'miss']);
      const own = { max_tokens: 4096 };
      expect([cacheOf(await send(CHAT_DOOR, own)), cacheOf(await send(CHAT_DOOR, own))]).toEqual([
        'miss',
        'hit',
      ]);
    });
  });

  it('answers nothing that cannot be booked', async () => {
    answerAnew(setting.upstream, CHAT_DOOR);
    await send(CHAT_DOOR);
    const away = new AppError('database_unavailable', 'The database cannot be reached.');
    jest.spyOn(setting.app.app.get(CallBook), 'open').mockRejectedValueOnce(away);
    const refused = await send(CHAT_DOOR);
    expect([refused.status, cacheOf(refused)]).toEqual([503, null]);
    expect(cacheOf(await send(CHAT_DOOR))).toBe('hit');
  });

  it('books whom left before the answer went out', async () => {
    answerAnew(setting.upstream, CHAT_DOOR);
    await send(CHAT_DOOR);
    await setting.booked();
    await setting.withLockedCalls(async (untilWaiting) => {
      const leaving = new AbortController();
      const left = fetch(setting.url + CHAT_DOOR.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(CHAT_DOOR.body),
        signal: leaving.signal,
      });
      await untilWaiting();
      leaving.abort();
      await expect(left).rejects.toThrow();
    });
    expect(await booked()).toMatchObject([
      { is_cache_hit: false },
      { is_cache_hit: true, input: 0, cost: 0 },
    ]);
  });

  it('is counted, and nothing of it is told', async () => {
    const count = async (outcome: string): Promise<number> => {
      const metrics = await (await fetch(`${setting.url}/metrics`)).text();
      expect(metrics).not.toContain('unheard-of');
      return Number(
        new RegExp(`keyturn_response_cache_total{outcome="${outcome}"} (\\d+)`).exec(metrics)?.[1] ?? 0,
      );
    };
    const before = [await count('hit'), await count('miss')];
    setting.upstream.play(chat.path, CHAT_DOOR.answer('unheard-of words'));
    const body = { messages: [{ role: 'user', content: 'unheard-of question' }] };
    for (let asked = 1; asked <= 3; asked++) await send(CHAT_DOOR, body);
    expect([await count('hit'), await count('miss')]).toEqual([before[0]! + 2, before[1]! + 1]);
    expect(setting.app.log()).not.toContain('unheard-of');
  });

  it('is told of to pages', async () => {
    const origin = 'http://localhost:5173';
    const answer = await ask(setting.url, { ...post('/api/chat', {}), headers: { origin } }, token);
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Cache');
  });
});

describe('Without the response cache', () => {
  it('every request goes to the provider, and no header speaks of it', async () => {
    const setting = await StatelessSetting.start();
    try {
      for (const door of CACHED_DOORS) {
        setting.upstream.reset();
        answerAnew(setting.upstream, door);
        for (let asked = 1; asked <= 2; asked++) {
          const answer = await askRaw(setting.url, through(door), setting.token);
          expect([answer.status, cacheOf(answer)]).toEqual([200, null]);
        }
        expect(setting.upstream.requests).toHaveLength(2);
      }
    } finally {
      await setting.stop();
    }
  });
});

describe('With the response cache', () => {
  it('rate limits hold as ever', async () => {
    const setting = await StatelessSetting.start({ CACHE_TTL: '10m', RATE_LIMIT_PER_MINUTE: '3' });
    try {
      answerAnew(setting.upstream, CHAT_DOOR);
      // The first user to sign up is an admin, who is exempt from rate limits.
      const { token } = await signUp(setting.url);
      const request = post('/api/chat', { messages: MESSAGES, temperature: 0 });
      const answers = [1, 2, 3, 4].map(() => ask(setting.url, request, token));
      expect((await Promise.all(answers)).map(({ status }) => status).sort()).toEqual([200, 200, 200, 429]);
    } finally {
      await setting.stop();
    }
  });
});
