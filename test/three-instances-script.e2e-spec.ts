import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { api, signUp, until } from './support/clients';
import { InstancesCommand } from './support/three-instances';

jest.setTimeout(120_000);

/** Tests that `npm run instances` starts everything, and leaves nothing behind. */
describe('npm run instances', () => {
  let command: InstancesCommand | undefined;
  afterEach(() => command?.remove());

  it('starts everything with nothing set, in a folder closed to others, and ends all of it', async () => {
    command = new InstancesCommand({}, ['--count', '2'], 0o700);
    const url = await command.url();
    const { token } = await signUp(url);
    const answer = await api(url, token).post('/api/chat', { message: 'Add a task to buy milk' });

    expect(answer).toMatchObject({ status: 200, body: { changes: [{ title: 'Buy milk' }] } });
    expect(command.instanceUrls).toHaveLength(2);
    for (const instance of command.instanceUrls) {
      const metrics = await (await fetch(`${instance}/metrics`)).text();
      expect(metrics).toContain('\nkeyturn_redis_up 1\n');
    }
    const told = [...command.output.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
    // Two instances, nginx, Postgres, Redis.
    expect(told).toHaveLength(5);
    expect(await command.stop()).toBe(0);
    for (const pid of told) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(command.processes()).toEqual([]);
    expect(readdirSync(command.temporaryFolder)).toEqual([]);
    expect(command.errors).toBe('');
  });

  it.each([
    ['its database is made', 'postgres.new'],
    ['its instances start', 'instance-1.log'],
  ])('ends what is half started, when %s', async (_, file) => {
    command = new InstancesCommand();
    const { temporaryFolder } = command;
    await until(() => {
      const [folder] = readdirSync(temporaryFolder);
      return folder !== undefined && readdirSync(`${temporaryFolder}/${folder}`).includes(file);
    }, 30_000);

    expect(await command.stop()).toBe(0);
    expect(command.processes()).toEqual([]);
    expect(readdirSync(temporaryFolder)).toEqual([]);
    expect(command.errors).toBe('');
  });

  describe('tells in one line what keeps it from starting', () => {
    let taken: Server;
    let port: number;
    beforeAll(async () => {
      taken = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => taken.once('listening', resolve));
      port = (taken.address() as { port: number }).port;
    });
    afterAll(() => void taken.close());

    it.each<[string, () => [Record<string, string>, string[]], RegExp]>([
      ['no redis-server', () => [{ PATH: '/nonexistent' }, []], /redis-server.*apt-get install.*REDIS_URL/],
      ['a port in use', () => [{}, ['--port', String(port)]], /Port \d+ is in use.*--port/],
      ['no instances', () => [{}, ['--count', '0']], /--count must be a whole number from 1 to 9/],
      ['a count that is none', () => [{}, ['--count', 'many']], /--count must be/],
      ['an option that is none', () => [{}, ['--instances', '3']], /--instances/],
      ['a variable', () => [{ TURN_TIMEOUT: 'soon' }, []], /TURN_TIMEOUT must be a duration/],
      [
        'a database that is not there',
        () => [{ DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:9/x' }, []],
        /No database answers at 127\.0\.0\.1:9/,
      ],
    ])('%s', async (_name, prepare, message) => {
      command = new InstancesCommand(...prepare());

      expect(await command.exited()).toBe(1);
      expect(command.errors.trim().split('\n')).toHaveLength(1);
      expect(command.errors).toMatch(message);
      expect(command.errors).not.toContain('hunter2');
      expect(command.processes()).toEqual([]);
      expect(readdirSync(command.temporaryFolder)).toEqual([]);
    });
  });
});
