import { createTestApp, type TestApp } from './support/app';
import { api, signUp, until } from './support/clients';
import { halfSent, requestBytes } from './support/raw-client';
import { post } from './support/requests';
import {
  chat,
  hangBeforeHeaders,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';
import { connect } from 'node:net';
import { once } from 'node:events';

const BODY = { messages: [{ role: 'user', content: 'Hello' }] };

/** Several requests on one connection, sent before the first is answered. */
describe('Requests that wait behind another on their connection', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await createTestApp({ OPENAI_BASE_URL: upstream.baseUrl, MAX_STREAMS_PER_USER: '2' });
    await signUp(app.url);
    token = (await signUp(app.url)).token;
  });
  afterEach(() => upstream.reset());
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
  });

  const dial = async () => {
    const { hostname, port } = new URL(app.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return socket;
  };
  const request = (path: string): Buffer => requestBytes(post(path, BODY), token);

  it('leave nothing behind when their client goes', async () => {
    upstream.play(chat.path, hangBeforeHeaders);
    const sockets = await Promise.all(Array.from({ length: 3 }, dial));
    for (const socket of sockets)
      socket.write(Buffer.concat([request('/api/chat'), request('/api/chat/stream')]));
    await until(() => upstream.requests.length >= 3);
    for (const socket of sockets) socket.destroy();
    await until(() => upstream.requests.every(({ state }) => state === 'aborted'));
    await until(async () => {
      const [row] = await app.database.query<{ open: number }>(
        'SELECT count(*)::int AS open FROM upstream_calls WHERE settled_at IS NULL',
      );
      return row!.open === 0;
    });
    expect(upstream.requests).toHaveLength(3);
  });

  it('are answered in their order', async () => {
    const socket = await dial();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    const me = requestBytes({ method: 'GET', path: '/api/auth/me' }, token);
    const nothing = requestBytes({ method: 'GET', path: '/api/nothing' }, token);
    socket.write(Buffer.concat([me, nothing, me]));
    await until(() => received.split('HTTP/1.1 ').length === 4 && received.endsWith('}'));
    expect([...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
    socket.destroy();
  });

  it('wait for a body that is still coming', async () => {
    const { socket, finish } = await halfSent(
      app.url,
      requestBytes(post('/api/tasks', { title: 'Buy milk' }), token),
    );
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    finish();
    await until(() => received.includes('Buy milk'));
    socket.destroy();
    const { body } = await api(app.url, token).get('/api/tasks');
    expect(body.items).toHaveLength(1);
  });
});
