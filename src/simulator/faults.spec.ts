import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  RateLimitError,
} from 'openai';
import { type RunningSimulator, startSimulator } from './simulator.server';
import type { SeenRequest } from './traffic';

let simulator: RunningSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'any', baseURL: simulator.baseUrl, maxRetries: 0 });
});
afterAll(() => simulator.stop());

const functions = ['add_task', 'list_tasks'].map((name) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: { title: { type: 'string' } } } },
}));

type Messages = OpenAI.Chat.Completions.ChatCompletionMessageParam[];

const saying = (content: string): Messages => [{ role: 'user', content }];
const chat = (content: string, options?: OpenAI.RequestOptions) =>
  client.chat.completions.create({ model: 'm', messages: saying(content) }, options);
const chatStream = (content: string, options?: OpenAI.RequestOptions) =>
  client.chat.completions.create({ model: 'm', messages: saying(content), stream: true }, options);

/** The text received from a stream, and the error that ended it, if any. */
async function drain(stream: AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>) {
  let text = '';
  try {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

const countTimers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** Waits until the request with this id reaches the state. */
async function seen(clientRequestId: string, state: SeenRequest['state']): Promise<SeenRequest> {
  for (const deadline = performance.now() + 5_000; performance.now() < deadline;) {
    const request = simulator.requests().find((each) => each.clientRequestId === clientRequestId);
    if (request?.state === state) return request;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`no request ${clientRequestId} became ${state}`);
}

describe('error answers', () => {
  it.each<[string, new (...parameters: never[]) => APIError, object, string | null]>([
    ['rate_limit', RateLimitError, { status: 429, code: 'rate_limit_exceeded' }, '1'],
    ['rate_limit:7', RateLimitError, { status: 429, code: 'rate_limit_exceeded' }, '7'],
    ['insufficient_quota', RateLimitError, { status: 429, code: 'insufficient_quota' }, null],
    ['unauthorized', AuthenticationError, { status: 401, code: 'invalid_api_key' }, null],
    ['server_error', InternalServerError, { status: 500, type: 'server_error' }, null],
    [
      'bad_request',
      BadRequestError,
      { status: 400, code: 'context_length_exceeded', param: 'messages' },
      null,
    ],
    ['no_such_fault', BadRequestError, { status: 400, code: 'unknown_fault' }, null],
  ])('%s, by directive and by header, on both APIs', async (name, type, facts, retryAfter) => {
    const failures = await Promise.all([
      chat(`[[fault:${name}]] Hello`).catch((error: unknown) => error),
      chatStream(`Hello [[fault:${name}]]`).catch((error: unknown) => error),
      chat('Hello', { headers: { 'x-simulator-fault': name } }).catch((error: unknown) => error),
      client.responses.create({ model: 'm', input: `[[fault:${name}]]` }).catch((error: unknown) => error),
    ]);
    for (const error of failures) {
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject(facts);
      expect((error as APIError).headers!.get('retry-after')).toBe(retryAfter);
    }
  });

  it.each([
    ['rate_limit_once', 429, '0'],
    ['error_once', 500, null],
  ])('%s fails the first request with that text only', async (name, status, retryAfter) => {
    for (const token of ['#a', '#b']) {
      const message = `[[fault:${name}${token}]] say hi`;
      const error = (await chat(message).catch((reason: unknown) => reason)) as APIError;
      expect([error.status, error.headers!.get('retry-after')]).toEqual([status, retryAfter]);
      expect((await chat(message)).choices[0]!.message.content).toBe('hi');
    }
  });

  it('reads the newest user message only', async () => {
    const messages: Messages = [
      ...saying('[[fault:server_error]]'),
      { role: 'assistant', content: 'x' },
      ...saying('say hi'),
    ];
    const { choices } = await client.chat.completions.create({ model: 'm', messages });
    expect(choices[0]!.message.content).toBe('hi');
  });
});

describe('broken transport', () => {
  it('slow waits before each delta after the first, and stops waiting when the client leaves', async () => {
    const { text } = await drain(await chatStream('[[fault:slow:1]] say one two three'));
    expect(text).toBe('one two three');
    const timersBefore = countTimers();
    const stream = await chatStream('[[fault:slow:3600000]] say one two', {
      headers: { 'x-client-request-id': 'slow' },
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await seen('slow', 'aborted');
    expect(countTimers()).toBeLessThanOrEqual(timersBefore);
    expect((await chat('[[fault:slow:1]] say hi')).choices[0]!.message.content).toBe('hi');
  });

  it('hang sends nothing until the client gives up, which the provider sees', async () => {
    const controller = new AbortController();
    const headers = { 'x-client-request-id': 'hang' };
    const waiting = chat('[[fault:hang]]', { signal: controller.signal, headers }).catch(
      (error: unknown) => error,
    );
    expect(await seen('hang', 'open')).toMatchObject({ path: '/v1/chat/completions' });
    controller.abort();
    expect(await waiting).toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(await seen('hang', 'aborted')).toMatchObject({ path: '/v1/chat/completions', state: 'aborted' });
  });

  it('stall sends the first delta and no more', async () => {
    const controller = new AbortController();
    const stream = await chatStream('[[fault:stall]] say one two', {
      signal: controller.signal,
      headers: { 'x-client-request-id': 'stall' },
    });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text !== '') controller.abort();
    }
    expect(text).toBe('one');
    expect(await seen('stall', 'aborted')).toMatchObject({ model: 'm' });
  });

  it('cut ends the connection in the middle', async () => {
    const { text, error } = await drain(await chatStream('[[fault:cut]] say one two three four'));
    expect(error).toMatchObject({ message: 'terminated' });
    expect(text).toMatch(/^one/);
    expect('one two three four'.startsWith(text)).toBe(true);
    await expect(chat('[[fault:cut]] say one')).rejects.toThrow();
  });

  it('error_in_stream comes second', async () => {
    const { text, error } = await drain(await chatStream('[[fault:error_in_stream]] say one'));
    expect([text, error]).toEqual(['', expect.any(APIError)]);
    expect(error).toMatchObject({ type: 'server_error' });
    const events: string[] = [];
    const stream = await client.responses.create({
      model: 'm',
      input: '[[fault:error_in_stream]]',
      stream: true,
    });
    for await (const event of stream) events.push(event.type);
    expect(events).toEqual(['response.created', 'error']);
    await expect(chat('[[fault:error_in_stream]]')).rejects.toBeInstanceOf(InternalServerError);
  });
});

describe('a misbehaving model', () => {
  /** Plays up to this many steps and answers each call with the same result. */
  async function play(content: string, steps: number, tools: typeof functions | null = functions) {
    const messages = saying(content);
    const calls: { name: string; arguments: string }[] = [];
    for (let step = 0; step < steps; step += 1) {
      const { choices } = await client.chat.completions.create({
        model: 'm',
        messages,
        ...(tools && { tools }),
      });
      const { message } = choices[0]!;
      if (!message.tool_calls) return { calls, answer: message.content };
      messages.push(message);
      for (const call of message.tool_calls) {
        if (call.type === 'function') calls.push(call.function);
        messages.push({
          role: 'tool',
          tool_call_id: call.id,
          content: '{"error":"invalid_arguments","detail":"No."}',
        });
      }
    }
    return { calls, answer: undefined };
  }

  it('sends arguments that are no JSON, then tells what came of it', async () => {
    const { calls, answer } = await play('[[fault:malformed_arguments]] Hello', 3);
    expect(calls).toHaveLength(1);
    expect(() => JSON.parse(calls[0]!.arguments) as unknown).toThrow(SyntaxError);
    expect(answer).toBe('The tool add_task failed: No (invalid_arguments).');
  });

  it('calls an unknown tool, then tells what came of it', async () => {
    const { calls, answer } = await play('[[fault:unknown_tool]]', 3);
    expect(calls.map(({ name }) => name)).toEqual(['frobnicate_task']);
    expect(answer).toContain('frobnicate_task failed');
  });

  it('names a foreign user', async () => {
    const { calls, answer } = await play('[[fault:foreign_user]]', 3);
    expect(calls.map((call) => Object.keys(JSON.parse(call.arguments) as object))).toEqual([
      ['title', 'user_id'],
    ]);
    expect(answer).toBeDefined();
  });

  it('calls tools without end, with the same arguments or with others, while tools are on', async () => {
    const same = await play('[[fault:endless_tools]]', 4);
    expect(new Set(same.calls.map((call) => call.arguments)).size).toBe(1);
    const varied = await play('[[fault:endless_tools_varied]]', 4);
    expect(new Set(varied.calls.map((call) => call.arguments)).size).toBe(4);
    expect(varied.calls.map(({ name }) => name)).toEqual(Array(4).fill('list_tasks'));
    expect((await play('[[fault:endless_tools]]', 1, null)).answer).toEqual(expect.any(String));
  });
});

it('remembers the last 200 requests, without their text', async () => {
  for (let count = 0; count < 201; count += 1)
    await fetch(`${simulator.baseUrl}/models`, { headers: { authorization: 'Bearer x' } });
  const requests = simulator.requests();
  expect(requests).toHaveLength(200);
  expect(Object.keys(requests[0]!).sort()).toEqual(['clientRequestId', 'model', 'path', 'state']);
});
