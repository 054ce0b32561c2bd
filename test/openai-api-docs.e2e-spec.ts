import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestApp, type TestApp } from './support/app';
import { signUp } from './support/clients';

jest.setTimeout(60_000);

const REPOSITORY = join(__dirname, '..');
const EXAMPLE_URL = 'http://127.0.0.1:3000';
const PROGRAM_DEADLINE_MS = 30_000;

const execute = promisify(execFile);
const page = readFileSync(join(REPOSITORY, 'docs', 'openai-api.md'), 'utf8');
const examples = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, text]): [string, string] => [
  /from '(@?[\w/-]+)'/.exec(text!)![1]!,
  text!,
]);

describe('The examples of docs/openai-api.md', () => {
  let app: TestApp;
  let token: string;
  let folder: string;

  beforeAll(async () => {
    app = await createTestApp();
    token = (await signUp(app.url)).token;
    folder = mkdtempSync(join(tmpdir(), 'keyturn-examples-'));
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await app.stop();
  });

  it('are one for each SDK, of at most five lines', () => {
    expect(examples.map(([name]) => name)).toEqual([
      'openai',
      '@ai-sdk/openai',
      '@openai/agents',
      '@langchain/openai',
    ]);
    for (const [, text] of examples) expect(text.trim().split('\n').length).toBeLessThanOrEqual(5);
  });

  it.each(examples)('%s says hello', async (_, text) => {
    const program = join(folder, 'example.mjs');
    expect(text).toContain(EXAMPLE_URL);
    writeFileSync(program, text.replaceAll(EXAMPLE_URL, app.url));
    const { stdout } = await execute(process.execPath, ['--preserve-symlinks-main', program], {
      timeout: PROGRAM_DEADLINE_MS,
      env: { PATH: process.env.PATH, KEYTURN_TOKEN: token },
    });
    expect(stdout.trim()).toMatch(/hello/i);
  });
});
