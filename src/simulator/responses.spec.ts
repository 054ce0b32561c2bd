import OpenAI, { NotFoundError } from 'openai';
import { type RunningSimulator, startSimulator } from './simulator.server';

let simulator: RunningSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'any', baseURL: simulator.baseUrl, maxRetries: 0 });
});
afterAll(() => simulator.stop());

describe('responses', () => {
  const tool = {
    type: 'function' as const,
    strict: false,
    name: 'add_task',
    parameters: { type: 'object', properties: { title: { type: 'string' }, due: { type: 'string' } } },
  };

  it('answers a string', async () => {
    const response = await client.responses.create({
      model: 'gpt-5',
      input: 'say hello there',
      instructions: 'Be kind.',
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'simulator-1',
      output_text: 'hello there',
    });
    expect(response.usage!.total_tokens).toBe(response.usage!.input_tokens + response.usage!.output_tokens);
  });

  it('takes the fields that Codex sends', async () => {
    const fields = {
      parallel_tool_calls: true,
      store: false,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'session',
      client_metadata: { session_id: 'session' },
    } as object;
    const { output_text } = await client.responses.create({ model: 'gpt-5', input: 'say hello', ...fields });
    expect(output_text).toBe('hello');
  });

  it('streams the events in their order, numbered', async () => {
    const stream = client.responses.stream({ model: 'gpt-5', input: 'Hello' });
    const types: string[] = [];
    const numbers: number[] = [];
    stream.on('event', (event) => {
      numbers.push(event.sequence_number);
      if (types.at(-1) !== event.type) types.push(event.type);
    });
    const response = await stream.finalResponse();
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(numbers).toEqual(numbers.map((_number, index) => index));
    const whole = await client.responses.create({ model: 'gpt-5', input: 'Hello' });
    expect(response.output_text).toBe(whole.output_text);
  });

  it('calls functions in pieces and goes on from their output', async () => {
    const stream = client.responses.stream({ model: 'gpt-5', input: 'Add buy milk tomorrow', tools: [tool] });
    let joined = '';
    stream.on('response.function_call_arguments.delta', (event) => (joined += event.delta));
    const { output, id } = await stream.finalResponse();
    const [call] = output;
    expect(call).toMatchObject({
      type: 'function_call',
      name: 'add_task',
      arguments: joined,
      status: 'completed',
    });
    expect(JSON.parse(joined)).toEqual({ title: 'Buy milk', due: 'tomorrow' });
    const next = await client.responses.create({
      model: 'gpt-5',
      previous_response_id: id,
      tools: [tool],
      input: [
        {
          type: 'function_call_output',
          call_id: (call as OpenAI.Responses.ResponseFunctionToolCall).call_id,
          output: '{"task":{"id":4,"title":"Buy milk"}}',
        },
      ],
    });
    expect(next.output_text).toBe('Added task #4 “Buy milk”.');
  });

  it('is incomplete at max_output_tokens', async () => {
    const stream = client.responses.stream({ model: 'gpt-5', input: 'Hello', max_output_tokens: 16 });
    const response = await stream.finalResponse();
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(response.usage!.output_tokens).toBe(16);
  });

  it('answers in the format asked for', async () => {
    const schema = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    };
    const response = await client.responses.create({
      model: 'gpt-5',
      input: 'Hello',
      text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } },
    });
    expect(JSON.parse(response.output_text)).toEqual({ ok: false });
  });

  it('keeps responses until they are deleted, unless store is false', async () => {
    const kept = await client.responses.create({ model: 'gpt-5', input: 'Hello' });
    expect(await client.responses.retrieve(kept.id)).toMatchObject({ id: kept.id, status: 'completed' });
    await client.responses.delete(kept.id);
    await expect(client.responses.retrieve(kept.id)).rejects.toBeInstanceOf(NotFoundError);
    const passing = await client.responses.create({ model: 'gpt-5', input: 'Hello', store: false });
    await expect(
      client.responses.create({ model: 'gpt-5', input: 'Hello', previous_response_id: passing.id }),
    ).rejects.toMatchObject({ status: 404, code: 'previous_response_not_found' });
  });

  it.each<[string, object, string]>([
    ['no input', { model: 'm' }, 'input'],
    [
      'an output without its call',
      { model: 'm', input: [{ type: 'function_call_output', call_id: 'x', output: '' }] },
      'input',
    ],
    [
      'a call without its output',
      { model: 'm', input: [{ type: 'function_call', call_id: 'x', name: 'a', arguments: '' }] },
      'input',
    ],
    ['too small a limit', { model: 'm', input: 'a', max_output_tokens: 15 }, 'max_output_tokens'],
    ['a parameter of the other API', { model: 'm', input: 'a', messages: [] }, 'messages'],
  ])('refuses %s', async (_name, body, param) => {
    const creating = client.responses.create(body as OpenAI.Responses.ResponseCreateParamsNonStreaming);
    await expect(creating).rejects.toMatchObject({ status: 400, param });
  });

  it('lists what a stored response was asked, and takes its items by reference', async () => {
    const first = await client.responses.create({ model: 'gpt-5', input: 'say one' });
    const item = first.output[0]!.id!;
    const second = await client.responses.create({
      model: 'gpt-5',
      input: [
        { role: 'user', content: 'say one' },
        { type: 'item_reference', id: item },
        { role: 'user', content: 'say two' },
      ],
    });
    expect(second.output_text).toBe('two');

    const texts: unknown[] = [];
    for await (const { content } of client.responses.inputItems.list(second.id, {
      order: 'asc',
      limit: 1,
    }) as AsyncIterable<{ content: unknown }>)
      texts.push(content);
    expect(texts).toEqual(['say one', first.output[0]!['content' as never], 'say two']);

    const missing = client.responses.create({ model: 'gpt-5', input: [{ id: 'msg_gone' }] });
    await expect(missing).rejects.toMatchObject({ status: 404, param: 'input' });
    await expect(client.responses.cancel(second.id)).rejects.toMatchObject({ status: 400 });
  });
});
