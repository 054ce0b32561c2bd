import { createClient } from './client.js';
import { BrokenStreamError } from './errors.js';
import type { TurnEvent } from './turns.js';
import { collect } from './testing/bytes.js';
import { cutStream, json, refusal, ScriptedServer, stream } from './testing/scripted-server.js';

const server = new ScriptedServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const chat = () => createClient({ baseUrl: server.url, token: 'a-token' });
const accepted = { turn_id: 't-1', conversation_id: 4 };
const answer = { ...accepted, response: 'Added.', tool_calls: [], changes: [], model: 'm', usage: {} };

describe('sendMessage', () => {
  it('posts the message, with the key that names the attempt', async () => {
    server.will(json(200, answer));
    const request = { conversation_id: 4, message: 'Add a task' };

    expect(await chat().sendMessage(request, { idempotencyKey: 'once' })).toEqual(answer);
    expect(server.requests).toMatchObject([
      { line: 'POST /api/chat', body: request, headers: { 'idempotency-key': 'once' } },
    ]);
  });

  it('says of a turn that failed which it was', async () => {
    server.will(refusal(504, 'upstream_timeout', {}, accepted));

    await expect(chat().sendMessage({ message: 'Hello' })).rejects.toMatchObject({
      code: 'upstream_timeout',
      turnId: 't-1',
      conversationId: 4,
    });
  });
});

describe('streamMessage', () => {
  const call = { id: 'call_1', tool: 'add_task', arguments: { title: 'Buy milk' } };
  const result = { id: 'call_1', tool: 'add_task', ok: true, result: {}, changes: [] };

  it('gives every block with its kind, leaves out kinds that are yet to be, and ends in the answer', async () => {
    server.will(
      stream(
        accepted,
        { tool_call: call },
        { tool_result: result },
        { weather: 'fine' },
        { delta: 'Added.' },
        { done: true, ...answer },
        '[DONE]',
      ),
    );
    const turn = chat().streamMessage({ message: 'Add a task to buy milk' });

    expect(await collect(turn)).toEqual<TurnEvent[]>([
      { type: 'accepted', ...accepted },
      { type: 'tool_call', tool_call: call },
      { type: 'tool_result', tool_result: result },
      { type: 'delta', delta: 'Added.' },
      { type: 'done', ...answer } as never,
    ]);
    expect(await turn.result()).toEqual(answer);
  });

  it.each([
    ['is cut', cutStream(accepted, { delta: 'Ad' }), expect.objectContaining({ message: 'terminated' })],
    ['ends too early', stream(accepted, { delta: 'Ad' }), undefined],
    ['ends without the answer', stream(accepted, '[DONE]'), undefined],
  ])('says which turn goes on unheard where the stream %s', async (_, broken, cause) => {
    server.will(broken);
    const error = await chat()
      .streamMessage({ message: 'Add a task' })
      .result()
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BrokenStreamError);
    expect(error).toMatchObject({ turnId: 't-1', conversationId: 4 });
    expect((error as Error).cause).toEqual(cause);
  });
});

describe('turns', () => {
  it('are asked for and cancelled by their id', async () => {
    server.will(json(200, { state: 'running' }), json(202, { state: 'cancelled' }));

    expect(await chat().turns.get('t/1')).toEqual({ state: 'running' });
    expect(await chat().turns.cancel('t/1')).toEqual({ state: 'cancelled' });
    expect(server.requests.map(({ line }) => line)).toEqual([
      'GET /api/turns/t%2F1',
      'POST /api/turns/t%2F1/cancel',
    ]);
  });
});
