import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestApp, type TestApp } from './support/app';
import { api, type Api, openStream, readAll, signUp } from './support/clients';
import {
  CHAT_PATH,
  jsonAnswer,
  type ReceivedRequest,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';

interface Call {
  id: string;
  function: { name: string; arguments: string };
  extra_content?: { google?: { thought_signature?: string } };
}

interface Message {
  role: string;
  content: unknown;
  tool_calls?: Call[];
  tool_call_id?: string;
  reasoning_content?: string;
}

interface Chunk {
  choices: { delta?: object; finish_reason?: string | null }[];
}

const SIGNATURE = 'c2lnbmF0dXJlLW9mLXRoZS1jYWxs';
const THOUGHT = 'They want a new task, a private thought.';
const NINE = /^[A-Za-z0-9]{9}$/;

const messagesOf = (request: ReceivedRequest): Message[] =>
  (JSON.parse(request.body.toString()) as { messages: Message[] }).messages;

const frames = (...deltas: object[]): Script =>
  streamAnswer(
    ...deltas.map((delta) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`),
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`,
    'data: [DONE]\n\n',
  );

const refusal = (message: string): Script =>
  jsonAnswer({ error: { message, type: 'invalid_request_error', param: null, code: null } }, 400);

const toolCall = (more: object = {}): object => ({
  index: 0,
  id: 'provider_call_1',
  type: 'function',
  function: { name: 'add_task', arguments: '{"title":"Buy milk"}' },
  ...more,
});

/** A provider that checks its own earlier messages in a request and refuses them if a required field is missing. */
interface StrictProvider {
  call: object;
  answer: object;
  faultOf: (messages: Message[]) => string | undefined;
}

const assistants = (messages: Message[]): Message[] => messages.filter(({ role }) => role === 'assistant');

const PROVIDERS: Record<string, StrictProvider> = {
  'thought signatures': {
    call: { tool_calls: [toolCall({ extra_content: { google: { thought_signature: SIGNATURE } } })] },
    answer: { content: 'Added.', extra_content: { google: { thought_signature: SIGNATURE } } },
    faultOf: (messages) =>
      assistants(messages).every(
        ({ tool_calls: calls }) =>
          calls === undefined || calls[0]!.extra_content?.google?.thought_signature === SIGNATURE,
      )
        ? undefined
        : 'Function call is missing a thought_signature.',
  },
  reasoning_content: {
    call: { reasoning_content: THOUGHT, tool_calls: [toolCall()] },
    answer: { reasoning_content: THOUGHT, content: 'Added.' },
    faultOf: (messages) =>
      assistants(messages).every(({ reasoning_content: thoughts }) => thoughts !== undefined)
        ? undefined
        : 'The reasoning_content in the thinking mode must be passed back to the API.',
  },
  'ids of nine letters and digits': {
    call: { tool_calls: [toolCall({ id: 'AbC123xYz' })] },
    answer: { content: 'Added.' },
    faultOf: (messages) =>
      messages
        .flatMap(({ tool_calls: calls = [], tool_call_id: id }) => [
          ...calls.map((each) => each.id),
          ...(id === undefined ? [] : [id]),
        ])
        .every((id) => NINE.test(id))
        ? undefined
        : 'Tool call id must be a-z, A-Z, 0-9, with a length of 9.',
  },
};

/** Calls a tool after a user's message, and answers in text after the tool's result. */
const strict =
  ({ call, answer, faultOf }: StrictProvider) =>
  (request: ReceivedRequest): Script => {
    const messages = messagesOf(request);
    const fault = faultOf(messages);
    if (fault !== undefined) return refusal(fault);
    return frames({ role: 'assistant' }, messages.at(-1)?.role === 'tool' ? answer : call);
  };

describe('What a provider wants back with its messages', () => {
  let app: TestApp;
  let openai: ScriptedUpstream;
  let gemini: ScriptedUpstream;
  let token: string;
  let user: Api;

  beforeAll(async () => {
    [openai, gemini] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()]);
    app = await createTestApp({
      OPENAI_BASE_URL: openai.baseUrl,
      GEMINI_API_KEY: 'gemini-test-key',
      GEMINI_BASE_URL: gemini.baseUrl,
      RATE_LIMIT_PER_MINUTE: '0',
      LOG_PROMPTS: 'true',
    });
    token = (await signUp(app.url)).token;
    user = api(app.url, token);
  });
  beforeEach(() => {
    openai.reset();
    gemini.reset();
  });
  afterAll(async () => {
    await app.stop();
    await Promise.all([openai.stop(), gemini.stop()]);
  });

  const GEMINI = 'gemini-3.8-flash';
  const chat = async (message: string, over: object = {}) => {
    const { status, body } = await user.post('/api/chat', { message, ...over });
    return { status, body };
  };

  it.each(Object.entries(PROVIDERS))(
    'sends %s in the follow-up and in the next turn',
    async (_, provider) => {
      openai.play(CHAT_PATH, strict(provider));
      const first = await chat('Add a task');
      const { conversation_id } = first.body;
      const second = await chat('And another', { conversation_id });

      for (const { status, body } of [first, second]) {
        expect({ status, response: body.response }).toEqual({ status: 200, response: 'Added.' });
        expect(body.changes).toMatchObject([{ change: 'created', title: 'Buy milk' }]);
      }
      expect(openai.requests).toHaveLength(4);
    },
  );

  it.each([
    ['thought signatures', 'thought_signature'],
    ['reasoning_content', 'reasoning_content'],
  ])('sends %s to no other provider, and again when the first one is back', async (name, member) => {
    const provider = PROVIDERS[name]!;
    const plain: StrictProvider = {
      call: { tool_calls: [toolCall()] },
      answer: { content: 'Done.' },
      faultOf: () => undefined,
    };
    gemini.play(CHAT_PATH, strict(provider));
    openai.play(CHAT_PATH, strict(plain));

    const { conversation_id } = (await chat('Add a task', { model: GEMINI })).body;
    const other = await chat('And another', { conversation_id });
    expect(other.status).toBe(200);
    expect(openai.requests).toHaveLength(2);
    for (const request of openai.requests) {
      expect(messagesOf(request).some(({ tool_calls: calls }) => calls !== undefined)).toBe(true);
      expect(request.body.toString()).not.toContain(member);
      expect(request.body.toString()).not.toContain('extra_content');
    }

    gemini.play(CHAT_PATH, strict({ ...provider, faultOf: () => undefined }));
    expect((await chat('A third', { conversation_id, model: GEMINI })).status).toBe(200);
    const [calling, answer, othersCall] = assistants(messagesOf(gemini.requests[2]!));
    expect(JSON.stringify(calling)).toContain(member);
    expect(JSON.stringify(answer)).toContain(member);
    expect(JSON.stringify(othersCall)).not.toContain(SIGNATURE);
    expect(JSON.stringify(othersCall)).not.toContain(THOUGHT);
  });

  it('shows none of it in an answer, an event, a list or the log', async () => {
    const call = {
      reasoning_content: THOUGHT,
      tool_calls: [toolCall({ extra_content: { google: { thought_signature: SIGNATURE } } })],
    };
    const answer = { reasoning_content: THOUGHT, content: 'Added.' };
    openai.play(CHAT_PATH, strict({ call, answer, faultOf: () => undefined }));

    const { body } = await chat('Add a task');
    const { conversation_id, turn_id } = body;
    const stream = await openStream(app.url, token, '/api/chat/stream', { message: 'More', conversation_id });
    const shown = [
      body,
      await readAll(stream),
      (await user.get(`/api/turns/${turn_id}`)).body,
      (await user.get(`/api/conversations/${conversation_id}`)).body,
      (await user.get(`/api/conversations/${conversation_id}/messages`)).body,
    ];
    const text = JSON.stringify(shown) + app.log();
    expect(text).toContain('Buy milk');
    expect(app.log()).toContain('"event":"prompt"');
    for (const secret of [SIGNATURE, THOUGHT, 'extra_content', 'reasoning_content', '"extras"']) {
      expect(text).not.toContain(secret);
    }
    expect(openai.requests.at(-1)!.body.toString()).toContain(SIGNATURE);
  });

  it('keeps a conversation usable whose last answer was cut off', async () => {
    const provider = PROVIDERS.reasoning_content!;
    openai.play(CHAT_PATH, strict(provider));
    const { conversation_id } = (await chat('Add a task')).body;
    openai.play(CHAT_PATH, [
      ...streamAnswer('data: {"choices":[{"index":0,"delta":{"content":"I am ab"}}]}\n\n'),
    ]);
    expect((await chat('And another', { conversation_id })).status).toBe(502);

    openai.play(CHAT_PATH, strict(provider));
    expect((await chat('Again', { conversation_id })).status).toBe(200);
  });

  it('sends calls that were stored with longer ids under ids of nine letters and digits', async () => {
    const provider = PROVIDERS['ids of nine letters and digits']!;
    openai.play(CHAT_PATH, strict(provider));
    const { conversation_id, tool_calls: calls } = (await chat('Add a task')).body;
    expect(calls).toHaveLength(1);
    await app.database.query(
      `UPDATE messages SET body = CASE role
         WHEN 'assistant' THEN jsonb_set(body, '{toolCalls,0,id}', '"call_173e6c9b_1_1"')
         ELSE jsonb_set(body, '{toolCallId}', '"call_173e6c9b_1_1"') END
       WHERE conversation_id = $1 AND (role = 'tool' OR body ? 'toolCalls')`,
      [conversation_id],
    );

    expect((await chat('And another', { conversation_id })).status).toBe(200);
    const messages = messagesOf(openai.requests[2]!);
    const called = messages.find(({ tool_calls: made }) => made !== undefined)!.tool_calls![0]!.id;
    expect(called).toMatch(NINE);
    expect(messages.find(({ role }) => role === 'tool')!.tool_call_id).toBe(called);
  });

  it('counts thoughts in the estimate of a call without usage', async () => {
    openai.play(CHAT_PATH, frames({ reasoning_content: 'x'.repeat(4000) }, { content: 'hi' }));
    const { body } = await chat('Hello');
    const [row] = await app.database.query<{ output_tokens: number; is_estimated: boolean }>(
      'SELECT output_tokens::int, is_estimated FROM usage_ledger WHERE turn_id = $1',
      [body.turn_id],
    );
    expect(row).toEqual({ output_tokens: 1001, is_estimated: true });
  });

  it('counts what goes back in what is reserved and estimated for the next call', async () => {
    const long = 'y'.repeat(40_000);
    const call = { reasoning_content: long, tool_calls: [toolCall()] };
    openai.play(CHAT_PATH, strict({ call, answer: { content: 'Added.' }, faultOf: () => undefined }));
    const { body } = await chat('Add a task');
    const [first, second] = await app.database.query<{ input: number }>(
      'SELECT input_tokens_estimate::int AS input FROM upstream_calls WHERE turn_id = $1 ORDER BY step',
      [body.turn_id],
    );
    expect(second!.input - first!.input).toBeGreaterThan(10_000);
  });

  describe('runs the calls and says the words of', () => {
    const FIXTURES = join(__dirname, 'fixtures/providers');

    it.each([
      ['gemini-parallel-index-zero', ['Pay the rent', 'Call Ada'], ''],
      ['copilot-parallel-index-zero', ['One', 'Two'], ''],
      ['copilot-parallel-without-ids', ['Left', 'Right'], ''],
      ['bedrock-gateway-index-from-one', ['Wash the car'], 'Let me add that.'],
      ['vllm-no-index-fragments', ['Sharpen knives'], ''],
      ['qwen-name-in-every-chunk', ['Iron'], ''],
      ['ollama-arguments-object', ['Buy milk'], ''],
      ['kimi-functions-prefix', ['Sow peas'], ''],
      ['gpt-oss-channel-in-name', ['Stretch'], ''],
      ['legacy-function-call', ['Fax the form'], ''],
      ['proxy-whole-message-at-the-end', ['Bake'], 'One moment.'],
      ['magistral-content-parts', [], 'You have three left.'],
    ])('%s', async (name, titles, words) => {
      const { events } = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as {
        events: (Chunk | '[DONE]')[];
      };
      const wire = events.map((event) => `data: ${event === '[DONE]' ? event : JSON.stringify(event)}\n\n`);
      openai.play(CHAT_PATH, (request) =>
        messagesOf(request).at(-1)?.role === 'tool' ? frames({ content: 'Ready.' }) : streamAnswer(...wire),
      );
      const { status, body } = await chat('Go');
      expect(status).toBe(200);
      expect(body.changes.map(({ title }: { title: string }) => title)).toEqual(titles);
      expect(body.response).toBe(
        [words, ...(titles.length === 0 ? [] : ['Ready.'])].filter(Boolean).join('\n\n'),
      );
      expect(body.tool_calls.every(({ error }: { error?: string }) => error === undefined)).toBe(true);
    });
  });
});
