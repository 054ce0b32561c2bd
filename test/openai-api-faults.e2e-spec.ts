import { api } from './support/clients';
import { requestBytes, leavingAfter } from './support/raw-client';
import { ask, type Ask, get, post } from './support/requests';
import {
  chat,
  type Dialect,
  echoingKey401,
  emptyAccount,
  errorAsFirstFrame,
  errorAsSecondFrame,
  gate,
  hangBeforeHeaders,
  hangInTheMiddle,
  htmlInsteadOfJson,
  jsonAnswer,
  malformedJson,
  multibyteOneByteAtATime,
  PLANTED,
  rateLimited,
  refusedBaseUrl,
  responses,
  type Script,
  type ScriptFor,
  serverErrorWithBody,
} from './support/scripted-upstream';
import { askRaw, OPENAI_KEY, StatelessSetting } from './support/stateless';

const MODEL = 'gpt-4o-mini';

interface Door {
  name: string;
  asked: Ask;
  path: string;
  dialect: Dialect;
  isStream: boolean;
}

const asked = (path: string, over: object = {}) => post(path, { model: MODEL, ...over });
const BOUNDARY = 'x';
const FORM = `--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n`;

const JSON_DOORS: Door[] = [
  { name: 'chat', asked: asked(chat.path), path: chat.path, dialect: chat, isStream: false },
  {
    name: 'responses',
    asked: asked(responses.path),
    path: responses.path,
    dialect: responses,
    isStream: false,
  },
  {
    name: 'embeddings',
    asked: asked('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }),
    path: '/v1/embeddings',
    dialect: chat,
    isStream: false,
  },
  {
    name: 'an upload',
    asked: post('/v1/files', FORM, { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }),
    path: '/v1/files',
    dialect: chat,
    isStream: false,
  },
  {
    name: 'a file',
    asked: get('/v1/files/file-mine'),
    path: '/v1/files/file-mine',
    dialect: chat,
    isStream: false,
  },
  {
    name: 'a stored response',
    asked: get('/v1/responses/resp_mine'),
    path: '/v1/responses/resp_mine',
    dialect: responses,
    isStream: false,
  },
];
const STREAM_DOORS: Door[] = [chat, responses].map((dialect) => ({
  name: `a stream of ${dialect.name}`,
  asked: asked(dialect.path, { stream: true }),
  path: dialect.path,
  dialect,
  isStream: true,
}));
const CONTENT_DOOR: Door = {
  name: 'a file’s content',
  asked: get('/v1/files/file-mine/content'),
  path: '/v1/files/file-mine/content',
  dialect: chat,
  isStream: false,
};
const ALL_DOORS = [...JSON_DOORS, ...STREAM_DOORS, CONTENT_DOOR];

const refusal = (status: number, over: object = {}): Script =>
  jsonAnswer(
    { error: { message: 'Refused.', type: 'invalid_request_error', code: null, param: null, ...over } },
    status,
  );

type Fault = [what: string, script: ScriptFor, status: number, code: string, more?: object];

/** Failures before an answer starts; the same on every door. */
const EARLY: Fault[] = [
  ['hangs before its headers', hangBeforeHeaders, 504, 'upstream_timeout', { type: 'server_error' }],
  ['breaks off before its headers', [{ cut: true }], 503, 'upstream_unavailable', { type: 'server_error' }],
  [
    'asks for fewer requests, and when to come again',
    rateLimited(7),
    429,
    'rate_limited',
    { type: 'requests' },
  ],
  ['asks for fewer requests', rateLimited(), 429, 'rate_limited', { type: 'requests' }],
  ['has an empty account', emptyAccount, 429, 'insufficient_quota', { type: 'insufficient_quota' }],
  ['refuses our key, and says it', echoingKey401, 502, 'upstream_auth_failed', { type: 'server_error' }],
  ['forbids it', refusal(403, { message: PLANTED }), 502, 'upstream_auth_failed', { type: 'server_error' }],
  ['fails, and says why', serverErrorWithBody, 502, 'upstream_error', { type: 'server_error' }],
  [
    'is gone to another place',
    [{ status: 302, headers: { location: `/${PLANTED}` } }, { end: true }],
    502,
    'upstream_error',
    {},
  ],
  [
    'refuses what it was sent',
    refusal(400, {
      code: 'context_length_exceeded',
      param: 'messages',
      message: `Too long. sk-live-abcdef ${'x'.repeat(600)}`,
    }),
    400,
    'context_length_exceeded',
    {
      type: 'invalid_request_error',
      param: 'messages',
      message: expect.stringMatching(/^Too long\. \[removed\] x{1,500}$/),
    },
  ],
  ['does not know what is named', refusal(404, { code: 'gone', param: 'id' }), 404, 'gone', { param: 'id' }],
  ['finds it too large', refusal(413), 413, 'upstream_rejected', { message: 'Refused.' }],
  ['cannot work with it', refusal(422), 422, 'upstream_rejected', {}],
];

const INVALID: Fault[] = [
  ['sends JSON that is none', malformedJson, 502, 'upstream_invalid_response'],
  ['sends a page', htmlInsteadOfJson, 502, 'upstream_invalid_response'],
  ['sends a list', jsonAnswer([1]), 502, 'upstream_invalid_response'],
  [
    'sends nothing',
    [{ status: 200, headers: { 'content-type': 'application/json' } }, { end: true }],
    502,
    'upstream_invalid_response',
  ],
  ['sends half of it, and hangs', [...half(), { hang: true }], 504, 'upstream_timeout'],
  ['sends half of it, and breaks off', [...half(), { cut: true }], 502, 'upstream_error'],
];

function half(): Script {
  return [{ status: 200, headers: { 'content-type': 'application/json' } }, { bytes: `{"id":"${PLANTED}` }];
}

const INVALID_STREAM: [what: string, script: (dialect: Dialect) => Script, status: number, code: string][] = [
  ['sends JSON', () => jsonAnswer({}), 502, 'upstream_invalid_response'],
  ['sends a page', () => htmlInsteadOfJson, 502, 'upstream_invalid_response'],
  ['tells of an error first', errorAsFirstFrame, 502, 'upstream_error'],
  ['tells of an error second', errorAsSecondFrame, 502, 'upstream_error'],
  [
    'sends an event that is no JSON',
    () => [
      { status: 200, headers: { 'content-type': 'text/event-stream' } },
      { bytes: `data: {${PLANTED}\n\n` },
      { end: true },
    ],
    502,
    'upstream_invalid_response',
  ],
  [
    'sends no event',
    () => [{ status: 200, headers: { 'content-type': 'text/event-stream' } }, { end: true }],
    502,
    'upstream_invalid_response',
  ],
];

describe('When the provider fails under /v1', () => {
  let setting: StatelessSetting;
  const answers: string[] = [];

  beforeAll(async () => {
    setting = await StatelessSetting.start({ UPSTREAM_TIMEOUT: '500ms', UPSTREAM_IDLE_TIMEOUT: '500ms' });
    await setting.app.database.query(
      `INSERT INTO upstream_objects (provider, id, kind, user_id, facts)
       VALUES ('openai', 'file-mine', 'file', $1, '{}'), ('openai', 'resp_mine', 'response', $1, NULL)`,
      [setting.userId],
    );
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  async function fail({ path, asked: request }: Door, script: ScriptFor) {
    setting.upstream.play(path, script);
    const answer = await ask(setting.url, request, setting.token);
    answers.push(JSON.stringify([...answer.headers, answer.body]));
    return answer;
  }

  describe.each(ALL_DOORS.map((door) => [door.name, door] as const))('%s', (_, door) => {
    it.each(EARLY)('when it %s', async (_what, script, status, code, more) => {
      const answer = await fail(door, script);
      expect([answer.status, answer.body]).toEqual([
        status,
        { error: { message: expect.any(String), type: expect.any(String), param: null, code, ...more } },
      ]);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(setting.upstream.requests).toHaveLength(1);
      expect(await setting.booked()).toMatchObject([{ door: 'v1', attempt: 1, outcome: 'failed' }]);
    });
  });

  it('says when to come again, and whether it is of use', async () => {
    const [door] = JSON_DOORS;
    const limited = await fail(door!, rateLimited(7));
    expect(limited.headers.get('retry-after')).toBe('7');
    expect(limited.headers.has('x-should-retry')).toBe(false);
    expect((await fail(door!, rateLimited())).headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await fail(door!, emptyAccount)).headers.get('x-should-retry')).toBe('false');
    expect((await fail(door!, echoingKey401)).headers.get('x-should-retry')).toBe('false');
    expect((await fail(door!, serverErrorWithBody)).headers.has('x-should-retry')).toBe(false);
  });

  describe.each(JSON_DOORS.map((door) => [door.name, door] as const))('%s', (_, door) => {
    it.each(INVALID)('when it %s', async (_what, script, status, code) => {
      const answer = await fail(door, script);
      expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
      expect(await setting.booked()).toHaveLength(1);
      expect(
        await setting.app.database.query("SELECT FROM upstream_objects WHERE id LIKE '%planted%'"),
      ).toEqual([]);
    });
  });

  describe.each(STREAM_DOORS.map((door) => [door.name, door] as const))('%s', (_, door) => {
    it.each(INVALID_STREAM)('when it %s', async (_what, script, status, code) => {
      const answer = await fail(door, script(door.dialect));
      expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    });

    it.each<[string, Script[number]]>([
      ['hangs', { hang: true }],
      ['breaks off', { cut: true }],
    ])('is reset when it %s in the middle', async (_what, ending) => {
      const { opened, open } = gate();
      const begun = hangInTheMiddle(door.dialect).slice(0, -1);
      setting.upstream.play(door.path, [...begun, { wait: opened }, ending]);
      const response = await fetch(setting.url + door.path, {
        method: 'POST',
        headers: { authorization: `Bearer ${setting.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(door.asked.body),
      });
      let text = '';
      const read = async (): Promise<void> => {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          if (text.includes('"Hello"')) open();
        }
      };
      await expect(read()).rejects.toThrow();
      expect(text).toBe(begun.map((step) => ('bytes' in step ? String(step.bytes) : '')).join(''));
      expect(await setting.booked()).toMatchObject([{ outcome: 'failed', is_estimated: true }]);
    });

    it('comes through byte by byte', async () => {
      const { bytes, script } = multibyteOneByteAtATime(door.dialect);
      setting.upstream.play(door.path, script);
      const body = { ...(door.asked.body as object), stream_options: { include_usage: true } };
      const answer = await askRaw(setting.url, { ...door.asked, body }, setting.token);
      expect(answer.bytes.equals(bytes)).toBe(true);
    });
  });

  it.each(JSON_DOORS.map((door) => [door.name, door] as const))(
    '%s comes through byte by byte',
    async (_, door) => {
      const bytes = Buffer.from(JSON.stringify(door.dialect.whole('aж中😀')));
      const head = { status: 200, headers: { 'content-type': 'application/json' } };
      const answer = await fail(door, [head, { oneByteAtATime: bytes }, { end: true }]);
      expect(answer.body).toEqual(JSON.parse(bytes.toString()));
    },
  );

  describe.each(ALL_DOORS.map((door) => [door.name, door] as const))('%s', (_, door) => {
    it('that nobody waits for any more is aborted within a second', async () => {
      setting.upstream.play(door.path, [{ readBody: true }, { hang: true }]);
      const { opened, open } = gate();
      const abort = new AbortController();
      const { method, path, body, headers } = door.asked;
      const asking = fetch(setting.url + path, {
        method,
        headers: { authorization: `Bearer ${setting.token}`, 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
        signal: abort.signal,
      }).catch(open);
      const request = await setting.upstream.nextRequest();
      abort.abort();
      const leftAt = Date.now();
      await Promise.all([asking, opened, request.over]);
      expect(request.state).toBe('aborted');
      expect(request.abortedAt! - leftAt).toBeLessThan(1000);
      expect(await setting.booked()).toMatchObject([{ outcome: 'cancelled' }]);
    });
  });

  it('leaves a client that went in the middle of JSON nothing to pay but an estimate', async () => {
    setting.upstream.play(chat.path, [...half(), { hang: true }]);
    const leaving = leavingAfter(setting.url, requestBytes(asked(chat.path), setting.token), 1).catch(
      () => undefined,
    );
    await leaving;
    const [call] = await setting.booked();
    expect(call).toMatchObject({ is_estimated: true });
  });

  it('is answered as unavailable where nobody listens', async () => {
    const lonely = await StatelessSetting.start({ OPENAI_BASE_URL: await refusedBaseUrl() });
    try {
      for (const request of [...JSON_DOORS.slice(0, 4), ...STREAM_DOORS].map((door) => door.asked)) {
        const { status, body } = await ask(lonely.url, request, lonely.token);
        expect([status, body.error.code, body.error.type]).toEqual([
          503,
          'upstream_unavailable',
          'server_error',
        ]);
      }
      const calls = await lonely.booked();
      expect(calls.map(({ outcome, is_estimated }) => [outcome, is_estimated])).toEqual(
        Array.from({ length: 6 }, () => ['failed', false]),
      );
    } finally {
      await lonely.stop();
    }
  });

  it('is not configured where there is neither a key nor the simulator', async () => {
    const bare = await StatelessSetting.start({ OPENAI_API_KEY: '', SIMULATOR: 'off' });
    try {
      for (const { asked: request } of ALL_DOORS) {
        const { status, body, headers } = await ask(bare.url, request, bare.token);
        expect([status, body.error]).toEqual([
          500,
          {
            message: 'OPENAI_API_KEY is not configured on the server',
            type: 'server_error',
            param: null,
            code: 'upstream_not_configured',
          },
        ]);
        expect(headers.get('x-should-retry')).toBe('false');
      }
      const models = await api(bare.url, bare.token).get('/v1/models');
      const owners = new Set(models.body.data.map(({ owned_by }: { owned_by: string }) => owned_by));
      expect([...owners]).toEqual(['gemini']);
    } finally {
      await bare.stop();
    }
  });

  it('says in no answer and in no log line what the provider said, or the key', () => {
    expect(answers.length).toBeGreaterThan(150);
    const log = setting.app.log();
    expect(log).toContain('request_failed');
    expect(log).toContain('stream_broken');
    for (const secret of [PLANTED, OPENAI_KEY, setting.token]) {
      expect(answers.filter((text) => text.includes(secret))).toEqual([]);
      expect(log).not.toContain(secret);
    }
  });
});
