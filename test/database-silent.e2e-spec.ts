import { connect, createServer, type Server, type Socket } from 'node:net';
import { createTestApp, type TestApp } from './support/app';
import { api, signUp, until } from './support/clients';
import { createDatabase, type TestDatabase } from './support/postgres';

jest.setTimeout(90_000);

/** A network that drops everything between the app and its database: no error, no answer. */
describe('When the database falls silent', () => {
  let database: TestDatabase;
  let proxy: Server;
  let app: TestApp;
  let isSilent = false;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    database = await createDatabase();
    const target = new URL(database.url);
    proxy = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined));
      client.on('data', (chunk) => isSilent || server.write(chunk));
      server.on('data', (chunk) => isSilent || client.write(chunk));
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = new URL(database.url);
    url.port = String((proxy.address() as { port: number }).port);
    app = await createTestApp({ DATABASE_URL: url.href, RATE_LIMIT_PER_MINUTE: '0' }, { database });
  });
  afterAll(async () => {
    isSilent = false;
    await app.stop();
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await database.drop();
  });

  it('answers 503 before long on every door, and works again when the network does', async () => {
    const user = api(app.url, (await signUp(app.url)).token);
    await user.post('/api/chat', { message: 'hello' });
    isSilent = true;
    const during = await Promise.all([
      user.post('/api/chat', { message: 'hello' }),
      user.get('/api/tasks'),
      user.get('/health'),
    ]);
    isSilent = false;
    const after = await until(async () => {
      const answer = await user.post('/api/chat', { message: 'hello' });
      return answer.status === 200 && answer;
    }, 30_000);

    expect(during.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(during[0].body.code).toBe('database_unavailable');
    expect(after.body.response).toMatch(/./);
  });
});
