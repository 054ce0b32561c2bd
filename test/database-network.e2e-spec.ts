import { connect, createServer, type Server, type Socket } from 'node:net';
import { createTestApp, type TestApp } from './support/app';
import { api, signUp, until } from './support/clients';
import { createDatabase, type TestDatabase } from './support/postgres';

jest.setTimeout(90_000);

/** A proxy between the app and its database that tests can make fail. */
class BadNetwork {
  /** Drops every byte: no error, no answer. */
  isSilent = false;
  /** Forwards the COMMIT of a turn's tools, then cuts every connection and accepts no more. */
  cutsAfterTools = false;
  private isCut = false;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(target: URL) {
    this.server = createServer((client) => {
      if (this.isCut) return client.destroy();
      const database = connect(Number(target.port), target.hostname);
      for (const socket of [client, database]) this.sockets.add(socket.on('error', () => undefined));
      let hasRunTools = false;
      client.on('data', (chunk) => {
        if (this.isSilent) return;
        hasRunTools ||= chunk.includes('INSERT INTO tool_effects');
        const isLast = this.cutsAfterTools && hasRunTools && chunk.includes('COMMIT');
        if (isLast) database.removeAllListeners('data').resume();
        database.write(chunk, () => isLast && this.cut());
      });
      database.on('data', (chunk) => this.isSilent || client.write(chunk));
      client.on('close', () => database.end());
      database.on('close', () => client.destroy());
      return undefined;
    });
  }

  private cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.end();
  }

  mend(): void {
    this.isSilent = this.cutsAfterTools = this.isCut = false;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('When the network to the database', () => {
  let database: TestDatabase;
  let network: BadNetwork;
  let app: TestApp;

  beforeEach(async () => {
    database = await createDatabase();
    const url = new URL(database.url);
    network = new BadNetwork(new URL(database.url));
    url.port = String(await network.listen());
    app = await createTestApp({ DATABASE_URL: url.href, RATE_LIMIT_PER_MINUTE: '0' }, { database });
  });
  afterEach(async () => {
    network.mend();
    await app.stop();
    network.close();
    await database.drop();
  });

  it('falls silent, every door answers 503 before long, and works again when it does', async () => {
    const user = api(app.url, (await signUp(app.url)).token);
    await user.post('/api/chat', { message: 'hello' });
    network.isSilent = true;
    const during = await Promise.all([
      user.post('/api/chat', { message: 'hello' }),
      user.get('/api/tasks'),
      user.get('/health'),
    ]);
    network.mend();
    const after = await until(async () => {
      const answer = await user.post('/api/chat', { message: 'hello' });
      return answer.status === 200 && answer;
    }, 30_000);

    expect(during.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(during[0].body.code).toBe('database_unavailable');
    expect(after.body.response).toMatch(/./);
  });

  it('loses the answer to the commit of a turn’s tools, the turn’s record stays true', async () => {
    const user = api(app.url, (await signUp(app.url)).token);
    network.cutsAfterTools = true;
    const { status, body } = await user.post('/api/chat', { message: 'Add a task to buy milk' });
    network.mend();
    const turn = await until(async () => {
      const answer = await user.get(`/api/turns/${body.turn_id}`);
      return answer.body.state === 'failed' && answer;
    }, 20_000);

    expect([status, body.code]).toEqual([503, 'database_unavailable']);
    expect(turn.body.changes).toMatchObject([{ change: 'created' }]);
    expect(await database.query('SELECT 1 FROM tasks')).toHaveLength(1);
    const roles = await database.query('SELECT role, status FROM messages ORDER BY seq');
    expect(roles.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    const ledger = await database.query(
      `SELECT step, is_estimated, input_tokens::int > 0 AS billed FROM usage_ledger
       JOIN upstream_calls ON id = call_id ORDER BY step`,
    );
    expect(ledger).toEqual([
      { step: 1, is_estimated: false, billed: true },
      { step: 2, is_estimated: false, billed: false },
    ]);
  });
});
