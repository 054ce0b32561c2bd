import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestApp, type TestApp } from './support/app';

jest.setTimeout(180_000);

const REPOSITORY = join(__dirname, '..');
const PROGRAM = join(__dirname, 'generated-client', 'program.ts');
const GENERATOR = join(REPOSITORY, 'node_modules', 'openapi-typescript', 'bin', 'cli.js');
const COMPILER = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
const DEADLINE_MS = 90_000;

const COMPILER_OPTIONS = {
  target: 'ES2023',
  module: 'node20',
  strict: true,
  noUncheckedIndexedAccess: true,
  types: ['node'],
  skipLibCheck: true,
};

const execute = promisify(execFile);

describe('A client generated from the API’s document', () => {
  let app: TestApp;
  let folder: string;

  beforeAll(async () => {
    app = await createTestApp();
    folder = mkdtempSync(join(tmpdir(), 'keyturn-generated-'));
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['program.ts'] }),
    );
    await run(GENERATOR, `${app.url}/docs-json`, '-o', 'api.d.ts');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await app.stop();
  });

  async function run(program: string, ...parameters: string[]): Promise<string> {
    const options = { cwd: folder, timeout: DEADLINE_MS };
    const { stdout } = await execute(process.execPath, [program, ...parameters], options).catch(
      (error: { stdout?: string; stderr?: string }) => {
        throw new Error(`${program}: ${error.stdout} ${error.stderr}`);
      },
    );
    return stdout;
  }

  it('compiles under strict, and runs', async () => {
    copyFileSync(PROGRAM, join(folder, 'program.ts'));
    await run(COMPILER, '-p', 'tsconfig.json');

    expect(JSON.parse(await run('program.js', app.url, 'ada@example.com'))).toEqual({
      health: 'healthy',
      email: 'ada@example.com',
      due: '2026-11-25',
      cleared: null,
      done: 'completed',
      tasks: ['Buy milk'],
      missing: 'not_found',
      state: 'completed',
      roles: expect.arrayContaining(['user', 'assistant']),
      hasContent: true,
      isStreamWhole: true,
      hasNullKey: true,
      hasModels: true,
      relayed: 'chat.completion',
      deleted: 204,
    });
  });

  it('does not compile where a field has another type', async () => {
    const program = readFileSync(PROGRAM, 'utf8');
    const wrong = program.replace('conversation_id: null', "conversation_id: 'first'");
    expect(wrong).not.toBe(program);
    writeFileSync(join(folder, 'program.ts'), wrong);

    await expect(run(COMPILER, '-p', 'tsconfig.json', '--noEmit')).rejects.toThrow(/not assignable/);
  });
});
