import { createClient } from './client.js';
import { BrokenStreamError } from './errors.js';
import { collect, forgetfulFetch } from './testing/bytes.js';
import {
  cutStream,
  endlessStream,
  json,
  page,
  refusal,
  ScriptedServer,
  stream,
} from './testing/scripted-server.js';

const server = new ScriptedServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const request = { messages: [{ role: 'user' as const, content: 'Hello' }], temperature: 0.5 };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const chat = () => createClient({ baseUrl: server.url, token: 'a-token' });

describe('chatOnce', () => {
  it('posts the request and gives the completion as it came', async () => {
    const completion = { id: 'c-1', content: 'Hi.', choices: [{ index: 0 }], usage, service_tier: 'default' };
    server.will(json(200, completion));

    expect(await chat().chatOnce(request)).toEqual(completion);
    expect(server.requests).toMatchObject([
      { line: 'POST /api/chat', body: request, headers: { 'content-type': 'application/json' } },
    ]);
  });
});

describe('chatStream', () => {
  const end = { usage, model: 'gpt-4o-mini', finish_reason: 'stop' };

  it('gives the text piece by piece, and what it came to', async () => {
    server.will(stream({ delta: 'Hé' }, { delta: 'llo' }, end, '[DONE]'));
    const reply = chat().chatStream(request);

    expect(await collect(reply)).toEqual(['Hé', 'llo']);
    expect(await reply.result()).toEqual({ content: 'Héllo', ...end });
    expect(server.requests).toMatchObject([{ line: 'POST /api/chat/stream', body: request }]);
  });

  it('sends nothing before it is read', async () => {
    server.will(stream(end, '[DONE]'));
    chat().chatStream(request);
    expect(await chat().chatStream(request).result()).toEqual({ content: '', ...end });

    expect(server.requests).toHaveLength(1);
  });

  it('is sent again where it was over the limit before its first byte', async () => {
    server.will(
      refusal(429, 'too_many_streams', { 'retry-after': '0' }),
      stream({ delta: 'Hi' }, end, '[DONE]'),
    );

    expect(await collect(chat().chatStream(request))).toEqual(['Hi']);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['ends without its end mark', stream({ delta: 'Hi' })],
    ['ends without what it came to', stream({ delta: 'Hi' }, '[DONE]')],
    ['is cut', cutStream({ delta: 'Hi' })],
  ])('throws after the text that came, where the stream %s', async (_, answer) => {
    server.will(answer);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const text of chat().chatStream(request)) texts.push(text);
    })();

    await expect(reading).rejects.toBeInstanceOf(BrokenStreamError);
    expect(texts).toEqual(['Hi']);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['a refusal', refusal(401, 'unauthorized'), { code: 'unauthorized', status: 401 }],
    ['a page in place of a stream', page(200, '<h1>Welcome</h1>'), { code: 'unexpected_answer' }],
    ['JSON in place of a stream', json(200, { content: 'Hi' }), { code: 'unexpected_answer' }],
    [
      'an error in the stream',
      stream({ error: 'It broke.', code: 'upstream_error' }),
      { code: 'upstream_error' },
    ],
  ])('throws %s', async (_, answer, error) => {
    server.will(answer);

    await expect(collect(chat().chatStream(request))).rejects.toMatchObject(error);
    expect(server.requests).toHaveLength(1);
  });

  it('closes the connection on an abort, with its reason', async () => {
    server.will(endlessStream({ delta: 'Hi' }));
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const { chatStream } = createClient({ baseUrl: server.url, fetch: forgetfulFetch });
    const reading = (async () => {
      for await (const _ of chatStream(request, { signal: abort.signal })) abort.abort(reason);
    })();

    await expect(reading).rejects.toBe(reason);
    await server.requests[0]!.isLeft;
  });

  it('closes the connection when the loop is left', async () => {
    server.will(endlessStream({ delta: 'Hi' }));
    for await (const text of chat().chatStream(request)) {
      expect(text).toBe('Hi');
      break;
    }

    await server.requests[0]!.isLeft;
  });
});
