import { createClient } from './client.js';
import { ConnectionError, KeyturnError } from './errors.js';
import { forgetfulFetch } from './testing/bytes.js';
import { json, page, refusal, ScriptedServer } from './testing/scripted-server.js';

const server = new ScriptedServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const failureOf = (call: Promise<unknown>): Promise<KeyturnError> =>
  call.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: KeyturnError) => error,
  );

const limited = refusal(429, 'rate_limited', { 'retry-after': '0' });

describe('a request', () => {
  it('goes below the base address, with the query that was given', async () => {
    server.will(json(200, { items: [], next_cursor: null }));
    const keyturn = createClient({ baseUrl: `${server.url}/keyturn/` });

    await keyturn.tasks.list({ q: 'milk & bread', limit: 5, cursor: undefined });

    expect(server.requests[0]!.line).toBe('GET /keyturn/api/tasks?q=milk+%26+bread&limit=5');
    expect(server.requests[0]!.headers).not.toHaveProperty('authorization');
    expect(server.requests[0]!.headers).not.toHaveProperty('content-type');
  });

  it('carries the token, asked for anew each time it is sent', async () => {
    server.will(limited, json(200, {}));
    const tokens = ['first', 'second'];
    const keyturn = createClient({ baseUrl: server.url, token: async () => tokens.shift() });

    await keyturn.auth.me();

    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('goes out through the fetch that was given', async () => {
    const seen: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (...request) => {
      seen.push(request);
      return new Response(null, { status: 204 });
    };
    const keyturn = createClient({ baseUrl: 'http://keyturn.test', fetch, credentials: 'include' });

    expect(await keyturn.tasks.delete(7, { ifVersion: 3 })).toBeUndefined();

    expect(seen).toEqual([
      [
        'http://keyturn.test/api/tasks/7',
        expect.objectContaining({
          method: 'DELETE',
          credentials: 'include',
          headers: { accept: 'application/json', 'if-match': '"3"' },
        }),
      ],
    ]);
  });

  it('needs an address where there is no page to take it from', () => {
    expect(() => createClient()).toThrow('needs a baseUrl');
  });
});

describe('a refusal', () => {
  it('is thrown with all the server said of it', async () => {
    const details = [{ path: ['title'], message: 'title must not be blank' }];
    server.will(refusal(400, 'validation_failed', { 'x-request-id': 'req-1' }, { details }));
    const error = await failureOf(createClient({ baseUrl: server.url }).tasks.create({ title: ' ' }));

    expect(error).toBeInstanceOf(KeyturnError);
    expect({ ...error, message: error.message }).toEqual({
      name: 'KeyturnError',
      code: 'validation_failed',
      message: 'It is validation_failed.',
      status: 400,
      requestId: 'req-1',
      details,
    });
  });

  it.each([
    ['an error page', page(502, '<h1>Bad Gateway</h1>'), 502],
    ['JSON of another server', json(404, { detail: 'Not Found' }), 404],
    ['a page where JSON should be', page(200, '<h1>Welcome</h1>'), 200],
  ])('by another server is told apart: %s', async (_, answer, status) => {
    server.will(answer);
    const error = await failureOf(createClient({ baseUrl: server.url }).auth.me());

    expect(error).toMatchObject({ code: 'unexpected_answer', status });
    expect(error.message).toContain(String(status));
  });

  it('is a status at least, where its body breaks off', async () => {
    server.will((response) => {
      response.writeHead(503, { 'content-length': '100' }).write('{"error":', () => response.destroy());
    });

    expect(await failureOf(createClient({ baseUrl: server.url }).auth.me())).toMatchObject({ status: 503 });
  });
});

describe('a request over the limit', () => {
  it('is sent again, twice at most', async () => {
    server.will(limited, limited, json(200, { email: 'ada@example.com' }));
    const keyturn = createClient({ baseUrl: server.url });
    expect(await keyturn.auth.me()).toEqual({ email: 'ada@example.com' });

    server.will(limited);
    expect(await failureOf(keyturn.auth.me())).toMatchObject({ code: 'rate_limited', retryAfter: 0 });
    expect(server.requests).toHaveLength(3);
  });

  it('is sent again with its body', async () => {
    server.will(limited, json(200, { content: 'Hi.' }));
    await createClient({ baseUrl: server.url }).chatOnce({ messages: [{ role: 'user', content: 'Hello' }] });

    const body = { messages: [{ role: 'user', content: 'Hello' }] };
    expect(server.requests.map((request) => request.body)).toEqual([body, body]);
  });

  it.each([
    ['the caller wants no repeat', limited, 0],
    ['the wait is too long', refusal(429, 'quota_exceeded', { 'retry-after': '3600' }), 2],
    ['no time is named', refusal(429, 'rate_limited'), 2],
    [
      'it was a turn that had begun',
      refusal(429, 'rate_limited', { 'retry-after': '0' }, { turn_id: 't-1', conversation_id: 4 }),
      2,
    ],
    ['the server is another trouble', refusal(503, 'shutting_down', { 'retry-after': '0' }), 2],
  ])('is not sent again where %s', async (_, answer, maxRetries) => {
    server.will(answer);
    const keyturn = createClient({ baseUrl: server.url, maxRetries });

    expect(await failureOf(keyturn.sendMessage({ message: 'Add a task' }))).toBeInstanceOf(KeyturnError);
    expect(server.requests).toHaveLength(1);
  });

  it('does not wait longer than its caller', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const fetch = jest.fn(async () => new Response('{}', { status: 429, headers: { 'retry-after': '30' } }));
    const abort = new AbortController();
    const reason = new Error('left the page');
    const { auth } = createClient({ baseUrl: 'http://keyturn.test', fetch });
    const call = failureOf(auth.me({ signal: abort.signal }));
    while (jest.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);

    expect(await call).toBe(reason);
    expect(fetch).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
  });
});

describe('a connection', () => {
  it('that cannot be made is told with its cause', async () => {
    const gone = new ScriptedServer();
    await gone.start();
    const { url } = gone;
    await gone.stop();
    const error = await failureOf(createClient({ baseUrl: url }).auth.me());

    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'connection_failed', cause: { cause: { code: 'ECONNREFUSED' } } });
  });

  it('that ends in the middle of an answer is told with its cause', async () => {
    server.will((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"email":', () => response.destroy());
    });
    const error = await failureOf(createClient({ baseUrl: server.url }).auth.me());

    expect(error).toMatchObject({ code: 'connection_failed', cause: { message: 'terminated' } });
  });

  it('is closed on an abort before the headers', async () => {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    server.will(() => abort.abort(reason));
    const keyturn = createClient({ baseUrl: server.url });

    expect(await failureOf(keyturn.chatOnce({ messages: [] }, { signal: abort.signal }))).toBe(reason);
    await server.requests[0]!.isLeft;
  });

  it.each([
    ['an answer', 200],
    ['a refusal', 500],
  ])('is closed on an abort in the middle of %s', async (_, status) => {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    server.will((response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).write('{');
    });
    const fetch: typeof forgetfulFetch = async (...request) => {
      const response = await forgetfulFetch(...request);
      setImmediate(() => abort.abort(reason));
      return response;
    };
    const keyturn = createClient({ baseUrl: server.url, fetch });

    expect(await failureOf(keyturn.chatOnce({ messages: [] }, { signal: abort.signal }))).toBe(reason);
    await server.requests[0]!.isLeft;
  });
});
