import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ClientPackage } from './support/client-package';
import { signUp } from './support/clients';
import { FAKETIME } from './support/machine-clock';
import { Installation } from './support/process';

const DEADLINE_MS = 60_000;
const README = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
const DOCUMENTED_URL = 'http://127.0.0.1:3000';
const DOCUMENTED_FILE = '/tmp/keyturn-stream.txt';
/** Printed between the outputs of two blocks. */
const SEPARATOR = '\n=== next block ===\n';

jest.setTimeout(DEADLINE_MS + 60_000);

function walkThrough(): string[] {
  const [, section = ''] = /<!-- walk-through[^]*?-->([^]*?)<!-- \/walk-through -->/.exec(README) ?? [];
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
}

/** Runs the blocks one after another in one shell, as a reader does in a terminal. */
async function runBlocks(blocks: string[]): Promise<string[]> {
  const script = ['set -euo pipefail\n', blocks.join(`printf '%s' '${SEPARATOR}'\n`)].join('');
  const shell = spawn('bash', ['-c', script], {
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...FAKETIME },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let errors = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const killGroup = (): void => {
    try {
      process.kill(-shell.pid!, 'SIGKILL');
    } catch {
      // The group has already ended.
    }
  };
  const deadline = setTimeout(killGroup, DEADLINE_MS);
  shell.once('exit', (code) => {
    clearTimeout(deadline);
    // A failed block leaves its background command running, which keeps the output open.
    if (code !== 0) killGroup();
  });
  const [code] = (await once(shell, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The walk-through stopped with ${code}.\n${output}\n${errors}`);
  return output.split(SEPARATOR);
}

/** The calendar date of the next day in a time zone, as the README's user sees it. */
function tomorrowIn(timeZone: string, now: Date): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone }).format(now);
  return new Date(Date.parse(today) + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

describe('The README’s walk-through', () => {
  let installation: Installation;
  let outputs: string[];
  /** Holds two dates: midnight may pass during the test. */
  let tomorrows: string[];

  beforeAll(async () => {
    installation = new Installation();
    const url = await installation.start().url();
    const blocks = walkThrough().map((block) =>
      block
        .replaceAll(DOCUMENTED_URL, url)
        .replaceAll(DOCUMENTED_FILE, join(installation.folder, 'stream.txt')),
    );
    const startedAt = new Date();
    outputs = await runBlocks(blocks);
    tomorrows = [startedAt, new Date()].map((now) => tomorrowIn('Europe/Berlin', now));
  });
  afterAll(() => installation.remove());

  it('has six blocks, all of them for the address that the server starts on', () => {
    expect(walkThrough()).toHaveLength(6);
    for (const block of walkThrough()) expect(block).toContain(DOCUMENTED_URL);
    expect(walkThrough().join('')).toContain(DOCUMENTED_FILE);
  });

  it('signs up without a word', () => {
    expect(outputs[0]).toBe('');
  });

  it('chats, and the answer says what the database did', () => {
    expect(JSON.parse(outputs[1]!)).toMatchObject({
      conversation_id: 1,
      changes: [{ tool: 'add_task', change: 'created', title: expect.stringMatching(/milk/i) }],
    });
  });

  it('finds the task, due tomorrow', () => {
    const { items } = JSON.parse(outputs[2]!);
    expect(items).toMatchObject([{ title: expect.stringMatching(/milk/i), status: 'pending' }]);
    expect(tomorrows).toContain(items[0].due_at);
  });

  it('streams a turn to its end', () => {
    const blocks = outputs[3]!.trimEnd().split('\n\n');
    expect(blocks.every((block) => /^data: .+$/.test(block))).toBe(true);
    expect(blocks.at(-1)).toBe('data: [DONE]');
    expect(JSON.parse(blocks.at(-2)!.slice('data: '.length))).toMatchObject({
      done: true,
      response: expect.stringMatching(/milk/i),
    });
  });

  it('cancels a turn', () => {
    expect(JSON.parse(outputs[4]!)).toMatchObject({ state: 'cancelled', conversation_id: 1 });
  });

  it('goes on in the same conversation at once', () => {
    expect(JSON.parse(outputs[5]!)).toMatchObject({
      conversation_id: 1,
      changes: [{ tool: 'complete_task', change: 'completed', title: expect.stringMatching(/milk/i) }],
    });
  });
});

/** Runs each block alone, as a module of an application with the packages installed. */
describe('The README’s clients', () => {
  const [, section = ''] = /<!-- clients[^]*?-->([^]*?)<!-- \/clients -->/.exec(README) ?? [];
  const blocks = [...section.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, block]) => block!);
  let installation: Installation;
  let application: ClientPackage;
  let run: (block: string) => Promise<string>;

  beforeAll(async () => {
    application = new ClientPackage();
    await application.build();
    for (const name of ['ws', 'openai', 'ai', '@ai-sdk', '@openai', '@langchain', 'zod']) {
      symlinkSync(
        join(__dirname, '..', 'node_modules', name),
        join(application.folder, 'node_modules', name),
      );
    }
    installation = new Installation();
    const templates = { PROMPT_TEMPLATES: 'GREETING', GREETING: 'Greet the player.' };
    const url = await installation.start(templates).url();
    const { token } = await signUp(url);
    run = (block) =>
      application.runProgram(
        block
          .replaceAll('127.0.0.1:3000', new URL(url).host)
          .replaceAll('process.env.TOKEN', JSON.stringify(token)),
      );
  });
  afterAll(async () => {
    await installation.remove();
    application.remove();
  });

  it('are nine, of five lines at most', () => {
    expect(blocks.map((block) => block.trimEnd().split('\n').length <= 5)).toEqual(Array(9).fill(true));
  });

  it.each([
    ['the task app', 0, /Ada.*change: 'created'/s],
    ['the proxy’s page', 1, /hello.* \d+\n/i],
    ['the panel', 2, /hello.*total_tokens/is],
    ['the chat UI', 3, /event: response\.completed/],
    ['the game', 4, /\w/],
    ['the official SDK', 5, /hello/i],
    ['the Vercel AI SDK', 6, /hello/i],
    ['the Agents SDK', 7, /hello/i],
    ['LangChain', 8, /hello/i],
  ])('show %s as it works', async (_name, index, told) => {
    expect(await run(blocks[index]!)).toMatch(told);
  });
});
