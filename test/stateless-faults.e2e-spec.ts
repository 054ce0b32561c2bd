import { ask, expectRefusal } from './support/requests';
import {
  chat,
  chatCompletion,
  cut,
  echoingKey401,
  emptyAccount,
  errorAsFirstFrame,
  errorAsSecondFrame,
  halfOfJson,
  hangBeforeHeaders,
  hangInTheMiddle,
  htmlInsteadOfJson,
  jsonAnswer,
  malformedJson,
  MIB,
  MULTIBYTE_DELTAS,
  PLANTED,
  rateLimited,
  refusedBaseUrl,
  responsesFrame,
  type Script,
  type ScriptFor,
  serverErrorWithBody,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import {
  askRaw,
  asking,
  DOORS,
  GEMINI_KEY,
  JSON_DOOR,
  OPENAI_KEY,
  type StatelessDoor,
  StatelessSetting,
  STREAM_DOOR,
  STREAMS,
} from './support/stateless';

jest.setTimeout(30_000);

type Scripts = [ScriptFor, ...ScriptFor[]];

interface Expected {
  status: number;
  code: string;
  /** The number of requests to the provider; default 1. */
  calls?: number;
  retryAfter?: string;
  /** Whether the provider may have done the work, so that the call is billed. */
  isBilled?: boolean;
}

type Row = [what: string, scripts: (door: StatelessDoor) => Scripts, expected: Expected];

const good = ({ dialect, isStream }: StatelessDoor): Script =>
  isStream ? streamAnswer(...dialect.frames(['Hello'])) : jsonAnswer(dialect.whole('Hello'));

const always = (script: ScriptFor) => (): Scripts => [script];
const failing = (status: number, error: object | undefined, headers: Record<string, string> = {}) =>
  always(jsonAnswer(error === undefined ? {} : { error }, status, headers));
/** An error event as the first event. */
const told =
  (code: string) =>
  (door: StatelessDoor): Scripts => [
    streamAnswer(
      door.dialect === chat
        ? `data: ${JSON.stringify({ error: { message: PLANTED, code } })}\n\n`
        : responsesFrame({ type: 'error', code, message: PLANTED, sequence_number: 0 }),
    ),
  ];

const ON_EVERY_DOOR: Row[] = [
  [
    'closes without a word',
    always([{ cut: true }]),
    { status: 503, code: 'upstream_unavailable', calls: 3, isBilled: true },
  ],
  [
    'hangs before its head',
    always(hangBeforeHeaders),
    { status: 504, code: 'upstream_timeout', isBilled: true },
  ],
  [
    'wants a pause of 0 s, again and again',
    always(rateLimited(0)),
    { status: 429, code: 'rate_limited', calls: 3, retryAfter: '0' },
  ],
  ['wants a longer pause', always(rateLimited(11)), { status: 429, code: 'rate_limited', retryAfter: '11' }],
  [
    'wants a pause and does not say how long',
    always(rateLimited()),
    { status: 429, code: 'rate_limited', retryAfter: '10' },
  ],
  ['is out of our money', always(emptyAccount), { status: 503, code: 'insufficient_quota' }],
  ['refuses our key, and says it', always(echoingKey401), { status: 502, code: 'upstream_auth_failed' }],
  ['forbids', failing(403, { message: PLANTED }), { status: 502, code: 'upstream_auth_failed' }],
  ['fails with words', always(serverErrorWithBody), { status: 502, code: 'upstream_error', calls: 3 }],
  [
    'knows no such model',
    failing(404, { message: 'No such model.', code: 'model_not_found', param: 'model' }),
    { status: 404, code: 'model_not_found' },
  ],
  ['rejects without a code', failing(422, { message: 'No.' }), { status: 422, code: 'upstream_rejected' }],
  ['finds it too large', failing(413, undefined), { status: 413, code: 'upstream_rejected' }],
  [
    'answers in half of JSON',
    always(malformedJson),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'answers with a page',
    always(htmlInsteadOfJson),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'answers with nothing',
    always([{ status: 200 }, { end: true }]),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
];

/** Cases handled in one place for all doors, so one door is enough. */
const ON_ONE_DOOR: Row[] = [
  [
    'wants a pause until some day',
    failing(429, { message: PLANTED }, { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
    { status: 429, code: 'rate_limited', retryAfter: expect.stringMatching(/^\d{10}$/) as string },
  ],
  [
    'fails with a page',
    always([
      { status: 503, headers: { 'content-type': 'text/html' } },
      { bytes: `<p>${PLANTED}` },
      { end: true },
    ]),
    { status: 502, code: 'upstream_error', calls: 3 },
  ],
  [
    'fails without a word',
    always([{ status: 500 }, { end: true }]),
    { status: 502, code: 'upstream_error', calls: 3 },
  ],
  [
    'fails and hangs in its words',
    always([
      { status: 418, headers: { 'content-type': 'application/json' } },
      { bytes: `{"error":{"message":"${PLANTED}` },
      { hang: true },
    ]),
    { status: 502, code: 'upstream_error' },
  ],
  [
    'fails at length',
    always([{ status: 418 }, { bytes: PLANTED.repeat(50_000) }, { hang: true }]),
    { status: 502, code: 'upstream_error' },
  ],
  ['is late itself', failing(504, { message: PLANTED }), { status: 504, code: 'upstream_timeout', calls: 3 }],
  [
    'sends us elsewhere',
    failing(307, undefined, { location: `http://127.0.0.1:9/${PLANTED}` }),
    { status: 502, code: 'upstream_error' },
  ],
];

const ON_JSON: Row[] = [
  [
    'hangs in the middle',
    always(halfOfJson(chat, { hang: true })),
    { status: 504, code: 'upstream_timeout', isBilled: true },
  ],
  [
    'breaks off in the middle',
    always(halfOfJson(chat, { cut: true })),
    { status: 502, code: 'upstream_error', isBilled: true },
  ],
  [
    'answers with a stream',
    always(streamAnswer(...chat.frames([PLANTED]))),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'answers with a list',
    always(jsonAnswer([PLANTED])),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'answers with no completion',
    always(jsonAnswer({ object: PLANTED })),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'answers with too much',
    always([{ status: 200 }, { bytes: Buffer.alloc(65 * MIB, PLANTED) }, { hang: true }]),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
];

const ON_STREAMS: Row[] = [
  [
    'answers with JSON',
    ({ dialect }) => [jsonAnswer(dialect.whole(PLANTED))],
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'says at once that it failed',
    ({ dialect }) => [errorAsFirstFrame(dialect)],
    { status: 502, code: 'upstream_error', isBilled: true },
  ],
  [
    'says secondly that it failed',
    ({ dialect }) => [errorAsSecondFrame(dialect)],
    { status: 502, code: 'upstream_error', isBilled: true },
  ],
  [
    'says in the stream to wait',
    told('rate_limit_exceeded'),
    { status: 429, code: 'rate_limited', retryAfter: '10', isBilled: true },
  ],
  [
    'says in the stream that it is out of our money',
    told('insufficient_quota'),
    { status: 503, code: 'insufficient_quota', isBilled: true },
  ],
  [
    'breaks off before it has said anything',
    ({ dialect }) => [[STREAM_HEAD, { bytes: dialect.frames([])[0]! }, { cut: true }]],
    { status: 502, code: 'upstream_error', isBilled: true },
  ],
  [
    'hangs before it has said anything',
    ({ dialect }) => [[STREAM_HEAD, { bytes: dialect.frames([])[0]! }, { hang: true }]],
    { status: 504, code: 'upstream_timeout', isBilled: true },
  ],
  [
    'says what is no JSON',
    always(streamAnswer(`data: {${PLANTED}\n\n`)),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
  [
    'says a number',
    always(streamAnswer('data: 5\n\n')),
    { status: 502, code: 'upstream_invalid_response', isBilled: true },
  ],
];

const TABLES = DOORS.map((door) => ({
  ...door,
  rows: [...ON_EVERY_DOOR, ...(door.isStream ? ON_STREAMS : [...ON_ONE_DOOR, ...ON_JSON])],
}));

describe('When the provider', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ UPSTREAM_TIMEOUT: '1s', UPSTREAM_IDLE_TIMEOUT: '1s' });
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const play = (door: StatelessDoor, ...scripts: Scripts): void =>
    setting.upstream.play(door.dialect.path, ...scripts);
  const requestIds = (): unknown[] =>
    setting.upstream.requests.map(({ headers }) => headers['x-client-request-id']);

  /** Checks that neither the provider's words nor a key appear in the client's answer or in the log. */
  function expectNothingPlanted(answer: unknown, headers: Headers): void {
    const said = JSON.stringify([answer, ...headers]) + setting.app.log();
    for (const secret of [PLANTED, OPENAI_KEY, GEMINI_KEY]) expect(said).not.toContain(secret);
  }

  async function expectWell(door: StatelessDoor): Promise<void> {
    setting.upstream.reset();
    play(door, good(door));
    const answer = await askRaw(setting.url, asking(door), setting.token);
    expect([answer.status, answer.isCut]).toEqual([200, false]);
    expect(answer.bytes.toString()).toContain('Hello');
  }

  describe.each(TABLES)('of $name', (door) => {
    it.each(door.rows)(
      '%s',
      async (_, scripts, { status, code, calls = 1, retryAfter = null, isBilled = false }) => {
        play(door, ...scripts(door));
        const answer = await ask(setting.url, asking(door), setting.token);

        expectRefusal(answer, status, code);
        expect(answer.headers.get('retry-after')).toEqual(retryAfter);
        expectNothingPlanted(answer.body, answer.headers);
        const booked = await setting.booked();
        expect(booked).toHaveLength(calls);
        expect(booked.map(({ id }) => id)).toEqual(requestIds());
        expect(booked.map(({ attempt }) => attempt)).toEqual(booked.map((_call, index) => index + 1));
        for (const call of booked) {
          expect(call).toMatchObject({ ...door.booked, user_id: setting.userId });
          expect(['failed', 'completed']).toContain(call.outcome);
          if (isBilled) expect(call.input).toBeGreaterThan(0);
          else expect(call).toMatchObject({ is_estimated: false, input: 0, output: 0 });
        }
        await expectWell(door);
      },
    );

    it('cannot be reached', async () => {
      const nowhere = await refusedBaseUrl();
      const lost = await StatelessSetting.start({ OPENAI_BASE_URL: nowhere, GEMINI_BASE_URL: nowhere });
      try {
        const answer = await ask(lost.url, asking(door), lost.token);
        expectRefusal(answer, 503, 'upstream_unavailable');
        expect(JSON.stringify(answer.body) + lost.app.log()).not.toContain(nowhere);
        const nothing = { outcome: 'failed', is_estimated: false, input: 0, output: 0 };
        expect(await lost.booked()).toMatchObject([1, 2, 3].map((attempt) => ({ ...nothing, attempt })));
      } finally {
        await lost.stop();
      }
    });

    it.each<[string, Scripts]>([
      ['fails once', [serverErrorWithBody]],
      ['fails twice', [serverErrorWithBody, failing(502, { message: PLANTED })()[0]]],
      ['closes once', [[{ cut: true }]]],
      ['wants a pause of 1 s', [rateLimited(1)]],
      ['was late once', [failing(408, { message: PLANTED })()[0]]],
    ])('%s and then answers, all is well, and each try a call of its own', async (_, faults) => {
      play(door, ...faults, good(door));
      const answer = await askRaw(setting.url, asking(door), setting.token);
      expect(answer.status).toBe(200);
      expect(answer.bytes.toString()).toContain('Hello');
      expectNothingPlanted(answer.bytes.toString(), answer.headers);
      const booked = await setting.booked();
      expect(booked.map(({ outcome }) => outcome)).toEqual([...faults.map(() => 'failed'), 'completed']);
      expect(booked.at(-1)).toMatchObject({ is_estimated: false, input: 21, output: 7 });
      expect(booked.map(({ id }) => id)).toEqual(requestIds());
      expect(new Set(requestIds()).size).toBe(faults.length + 1);
      const [first, ...others] = setting.upstream.requests.map(({ body }) => body.toString());
      expect(others).toEqual(others.map(() => first));
    });

    it('rejects what was sent, the client is told why, without names of ours', async () => {
      const message = `Too long for org-abc123 and key sk-abcdef: ${'x'.repeat(600)}`;
      const error = {
        message,
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      };
      play(door, jsonAnswer({ error }, 400));
      const answer = await ask(setting.url, asking(door), setting.token);
      expectRefusal(answer, 400, 'context_length_exceeded');
      expect(answer.body.param).toBe('messages');
      expect(answer.body.message).toMatch(/^Too long for \[removed\] and key \[removed\]: x+$/);
      expect(answer.body.message).toHaveLength(500);
    });
  });

  describe.each(STREAMS)('of $name', (door) => {
    it('hangs in the middle, the client is told so or cut off', async () => {
      play(door, hangInTheMiddle(door.dialect));
      const answer = await askRaw(setting.url, asking(door), setting.token);
      const text = answer.bytes.toString();
      expect([answer.status, answer.isCut]).toEqual([200, door.isRelay]);
      if (!door.isRelay) expect(text).toMatch(/"code":"upstream_timeout".*\n\n$/);
      expect(text).not.toContain('[DONE]');
      await setting.upstream.requests[0]!.over;
      expect(setting.upstream.requests[0]!.state).toBe('aborted');
      expect(await setting.booked()).toMatchObject([{ outcome: 'failed', is_estimated: true }]);
      await expectWell(door);
    });

    it('breaks off in the middle, it is not asked again', async () => {
      play(door, cut(door.dialect), good(door));
      const answer = await askRaw(setting.url, asking(door), setting.token);
      expect([answer.status, answer.isCut]).toEqual([200, door.isRelay]);
      expect(answer.bytes.toString()).not.toContain('[DONE]');
      expect(await setting.booked()).toMatchObject([{ outcome: 'failed', is_estimated: true }]);
    });
  });

  it('ends our own stream without a finish reason, that is no end', async () => {
    play(STREAM_DOOR, streamAnswer(...chat.frames(['Hello']).slice(0, 2)));
    const answer = await askRaw(setting.url, asking(STREAM_DOOR), setting.token);
    expect(answer.bytes.toString()).toMatch(
      /^data: \{"delta":"Hello"\}\n\ndata: \{.*"code":"upstream_error".*\}\n\n$/,
    );
  });

  it('answers byte by byte in many bytes a character, nothing is lost', async () => {
    const text = JSON.stringify(chatCompletion({ content: MULTIBYTE_DELTAS.join('') }));
    play(JSON_DOOR, [
      { status: 200, headers: { 'content-type': 'application/json' } },
      { oneByteAtATime: text },
      { end: true },
    ]);
    const answer = await askRaw(setting.url, asking(JSON_DOOR), setting.token);
    const content = JSON.stringify(MULTIBYTE_DELTAS.join(''));
    expect(answer.bytes.toString()).toBe(`${text.slice(0, -1)},"content":${content}}`);
    expect(await setting.booked()).toMatchObject([{ outcome: 'completed', is_estimated: false, input: 21 }]);
  });
});
