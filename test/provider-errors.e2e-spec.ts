import { type ProviderErrorCase, providerErrorCases } from './support/provider-errors';
import { ask, expectRefusal, post } from './support/requests';
import {
  chat,
  responsesFrame,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';
import { openSocket } from './support/socket-client';
import { prompt, TEMPLATE } from './support/socket-door';
import {
  askRaw,
  asking,
  DOORS,
  GEMINI_KEY,
  OPENAI_KEY,
  StatelessSetting,
  STREAM_DOOR,
} from './support/stateless';

jest.setTimeout(30_000);

const MODEL = 'gpt-4o-mini';
const MESSAGES = [{ role: 'user', content: 'hi' }];

/** A door, and what its client reads from an error. */
interface Door {
  name: string;
  isV1: boolean;
  /** Whether the door retries requests where that is allowed. */
  isRetrying: boolean;
  ask(setting: StatelessSetting): Promise<Refusal>;
}

interface Refusal {
  /** undefined: a socket has no status. */
  status: number | undefined;
  code: string;
  message: string;
  param: string | undefined;
  type?: string;
  headers?: Headers;
}

const json = (name: string, path: string, body: object): Door => ({
  name,
  isV1: false,
  isRetrying: true,
  ask: async ({ url, token }) => {
    const answer = await ask(url, post(path, body), token);
    expectRefusal(answer, answer.status, answer.body.code);
    const { code, message, param } = answer.body;
    return { status: answer.status, code, message, param, headers: answer.headers };
  },
});

const v1 = (path: string, body: object): Door => ({
  name: path,
  isV1: true,
  isRetrying: false,
  ask: async ({ url, token }) => {
    const { status, headers, body: answer } = await ask(url, post(path, { model: MODEL, ...body }), token);
    const { code, message, param, type } = answer.error;
    return { status, code, message, param: param ?? undefined, type, headers };
  },
});

const SOCKET: Door = {
  name: '/ws',
  isV1: false,
  isRetrying: true,
  ask: async ({ url, token }) => {
    const socket = await openSocket(url, { token });
    socket.send(prompt('full'));
    const { code, message, param } = JSON.parse(await socket.next());
    await socket.closed;
    return { status: undefined, code, message, param };
  },
};

const STATELESS: Door[] = [
  ...DOORS.map((door) => json(`${door.path} (${door.name})`, door.path, { messages: MESSAGES })),
  v1('/v1/chat/completions', { messages: MESSAGES }),
  v1('/v1/chat/completions', { messages: MESSAGES, stream: true }),
  v1('/v1/responses', { input: 'hi' }),
  SOCKET,
];

const AGENT: Door[] = [json('/api/chat (the agent)', '/api/chat', { message: 'hi' })];

/** Each stands for a kind of error; the unit specs cover all cases. */
const SAMPLE = [
  'anthropic-empty-account',
  'anthropic-overloaded',
  'cloudflare-bad-gateway',
  'databricks-top-level',
  'deepseek-balance',
  'empty-body',
  'fastapi-validation',
  'gemini-prepaid-credits',
  'gemini-rate-limit',
  'gemini-wrong-key',
  'groq-too-large',
  'mistral-extra-field',
  'nginx-too-large',
  'odd-status-418',
  'openai-do-not-retry',
  'openai-project-without-model',
  'openai-unverified-organization',
  'openrouter-raw',
  'redirect-303',
  'text-as-error',
  'vllm-top-level',
  'xai-credits',
];
const CASES = providerErrorCases().filter(({ name }) => SAMPLE.includes(name));

const script = ({ status, headers, body }: ProviderErrorCase): Script => [
  { status, headers },
  { bytes: body },
  { end: true },
];

describe('An error answer of a provider', () => {
  let setting: StatelessSetting;
  let elsewhere: ScriptedUpstream;

  beforeAll(async () => {
    elsewhere = await startScriptedUpstream();
    setting = await StatelessSetting.start({
      PROMPT_TEMPLATES: 'COG_TURN_COMMENT',
      COG_TURN_COMMENT: TEMPLATE,
      AUTH_ATTEMPTS_PER_MINUTE: '0',
    });
  });
  afterEach(() => setting.forget());
  afterAll(async () => {
    await setting.stop();
    await elsewhere.stop();
  });

  it('is tried in a sample of the known shapes', () => expect(CASES.map(({ name }) => name)).toEqual(SAMPLE));

  async function expectAnswer(door: Door, row: ProviderErrorCase): Promise<void> {
    setting.upstream.play(() => true, script(row));
    const { status, code, message, param, type, headers } = await door.ask(setting);

    const expected = { ...row.expect, ...(door.isV1 ? row.expect.v1 : undefined) };
    expect(code).toBe(expected.code);
    if (status !== undefined) expect(status).toBe(expected.status);
    expect(param).toBe(expected.param);
    if (door.isV1 && row.expect.v1 !== undefined) expect(type).toBe(row.expect.v1.type);
    if (expected.message === undefined) expect(row.body).not.toContain(message);
    else expect(message).toBe(expected.message);
    if (expected.retryAfter !== undefined && headers !== undefined) {
      expect(headers.get('retry-after')).toBe(String(expected.retryAfter));
    }
    if (door.isV1 && code === 'insufficient_quota') expect(headers?.get('x-should-retry')).toBe('false');

    const calls = door.isRetrying && expected.isRetried === true ? 3 : 1;
    expect(setting.upstream.requests).toHaveLength(calls);
    expect(await setting.booked()).toMatchObject(
      Array.from({ length: calls }, () => ({ outcome: 'failed', is_estimated: false, input: 0, output: 0 })),
    );
    // A hash can hold any word by chance.
    const shown = [...(headers ?? [])].filter(([name]) => name !== 'etag');
    const seen = JSON.stringify([message, code, param, ...shown]) + setting.app.log();
    for (const words of [...(row.hidden ?? []), OPENAI_KEY, GEMINI_KEY]) expect(seen).not.toContain(words);
  }

  describe.each([...STATELESS, ...AGENT].map((door) => [door.name, door] as const))('at %s', (_, door) => {
    it.each(CASES.map((row) => [row.name, row] as const))('becomes the right error: %s', (_name, row) =>
      expectAnswer(door, row),
    );

    it.each([301, 302, 303, 307, 308])('is not followed where it is a redirect (%i)', async (status) => {
      const location = `${elsewhere.baseUrl}/elsewhere`;
      setting.upstream.play(() => true, [{ status, headers: { location } }, { end: true }]);
      const refusal = await door.ask(setting);
      expect([refusal.code, refusal.message]).toEqual([
        'upstream_error',
        'The model’s provider sent a redirect, which is not followed.',
      ]);
      if (refusal.status !== undefined) expect(refusal.status).toBe(502);
      expect([setting.upstream.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
      expect(setting.app.log()).toContain(`redirect with status ${status}`);
      expect(JSON.stringify([refusal, ...(refusal.headers ?? [])])).not.toContain(elsewhere.baseUrl);
    });

    it.each([204, 205])('is a reply without a body (%i), which is no answer', async (status) => {
      setting.upstream.play(() => true, [{ status }, { end: true }]);
      expect((await door.ask(setting)).code).toBe('upstream_invalid_response');
    });
  });

  const frame = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;
  const EVENTS: [what: string, frame: string, code: string][] = [
    [
      'an error object',
      frame({ error: { message: 'No.', code: 'insufficient_quota' } }),
      'insufficient_quota',
    ],
    ['a text', frame({ error: 'The engine failed.' }), 'upstream_error'],
    [
      'an event with a name',
      `event: error\n${frame({ error: { code: 429, message: 'Slow.' } })}`,
      'rate_limited',
    ],
    [
      'Anthropic’s',
      `event: error\n${frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}`,
      'upstream_error',
    ],
    [
      'vLLM’s',
      frame({ object: 'error', message: 'Too long.', type: 'BadRequestError', code: 400 }),
      'upstream_rejected',
    ],
    ['Gemini’s', frame([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]), 'rate_limited'],
    [
      'OpenRouter’s, beside a choice',
      frame({
        error: { code: 502, message: 'Provider disconnected' },
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
      }),
      'upstream_error',
    ],
    ['one without a wrapper', frame({ code: 500, message: 'The engine failed.' }), 'upstream_error'],
  ];
  const STREAMING = STATELESS.filter(
    ({ name }) => /stream|chat-gemini/.test(name) && !/chat-openai/.test(name),
  );

  it.each(EVENTS)('is the first event of a stream: %s', async (_, event, code) => {
    for (const door of [...STREAMING, v1('/v1/chat/completions', { messages: MESSAGES, stream: true })]) {
      setting.upstream.play(() => true, streamAnswer(event));
      expect([door.name, (await door.ask(setting)).code]).toEqual([door.name, code]);
    }
  });

  it.each(EVENTS)('is an event in the middle of a stream: %s', async (_, event, code) => {
    const begun = chat.frames(['Hello']).slice(0, 2);
    setting.upstream.play(() => true, streamAnswer(...begun, event, ...chat.frames([' world'])));
    const answer = await askRaw(setting.url, asking(STREAM_DOOR), setting.token);
    const text = answer.bytes.toString();
    expect(text).toMatch(
      new RegExp(`^data: \\{"delta":"Hello"\\}\\n\\ndata: \\{[^\\n]*"code":"${code}"[^\\n]*\\}\\n\\n$`),
    );
  });

  it.each<[string, string, string]>([
    [
      'an error',
      responsesFrame({ type: 'error', code: 'rate_limit_exceeded', message: 'No.' }),
      'rate_limited',
    ],
    [
      'an error within an object',
      responsesFrame({
        type: 'error',
        error: { type: 'invalid_request_error', code: 'invalid_prompt', message: 'No.' },
      }),
      'invalid_prompt',
    ],
    [
      'a failed response',
      responsesFrame({
        type: 'response.failed',
        response: {
          object: 'response',
          status: 'failed',
          error: { code: 'insufficient_quota', message: 'No.' },
        },
      }),
      'insufficient_quota',
    ],
  ])('is the first event of a stream of the Responses API: %s', async (_, event, code) => {
    for (const door of [
      json('/api/chat-openai', '/api/chat-openai', { messages: MESSAGES }),
      v1('/v1/responses', { input: 'hi', stream: true }),
    ]) {
      setting.upstream.play(() => true, streamAnswer(event));
      expect([door.name, (await door.ask(setting)).code]).toEqual([door.name, code]);
    }
  });

  it('is retried where Anthropic was overloaded once, and then answers', async () => {
    const overloaded = CASES.find(({ name }) => name === 'anthropic-overloaded')!;
    setting.upstream.play(() => true, script(overloaded), streamAnswer(...chat.frames(['Hello'])));
    const answer = await askRaw(setting.url, asking(STREAM_DOOR), setting.token);
    expect([answer.status, answer.bytes.toString()]).toEqual([200, expect.stringContaining('Hello')]);
    expect(await setting.booked()).toMatchObject([{ outcome: 'failed' }, { outcome: 'completed' }]);
  });
});
