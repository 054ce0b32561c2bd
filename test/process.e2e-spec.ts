import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { api, type Block, openStream, readAll, signUp, until } from './support/clients';
import { Installation } from './support/process';

jest.setTimeout(120_000);

/** The server as a process: without configuration, started, stopped, killed. */
describe('The process', () => {
  let installation: Installation;

  beforeEach(() => {
    installation = new Installation();
  });
  afterEach(() => installation.remove());

  it('starts with nothing set up, says where everything is, and keeps its data over a restart', async () => {
    const first = installation.start();
    const url = await first.url();
    const session = await signUp(url);
    const added = await api(url, session.token).post('/api/chat', {
      message: 'Add a task to buy milk tomorrow',
    });
    const health = await api(url).get('/health');

    expect(health.body).toMatchObject({ status: 'healthy', database: 'connected', upstream: 'simulator' });
    const report = first.output.split('\n').filter((line) => /^ {2}\S/.test(line));
    expect(report.length).toBeGreaterThanOrEqual(6);
    expect(report.length).toBeLessThanOrEqual(8);
    for (const word of [url, `${url}/docs`, 'DATABASE_URL', 'OPENAI_API_KEY', 'DATA_DIR'])
      expect(first.output).toContain(word);
    expect(readFileSync(join(installation.folder, '.env'), 'utf8')).toBe(
      readFileSync(join(installation.folder, '.env.example'), 'utf8'),
    );
    expect(statSync(join(installation.dataFolder, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(await first.stop('SIGTERM')).toBe(0);

    const second = await installation.start().url();
    const tasks = await api(second, session.token).get('/api/tasks');
    expect(tasks.body.items).toMatchObject([{ id: added.body.changes[0].task_id }]);
  });

  it('names what .env sets in vain', async () => {
    writeFileSync(join(installation.folder, '.env'), 'OPENAI_KEY=sk-mistyped\nLOG_LEVEL=warn\n');
    const started = installation.start();
    await started.url();
    await until(() => started.output.includes('warning   .env names OPENAI_KEY'));
    expect(started.output).not.toContain('sk-mistyped');
  });

  it('refuses a data folder that another process uses, in one line that names it', async () => {
    const first = installation.start();
    await first.url();
    const second = installation.start();

    expect(await second.exited()).toBe(1);
    expect(second.errors.trim().split('\n')).toHaveLength(1);
    expect(second.errors).toContain(String(first.pid));
    expect(second.errors).toContain('DATA_DIR');
  });

  describe('tells in one line what keeps it from starting', () => {
    let taken: Server;
    let port: number;

    beforeAll(async () => {
      taken = createServer((socket) => socket.end('not Postgres')).listen(0, '127.0.0.1');
      await new Promise((resolve) => taken.once('listening', resolve));
      port = (taken.address() as { port: number }).port;
    });
    afterAll(() => void taken.close());

    it.each<[string, () => Record<string, string>, RegExp]>([
      ['a port in use', () => ({ PORT: String(port) }), /Port \d+ is in use.*PORT/],
      ['a port that is no number', () => ({ PORT: 'eighty' }), /PORT must be a whole number/],
      [
        'two bad variables',
        () => ({ PORT: '99999', TURN_TIMEOUT: 'soon' }),
        /PORT must .*TURN_TIMEOUT must be a duration/,
      ],
      [
        'a database that is not there',
        () => ({ DATABASE_URL: 'postgres://a:b@127.0.0.1:9/x' }),
        /No database answers at 127\.0\.0\.1:9.*DATABASE_URL/,
      ],
      [
        'a weak secret in production',
        () => ({ NODE_ENV: 'production', JWT_SECRET: 'short' }),
        /JWT_SECRET must have at least 32 bytes/,
      ],
      [
        'a data folder that is a file',
        () => ({ DATA_DIR: join(installation.folder, 'package.json') }),
        /package\.json.*DATA_DIR/,
      ],
      ['a host that is not this machine’s', () => ({ HOST: '203.0.113.7' }), /HOST/],
      ['a name of a host that is not there', () => ({ HOST: 'no-such-host.invalid' }), /HOST is not known/],
      [
        'a database port where something else answers',
        () => ({ DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/x` }),
        /DATABASE_URL cannot be used/,
      ],
      [
        'a .env that is a folder',
        () => {
          mkdirSync(join(installation.folder, '.env'));
          return {};
        },
        /\.env is a folder/,
      ],
      [
        'a bad line in .env',
        () => {
          writeFileSync(join(installation.folder, '.env'), 'RATE_LIMIT_PER_MINUTE=many\n');
          return {};
        },
        /RATE_LIMIT_PER_MINUTE must be a whole number/,
      ],
    ])('%s', async (_name, prepare, message) => {
      const started = installation.start(prepare());

      expect(await started.exited()).toBe(1);
      expect(started.errors.trim()).toMatch(message);
      expect(started.errors.trim().split('\n')).toHaveLength(1);
      expect(started.errors).not.toMatch(/\n\s+at /);
    });
  });

  it('does not show the password of a database that refuses it', async () => {
    const started = installation.start({ DATABASE_URL: 'postgres://app:hunter2secret@127.0.0.1:9/x' });
    await started.exited();
    expect(started.errors + started.output).not.toContain('hunter2secret');
  });

  it('starts again after a crash in the first start, however far that came', async () => {
    const cluster = join(installation.dataFolder, 'postgres');
    mkdirSync(`${cluster}.new`, { recursive: true });
    writeFileSync(join(`${cluster}.new`, 'PG_VERSION'), '18\n');
    writeFileSync(`${cluster}.new-password`, 'old');
    await installation.start().url();
    expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
    expect(existsSync(`${cluster}.new`)).toBe(false);
  });

  it('works in a folder closed to other users, also as root', async () => {
    const closed = join(installation.folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const started = installation.start({ DATA_DIR: join(closed, 'data') });
    const folder = await until(() => {
      if (started.errors !== '') throw new Error(started.errors);
      return /^ {2}data +(\S+) /m.exec(started.output)?.[1];
    }, 60_000);
    const port = readFileSync(join(closed, 'data', 'port'), 'utf8').trim();
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    await started.stop('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  it('killed in the middle of a turn, takes its database over and frees the conversation within 45 s', async () => {
    const first = installation.start();
    const url = await first.url();
    const { token } = await signUp(url);
    const before = await api(url, token).post('/api/chat', { message: 'Add a task to buy milk' });
    const conversation_id = before.body.conversation_id as number;
    const stream = await openStream(url, token, '/api/chat/stream', {
      conversation_id,
      message: '[[fault:slow:60000]] Add a task to buy bread',
    });
    const { turn_id: turnId } = (await stream.blocks.next()).value as Block;
    await first.stop('SIGKILL');
    await readAll(stream).catch(() => undefined);

    const restarted = await installation.start().url();
    const startedAt = Date.now();
    const user = api(restarted, token);
    const next = await until(async () => {
      const answer = await user.post('/api/chat', { conversation_id, message: 'Add a task to buy bread' });
      return answer.status === 200 && answer;
    }, 46_000);

    expect(Date.now() - startedAt).toBeLessThan(45_000);
    expect(next.body.changes).toHaveLength(1);
    const { body: tasks } = await user.get('/api/tasks');
    expect(tasks.items).toHaveLength(2);
    const { body: turn } = await user.get(`/api/turns/${turnId}`);
    expect(turn).toMatchObject({ state: 'failed', error: { code: 'turn_interrupted' } });
  });

  it('on SIGTERM takes no new work, lets a running turn end, and exits 0', async () => {
    const started = installation.start({ SHUTDOWN_GRACE: '10s' });
    const url = await started.url();
    const { token } = await signUp(url);
    const stream = await openStream(url, token, '/api/chat/stream', { message: '[[fault:slow:50]] hello' });
    await stream.blocks.next();
    const exited = started.stop('SIGTERM');
    const ready = await until(async () => {
      const answer = await fetch(`${url}/health/ready`);
      return answer.status === 503 && answer;
    });
    const refused = await api(url, token).post('/api/chat', { message: 'hello' });

    expect(ready.status).toBe(503);
    expect(refused.status).toBe(503);
    expect(refused.body.code).toBe('shutting_down');
    expect((await readAll(stream)).at(-1)).toBe('[DONE]');
    expect(await exited).toBe(0);
  });

  it('told to stop twice, waits for no turn, and leaves no database behind', async () => {
    const started = installation.start({ SHUTDOWN_GRACE: '60s' });
    const url = await started.url();
    const { token } = await signUp(url);
    const stream = await openStream(url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    await stream.blocks.next();
    const database = Number(
      readFileSync(join(installation.dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    const exited = started.stop('SIGINT');
    await until(() => started.output.includes('stopping'));
    void started.stop('SIGINT');

    expect(await exited).toBe(1);
    expect(() => process.kill(database, 0)).toThrow('ESRCH');
    await readAll(stream).catch(() => undefined);
  });

  it('does not begin the turn of a request that was half here when it was told to stop', async () => {
    const started = installation.start();
    const url = new URL(await started.url());
    const { token } = await signUp(url.origin);
    const stream = await openStream(url.origin, token, '/api/chat/stream', {
      message: '[[fault:slow:100]] hello',
    });
    await stream.blocks.next();
    const body = JSON.stringify({ message: 'Add a task to buy milk' });
    const socket = connect(Number(url.port), url.hostname).setEncoding('utf8');
    let answer = '';
    socket.on('data', (text: string) => (answer += text)).on('error', () => undefined);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      `POST /api/chat HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    const exited = started.stop('SIGTERM');
    await until(async () => (await fetch(`${url.origin}/health/ready`)).status === 503);
    socket.write(body.slice(10));
    await ended;

    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('shutting_down');
    expect((await readAll(stream)).at(-1)).toBe('[DONE]');
    expect(await exited).toBe(0);
  });

  it('cuts a turn that outlasts the grace without [DONE], keeps what was said, and exits 0', async () => {
    const started = installation.start({ SHUTDOWN_GRACE: '1s' });
    const url = await started.url();
    const { token } = await signUp(url);
    const stream = await openStream(url, token, '/api/chat/stream', { message: '[[fault:stall]] hello' });
    const { turn_id: turnId, conversation_id } = (await stream.blocks.next()).value as Block;
    const stoppedAt = Date.now();
    const exited = started.stop('SIGTERM');

    expect((await readAll(stream)).at(-1)).toMatchObject({ code: 'shutting_down' });
    expect(await exited).toBe(0);
    expect(Date.now() - stoppedAt).toBeLessThan(6000);
    const user = api(await installation.start().url(), token);
    expect((await user.get(`/api/turns/${turnId}`)).body).toMatchObject({ state: 'failed' });
    const { body } = await user.get(`/api/conversations/${conversation_id}/messages`);
    expect(body.items.at(-1)).toMatchObject({ role: 'assistant', status: 'partial' });
    expect((await user.post('/api/chat', { conversation_id, message: 'hello' })).status).toBe(200);
  });
});
