import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DataDirectory } from '../src/config/data-directory';
import { api, signUp, until } from './support/clients';
import { FAKETIME, hasPostgresTimers } from './support/machine-clock';
import { createDatabase, type TestDatabase, urlOf, withClient } from './support/postgres';
import { Installation } from './support/process';

jest.setTimeout(90_000);

/** The program that `npm run ledger:verify` starts after the build. */
describe('The ledger’s verification as a command', () => {
  let installation: Installation;
  beforeEach(() => {
    installation = new Installation();
  });
  afterEach(() => installation.remove());

  const run = async (args: string[] = [], environment: Record<string, string> = {}) => {
    const child = spawn(
      process.execPath,
      [join(installation.folder, 'dist/ledger-verify/main.js'), ...args],
      {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, ...FAKETIME, ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return { code: code as number, output };
  };

  describe('on the embedded database', () => {
    const useIt = async (url: string): Promise<string> => {
      const { token } = await signUp(url);
      expect(
        (await api(url, token).post('/api/chat', { message: 'Add a task: my secret plan' })).status,
      ).toBe(200);
      return token;
    };

    it('ends with 0 while the server runs, and when it has stopped, and leaves it so', async () => {
      const server = installation.start();
      const token = await useIt(await server.url());
      const running = await run();
      expect(running.output).toMatch(
        /\n {2}All agree: 2 calls \(0 open\), 2 ledger rows, 2 windows, 2 sums\.\n$/,
      );
      expect(running.code).toBe(0);
      expect(running.output).not.toMatch(/secret|@/);
      expect(running.output).not.toContain(token);
      await server.stop('SIGTERM');
      for (let times = 0; times < 2; times++) expect(await run()).toEqual(running);
      expect(existsSync(join(installation.dataFolder, 'postgres', 'postmaster.pid'))).toBe(false);
      await installation.start().url();
    });

    it('joins the database that a killed server left, and tells what it will book', async () => {
      const server = installation.start();
      const url = await server.url();
      const { token } = await signUp(url);
      const messages = [{ role: 'user', content: '[[fault:hang]] hi' }];
      void api(url, token)
        .post('/api/chat', { messages })
        .catch(() => undefined);
      await until(async () => (await run()).output.includes('1 call (1 open)'));
      await server.stop('SIGKILL');
      expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('1 call (1 open)') });
      // Starting the server takes over the database, which then ends with the server.
      await installation.start().url();
    });

    it('leaves no database behind when it is interrupted while one starts', async () => {
      const server = installation.start();
      await server.url();
      await server.stop('SIGTERM');
      const postmaster = join(installation.dataFolder, 'postgres', 'postmaster.pid');
      const child = spawn(process.execPath, [join(installation.folder, 'dist/ledger-verify/main.js')], {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, ...FAKETIME },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = Promise.all([text(child.stdout), once(child, 'exit')]);
      await until(() => existsSync(postmaster));
      child.kill('SIGINT');
      const [output, [code]] = await ended;
      expect({ output, code: code as number }).toEqual({ output: '', code: 130 });
      expect(existsSync(postmaster)).toBe(false);
    });

    it('needs one', async () => {
      const { code, output } = await run();
      expect(output).toMatch(
        /^ {2}FAILED {3}ledger:verify {3}There is no database in \S+\.data yet: start the server/,
      );
      expect(code).toBe(2);
      expect(existsSync(installation.dataFolder)).toBe(false);
    });
  });

  describe('on a database of one’s own', () => {
    let database: TestDatabase;
    let environment: Record<string, string>;
    beforeEach(async () => {
      database = await createDatabase();
      environment = { DATABASE_URL: database.url };
    });
    afterEach(() => database.drop());

    it('ends with 1 where something does not agree, mends it when told to, and ends with 0 then', async () => {
      await database.query(
        `INSERT INTO quota_windows VALUES ('00000000-0000-4000-8000-000000000001', 'tokens_a_day', '2026-01-01', 5, 0)`,
      );
      const found = await run([], environment);
      expect(found.output).toMatch(/FAILED {3}quota windows {3}1 disagreement\n/);
      expect(found.code).toBe(1);
      const mended = await run(['--repair'], environment);
      expect(mended.output).toMatch(/repair {3}quota windows {3}1 row mended\n[^]*All agree/);
      expect(mended.code).toBe(0);
      expect((await run([], environment)).code).toBe(0);
    });

    it('ends with 1 where what is left cannot be mended', async () => {
      await database.query(`INSERT INTO upstream_calls (id, attempt, door, provider, model, settled_at)
        VALUES (gen_random_uuid(), 1, 'chat', 'openai', 'm', now())`);
      expect(await run(['--repair'], environment)).toMatchObject({
        code: 1,
        output: expect.stringContaining('no row in the ledger'),
      });
    });

    (hasPostgresTimers ? it : it.skip)('waits 5 s for another repair, and then says so', async () => {
      await withClient(database.url, async (client) => {
        await client.query('BEGIN; SELECT pg_advisory_xact_lock(7235011)');
        const { code, output } = await run(['--repair'], environment);
        expect(output).toContain(
          'Another transaction, or another repair, is at it and takes long: try again later.',
        );
        expect(code).toBe(2);
        expect((await run([], environment)).code).toBe(0);
        await client.query('COMMIT');
      });
    });

    it.each<[string, string, string]>([
      [
        'of an older version',
        `DELETE FROM migrations WHERE name ~ '0007$'`,
        'start this version of the server once',
      ],
      [
        'of a newer one',
        `INSERT INTO migrations (timestamp, name) VALUES (1, 'Later')`,
        'run that version’s command',
      ],
      ['of nothing', 'DROP TABLE migrations', 'start this version of the server once'],
    ])('does not look at a schema %s', async (_, statement, told) => {
      await database.query(statement);
      const { code, output } = await run([], environment);
      expect(output).toContain(told);
      expect(output.trimEnd()).not.toContain('\n');
      expect(code).toBe(2);
    });
  });

  it.each<[string, string[], () => Record<string, string>, string]>([
    [
      'no database',
      [],
      () => ({ DATABASE_URL: 'postgres://a:secret@127.0.0.1:9/x' }),
      'No database answers at 127.0.0.1:9',
    ],
    ['one that is not there', [], () => ({ DATABASE_URL: urlOf('nowhere') }), 'does not exist: create it'],
    ['a bad variable', [], () => ({ PORT: 'eighty' }), 'PORT must be a whole number'],
    ['an argument that is none', ['--mend'], () => ({}), 'npm run ledger:verify -- [--repair]'],
    ['an argument too many', ['secret'], () => ({}), 'are not understood'],
  ])('tells %s in one line, and ends with 2', async (_, args, environment, told) => {
    const { code, output } = await run(args, environment());
    expect(output).toMatch(/^ {2}FAILED {3}ledger:verify {3}.*\n$/);
    expect(output).toContain(told);
    expect(output).not.toContain('secret');
    expect(code).toBe(2);
  });

  it('refuses a folder that a server has just taken', async () => {
    DataDirectory.open(installation.dataFolder).secret('postgres-password');
    mkdirSync(join(installation.dataFolder, 'postgres'));
    writeFileSync(join(installation.dataFolder, 'postgres', 'PG_VERSION'), '18\n');
    const { code, output } = await run();
    expect(output).toMatch(new RegExp(`Another Keyturn \\(process ${process.pid}\\) already uses`));
    expect(code).toBe(2);
  });
});
