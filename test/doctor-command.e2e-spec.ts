import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { signUp } from './support/clients';
import { DOCTOR_KEY } from './support/doctor';
import { FAKETIME } from './support/machine-clock';
import { Installation } from './support/process';
import { emptyAccount, jsonAnswer, startScriptedUpstream } from './support/scripted-upstream';

jest.setTimeout(60_000);

/** The program that `npm run doctor` starts after the build. */
describe('The doctor as a command', () => {
  let installation: Installation;
  beforeEach(() => {
    installation = new Installation();
  });
  afterEach(() => installation.remove());

  const run = async (args: string[] = [], environment: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [join(installation.folder, 'dist/doctor/main.js'), ...args], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, ...FAKETIME, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return { code: code as number, output };
  };

  it('ends with 0 where nothing failed, and leaves no trace', async () => {
    const { code, output } = await run();
    expect(output).toContain('Nothing failed.');
    expect(code).toBe(0);
    for (const name of ['.env', '.data']) expect(existsSync(join(installation.folder, name))).toBe(false);
  });

  it('ends with 1 where something did, and tells it without the key', async () => {
    const upstream = await startScriptedUpstream();
    upstream.play('/v1/models', jsonAnswer({ data: [{ id: 'gpt-6-luna' }] }));
    upstream.play('/v1/chat/completions', emptyAccount);
    const { code, output } = await run([], {
      OPENAI_API_KEY: DOCTOR_KEY,
      OPENAI_BASE_URL: upstream.baseUrl,
      OPENAI_MODEL: 'gpt-6-luna',
    });
    await upstream.stop();
    expect(output).toMatch(/FAILED {3}default model {3}the account’s: .*insufficient_quota/);
    expect(output).not.toContain(DOCTOR_KEY);
    expect(code).toBe(1);
  });

  it('tells of a database that is not there', async () => {
    const { code, output } = await run([], { DATABASE_URL: 'postgres://a:secret@127.0.0.1:9/x' });
    expect(output).toMatch(
      /FAILED {3}database {8}yours: No database answers at 127\.0\.0\.1:9 .*DATABASE_URL/,
    );
    expect(output).not.toContain('secret');
    expect(code).toBe(1);
  });

  it.each([
    ['a bad variable', [], { PORT: 'eighty' }, 'PORT must be a whole number'],
    ['a bad argument', ['--url', 'nowhere'], {}, '--url must be'],
  ])('tells %s in one line', async (_, args, environment: Record<string, string>, text) => {
    const { code, output } = await run(args, environment);
    expect(output).toMatch(
      new RegExp(`^ {2}FAILED {3}configuration {3}yours: .*${text}.*\n\n {2}1 of 1 checks failed\\.\n$`),
    );
    expect(code).toBe(1);
  });

  it('finds the server that runs here, and measures its streams with a token', async () => {
    const url = await installation.start().url();
    const { token } = await signUp(url);
    const file = join(installation.folder, 'token');
    writeFileSync(file, token);
    const { code, output } = await run(['--token-file', file]);
    expect(output).toContain(`in use by ${url}`);
    expect(output).toContain('the embedded Postgres, running');
    expect(output).toMatch(/ok {7}streams/);
    expect(output).not.toContain(token);
    expect(code).toBe(0);
  });
});
