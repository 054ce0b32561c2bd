import OpenAI, { BadRequestError } from 'openai';
import { type RunningSimulator, startSimulator } from './simulator.server';

type ChatTool = OpenAI.Chat.Completions.ChatCompletionFunctionTool;
type ChatParams = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

let simulator: RunningSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'any', baseURL: simulator.baseUrl, maxRetries: 0 });
});
afterAll(() => simulator.stop());

const addTask: ChatTool = {
  type: 'function',
  function: {
    name: 'add_task',
    description: 'Adds a task.',
    parameters: {
      type: 'object',
      properties: { title: { type: 'string' }, due: { type: 'string' } },
      required: ['title'],
    },
  },
};
const user = (content: string) => ({ role: 'user' as const, content });
const chat = (content: string, more: Partial<ChatParams> = {}) =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages: [user(content)], ...more });

describe('chat completions', () => {
  it('answers with the whole envelope', async () => {
    const { data, response, request_id } = await chat('Hello').withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'simulator-1',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: expect.stringContaining('simulator') },
        },
      ],
      usage: {
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    } as never);
    expect(data.usage!.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
    expect(request_id).toMatch(/^req_/);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  });

  it('streams role, several deltas, finish reason and, where asked for, usage', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-5',
      messages: [user('Hello')],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.Chat.Completions.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length).toBeGreaterThan(3);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      model: 'simulator-1',
      usage: { total_tokens: expect.any(Number) },
    });
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe((await chat('Hello')).choices[0]!.message.content);
  });

  it('sends no usage chunk nobody asked for and ends with [DONE]', async () => {
    const response = await client.chat.completions
      .create({ model: 'm', messages: [user('Hello')], stream: true })
      .asResponse();
    const body = await response.text();
    expect(body).not.toContain('usage');
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('satisfies the stream helper, parallel tool calls in pieces', async () => {
    const stream = client.chat.completions.stream({
      model: 'gpt-4o-mini',
      messages: [user('Add buy milk tomorrow and call mom on Friday')],
      tools: [addTask],
    });
    const pieces: unknown[] = [];
    stream.on('chunk', (chunk) => pieces.push(...(chunk.choices[0]?.delta.tool_calls ?? [])));
    const completion = await stream.finalChatCompletion();
    const { finish_reason, message } = completion.choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(
      message.tool_calls!.map((call) => call.type === 'function' && JSON.parse(call.function.arguments)),
    ).toEqual([
      { title: 'Buy milk', due: 'tomorrow' },
      { title: 'Call mom', due: 'Friday' },
    ]);
    expect(pieces[0]).toEqual({
      index: 0,
      id: expect.any(String),
      type: 'function',
      function: { name: 'add_task', arguments: '' },
    });
    expect(pieces.length).toBeGreaterThan(5);
  });

  it('runs the tools of runTools through a whole loop, and answers from their results', async () => {
    const tasks: { id: number; title: string; due?: string; completed: boolean }[] = [];
    const runner = client.chat.completions.runTools({
      model: 'gpt-4o-mini',
      messages: [user('Add a task to buy milk tomorrow, then list my tasks')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'add_task',
            description: 'Adds a task.',
            parameters: addTask.function.parameters as { type: 'object' },
            parse: JSON.parse as (text: string) => { title: string; due?: string },
            function: (values: { title: string; due?: string }) => {
              tasks.push({ id: tasks.length + 1, completed: false, ...values });
              return JSON.stringify(tasks.at(-1));
            },
          },
        },
        {
          type: 'function',
          function: {
            name: 'list_tasks',
            description: 'Lists tasks.',
            parameters: { type: 'object', properties: { status: { type: 'string' } } },
            parse: JSON.parse as (text: string) => object,
            function: () => JSON.stringify(tasks),
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe(
      'Added task #1 “Buy milk” (due tomorrow).\nYou have 1 task:\n- #1 “Buy milk” (due tomorrow)',
    );
    expect(tasks).toEqual([{ id: 1, title: 'Buy milk', due: 'tomorrow', completed: false }]);
  });

  it('fills a tool it has never heard of', async () => {
    const runner = client.chat.completions.runTools({
      model: 'gpt-4o-mini',
      messages: [user('How is the weather in Paris?')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Tells the weather of a city.',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: JSON.parse as (text: string) => { city: string },
            function: ({ city }: { city: string }) => `sunny in ${city}`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toContain('sunny in Paris');
  });

  it('reads text parts and strips the context block', async () => {
    const content = [
      { type: 'text' as const, text: 'say hello\n\n<context>Current time: 2026-11-21 10:00</context>' },
    ];
    const completion = await client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content }],
    });
    expect(completion.choices[0]!.message.content).toBe('hello');
  });

  it.each(['max_tokens', 'max_completion_tokens'])('stops at %s', async (limit) => {
    const { choices, usage } = await chat('Hello', { [limit]: 3 });
    expect(choices[0]!.finish_reason).toBe('length');
    expect(choices[0]!.message.content).toHaveLength(12);
    expect(usage!.completion_tokens).toBe(3);
  });

  it('answers in the JSON asked for', async () => {
    const format = {
      type: 'json_schema' as const,
      json_schema: {
        name: 'answer',
        strict: true,
        schema: {
          type: 'object',
          properties: {
            mood: { $ref: '#/$defs/mood' },
            score: { type: 'integer', minimum: 3 },
            notes: { type: ['string', 'null'] },
          },
          required: ['mood', 'score', 'notes'],
          additionalProperties: false,
          $defs: { mood: { enum: ['glad', 'sad'] } },
        },
      },
    };
    const parsed = await client.chat.completions.parse({
      model: 'm',
      messages: [user('Hi')],
      response_format: format,
    });
    expect(parsed.choices[0]!.message.parsed).toEqual({ mood: 'glad', score: 3, notes: 'simulated' });
    const object = await chat('say hi', { response_format: { type: 'json_object' } });
    expect(JSON.parse(object.choices[0]!.message.content!)).toEqual({ reply: 'hi' });
  });

  it('honours tool_choice', async () => {
    const none = await chat('Add buy milk', { tools: [addTask], tool_choice: 'none' });
    expect(none.choices[0]!.finish_reason).toBe('stop');
    const required = await chat('Hello', { tools: [addTask], tool_choice: 'required' });
    expect(required.choices[0]!.message.tool_calls).toHaveLength(1);
    const one = await chat('Add a, b and c', { tools: [addTask], parallel_tool_calls: false });
    expect(one.choices[0]!.message.tool_calls).toHaveLength(1);
  });

  const call = { id: 'c1', type: 'function', function: { name: 'add_task', arguments: '{}' } };
  const calling = { role: 'assistant', tool_calls: [call] };
  const result = { role: 'tool', tool_call_id: 'c1', content: 'ok' };
  it.each<[string, object, string | null]>([
    ['no model', { messages: [user('a')] }, 'model'],
    ['no messages', { model: 'm' }, 'messages'],
    ['empty messages', { model: 'm', messages: [] }, 'messages'],
    ['an unknown role', { model: 'm', messages: [{ role: 'robot', content: 'a' }] }, 'messages[0].role'],
    ['no content', { model: 'm', messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    ['a tool message without a call', { model: 'm', messages: [user('a'), result] }, 'messages[1].role'],
    [
      'a tool message for another call',
      { model: 'm', messages: [calling, { ...result, tool_call_id: 'c2' }] },
      'messages[1].role',
    ],
    ['a call without a result at the end', { model: 'm', messages: [user('a'), calling] }, 'messages[2]'],
    [
      'a call without a result before the next message',
      { model: 'm', messages: [calling, user('a')] },
      'messages[1]',
    ],
    ['a result given twice', { model: 'm', messages: [calling, result, result] }, 'messages[2].role'],
    ['empty tools', { model: 'm', messages: [user('a')], tools: [] }, 'tools'],
    [
      'tool_choice without tools',
      { model: 'm', messages: [user('a')], tool_choice: 'required' },
      'tool_choice',
    ],
    [
      'tool_choice for an unknown tool',
      {
        model: 'm',
        messages: [user('a')],
        tools: [addTask],
        tool_choice: { type: 'function', function: { name: 'x' } },
      },
      'tool_choice',
    ],
    [
      'a loose strict schema',
      {
        model: 'm',
        messages: [user('a')],
        tools: [{ type: 'function', function: { ...addTask.function, strict: true } }],
      },
      'tools[0].function.parameters',
    ],
    ['two choices', { model: 'm', messages: [user('a')], n: 2 }, 'n'],
    [
      'stream_options without stream',
      { model: 'm', messages: [user('a')], stream_options: { include_usage: true } },
      'stream_options',
    ],
    ['a temperature too high', { model: 'm', messages: [user('a')], temperature: 3 }, 'temperature'],
    [
      'both token limits',
      { model: 'm', messages: [user('a')], max_tokens: 1, max_completion_tokens: 1 },
      'max_tokens',
    ],
    ['an unknown parameter', { model: 'm', messages: [user('a')], maxOutputTokens: 1 }, 'maxOutputTokens'],
    [
      'a schema without a name',
      {
        model: 'm',
        messages: [user('a')],
        response_format: { type: 'json_schema', json_schema: { schema: {} } },
      },
      'response_format.name',
    ],
  ])('refuses %s', async (_name, body, param) => {
    const error: unknown = await client.chat.completions
      .create(body as ChatParams)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param });
  });
});
