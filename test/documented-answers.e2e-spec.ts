import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestApp, type TestApp } from './support/app';
import { api, openStream, readAll } from './support/clients';
import { ask, get } from './support/requests';
import { askRaw } from './support/stateless';

const TASK = {
  id: 7,
  title: 'Buy milk',
  description: null,
  status: 'pending',
  completed: false,
  priority: 'none',
  due_at: null,
  tags: [],
  created_at: '2026-11-21T09:30:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
  completed_at: null,
  version: 1,
};
const ERROR = { error: 'No.', message: 'No.', code: 'not_found', request_id: 'r' };
const HEADERS = { 'x-request-id': 'r', etag: '"1"' };

interface Wrong {
  path?: string;
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
  says: RegExp;
}

/** Answers that the app must not give, and what the test clients report about each. */
const WRONG: [name: string, wrong: Wrong][] = [
  ['a field of another type', { body: { ...TASK, id: '7' }, says: /body\/id must be integer/ }],
  ['a field that is missing', { body: { ...TASK, version: undefined }, says: /required property 'version'/ }],
  ['a field that is not documented', { body: { ...TASK, owner: 'ada' }, says: /unevaluated properties/ }],
  ['null where none is allowed', { body: { ...TASK, title: null }, says: /body\/title must be string/ }],
  ['a text in another format', { body: { ...TASK, created_at: 'today' }, says: /format "date-time"/ }],
  ['a status that is not documented', { status: 206, body: TASK, says: /has no status 206/ }],
  ['no request id', { headers: { etag: '"1"' }, body: TASK, says: /header X-Request-Id is missing/ }],
  ['no ETag', { headers: { 'x-request-id': 'r' }, body: TASK, says: /header ETag is missing/ }],
  [
    'a body of another type',
    { headers: { ...HEADERS, 'content-type': 'text/html' }, body: TASK, says: /not of the type text\/html/ },
  ],
  [
    'a code of another status',
    { status: 404, body: { ...ERROR, code: 'validation_failed' }, says: /body\/code must be equal to/ },
  ],
  ['an error without a code', { status: 404, body: { ...ERROR, code: undefined }, says: /property 'code'/ }],
  [
    'another kind of error under /v1',
    { path: '/v1/models/none', status: 404, body: ERROR, says: /body\/error must be object/ },
  ],
  ['a route that is not documented', { path: '/api/none', body: {}, says: /no such route/ }],
  [
    'an error of another shape where no route is',
    { path: '/api/none', status: 404, body: { error: 'No.' }, says: /required property 'message'/ },
  ],
];

describe('The test clients', () => {
  /** Makes the document, where this suite is the first of a run. */
  let app: TestApp;
  let server: Server;
  let url: string;
  let answer: { status: number; headers: Record<string, string>; body: string };

  beforeAll(async () => {
    app = await createTestApp();
    server = createServer((_, response) =>
      response.writeHead(answer.status, answer.headers).end(answer.body),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await app.stop();
  });

  const give = ({
    status = 200,
    headers = HEADERS,
    body,
  }: Pick<Wrong, 'status' | 'headers' | 'body'>): void => {
    const all = { 'content-type': 'application/json; charset=utf-8', ...headers };
    answer = { status, headers: all, body: typeof body === 'string' ? body : JSON.stringify(body) };
  };

  it.each(WRONG)('refuse %s', async (_, { path = '/api/tasks/7', says, ...wrong }) => {
    give(wrong);
    await expect(api(url).get(path)).rejects.toThrow(says);
    await expect(ask(url, get(path))).rejects.toThrow(says);
  });

  it('take an answer that is as documented', async () => {
    give({ body: TASK });
    expect((await api(url).get('/api/tasks/7')).body).toEqual(TASK);
    expect((await ask(url, get('/api/tasks/7'))).body).toEqual(TASK);
  });

  it('refuse a block of a stream that is not documented', async () => {
    const headers = { 'x-request-id': 'r', 'content-type': 'text/event-stream; charset=utf-8' };
    give({ headers, body: 'data: {"delta":"a"}\n\ndata: {"deltas":["b"]}\n\n' });
    const body = { message: 'hello' };

    const stream = await openStream(url, 'token', '/api/chat/stream', body);
    await expect(readAll(stream)).rejects.toThrow(/the block {"deltas":\["b"\]}/);
    await expect(askRaw(url, { method: 'POST', path: '/api/chat/stream', body })).rejects.toThrow(
      /the block/,
    );
  });
});
