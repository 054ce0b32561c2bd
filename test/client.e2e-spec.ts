import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ERROR_STATUS } from '../src/common/app-error';
import { createTestApp, type TestApp } from './support/app';
import { ClientPackage, type Loader } from './support/client-package';
import { api, signUp, until } from './support/clients';

const REPOSITORY = join(__dirname, '..');

jest.setTimeout(60_000);

describe('The TypeScript client', () => {
  const client = new ClientPackage();
  let app: TestApp;
  let token: string;
  /** The number of provider requests before the test. */
  let sentBefore: number;

  beforeAll(async () => {
    await client.build();
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    await signUp(app.url);
  });
  beforeEach(async () => {
    token = (await signUp(app.url)).token;
    sentBefore = app.simulator.requests().length;
  });
  afterAll(async () => {
    client.remove();
    await app.stop();
  });

  const run = <Told = Record<string, unknown>>(
    loader: Loader,
    scenario: string,
    options: object = {},
  ): Promise<Told> => client.run<Told>(loader, scenario, { url: app.url, token, ...options });

  describe.each<[Loader]>([['import'], ['require']])('loaded by %s', (loader) => {
    it('signs up, in and out, and goes on after a refresh', async () => {
      const credentials = { email: `${loader}@example.com`, password: 'a long enough passphrase' };
      const { users, ...told } = await run<{ users: string[] }>(loader, 'account', { credentials });

      expect(new Set(users).size).toBe(1);
      expect(told).toEqual({
        timezone: 'Europe/Berlin',
        hasNewRefreshToken: true,
        refusedAfter: 'unauthorized',
      });
    });

    it('keeps tasks, and hears of it when someone else was faster', async () => {
      expect(await run(loader, 'tasks')).toEqual({
        titles: ['Buy milk', 'Buy oat milk'],
        statuses: ['completed', 'pending'],
        found: [['Buy oat milk', '2026-11-25']],
        stale: 'version_conflict',
        deleted: true,
        gone: 'not_found',
      });
    });

    it('talks to the agent, at once and as it goes, and finds what was said', async () => {
      expect(await run(loader, 'conversation')).toEqual({
        changes: ['created', 'completed'],
        kinds: ['accepted', 'tool_call', 'tool_result', 'delta', 'done'],
        isWhole: true,
        isSameConversation: true,
        renamed: ['Shopping', ['Shopping']],
        said: ['Add a task to buy milk', 'Complete the milk task'],
        state: 'completed',
        gone: 'not_found',
      });
    });

    it('cancels a turn that it is reading, and is told so', async () => {
      expect(await run(loader, 'cancelledTurn')).toEqual({
        cancelled: ['cancelled'],
        code: 'turn_cancelled',
        isOfTheTurn: true,
      });
    });

    it('leaves a turn, which goes on without it', async () => {
      const { turnId } = await run(loader, 'turnLeft');
      const user = api(app.url, token);

      const turn = await until(async () => {
        const { body } = await user.get(`/api/turns/${String(turnId)}`);
        return body.state !== 'running' && body;
      });
      expect(turn).toMatchObject({ state: 'completed', changes: [{ change: 'created' }] });
    });

    it('completes a chat, at once and as it goes', async () => {
      const told = await run<{ content: string; deltas: string[]; usages: unknown[] }>(loader, 'completion');

      expect(told.content).toMatch(/Hello/);
      expect(told.deltas.length).toBeGreaterThan(1);
      expect(told).toEqual({
        content: told.content,
        choice: told.content,
        finishReasons: ['stop', 'stop'],
        usages: [told.usages[0], expect.objectContaining({ total_tokens: expect.any(Number) })],
        deltas: told.deltas,
        streamed: told.deltas.join(''),
      });
      expect(told.deltas.join('')).toBe(told.content);
    });

    it('runs its own tools', async () => {
      expect(await run(loader, 'toolLoop')).toEqual({
        tool: 'add_task',
        content: '',
        finish_reason: 'tool_calls',
        told: expect.stringContaining('milk'),
      });
    });

    it.each([
      ['an abort', 'abortedStream', { isReason: true, deltas: 1 }],
      ['leaving the loop', 'leftStream', { isLeft: true }],
    ])('stops the model by %s', async (_, scenario, told) => {
      expect(await run(loader, scenario)).toEqual(told);

      const [request, ...more] = await until(() => {
        const requests = app.simulator.requests().slice(sentBefore);
        return requests.every(({ state }) => state !== 'open') && requests;
      });
      expect([request?.state, more]).toEqual(['aborted', []]);
    });

    it('throws its own kind of error', async () => {
      expect(await run(loader, 'failure', { call: 'chatStream', content: 'Hello', token: 'wrong' })).toEqual({
        isTyped: true,
        isConnectionError: false,
        hasCause: false,
        name: 'KeyturnError',
        status: 401,
        code: 'unauthorized',
        requestId: expect.any(String),
      });
    });
  });

  it.each([
    ['chatOnce', 9],
    ['chatStream', 9],
    ['sendMessage', 3],
    ['streamMessage', 3],
  ])('repeats what is safe to repeat: %s over a limit asks the provider %d times', async (call, times) => {
    const told = await run('import', 'failure', { call, content: '[[fault:rate_limit:0]] hello' });

    expect(told).toMatchObject({ isTyped: true, code: 'rate_limited' });
    expect('turnId' in told).toBe(times === 3);
    expect(app.simulator.requests().slice(sentBefore)).toHaveLength(times);
  });

  it.each(['chatStream', 'streamMessage'])('throws where a %s breaks in the middle', async (call) => {
    const told = await run('import', 'failure', { call, content: '[[fault:cut]] hello' });

    expect(told).toMatchObject({ isTyped: true, code: expect.stringMatching(/^upstream_/) });
    expect(told).not.toHaveProperty('status');
  });

  it('does what its README shows', async () => {
    const readme = readFileSync(join(REPOSITORY, 'client', 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, block]) => block);
    const email = 'reader@example.com';
    const program = blocks
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', app.url)
      .replaceAll('ada@example.com', email);
    const output = await client.runProgram(program);

    expect(blocks).toHaveLength(8);
    expect(output).toContain(email);
    expect(output).toMatch(/\d+ characters by \S+, stop, \d+ tokens/);
    expect(output).toMatch(/^Buy milk .*milk/m);
    expect(output).toContain('calls list_tasks');
    expect(output).toContain("[ 'Call the dentist', 'Buy milk' ] null");
    expect(output).toMatch(/^404 not_found \S+$/m);
  });

  it('names every code of the server in its types', () => {
    const types = readFileSync(client.built('esm/errors.d.ts'), 'utf8');

    expect(Object.keys(ERROR_STATUS).filter((code) => !types.includes(`'${code}'`))).toEqual([]);
  });

  it('needs no package but itself', () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(REPOSITORY, 'client', 'package.json'), 'utf8'),
    );

    expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
  });

  /** Compiled in a strict program, without `skipLibCheck`, which reveals wrong and missing types. */
  it.each([
    [
      'a Node program of either kind',
      ['es-module.mts', 'commonjs.cts'],
      { module: 'node20', types: ['node'] },
    ],
    [
      'a page',
      ['page.ts'],
      { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], types: [] },
    ],
  ])('has types for %s', async (_, files, options) => {
    for (const file of files) writeFileSync(join(client.folder, file), TYPED_PROGRAM);
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2022'],
      strict: true,
      noEmit: true,
      typeRoots: [join(REPOSITORY, 'node_modules', '@types')],
      ...options,
    };
    writeFileSync(join(client.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const compiler = join(dirname(createRequire(__filename).resolve('typescript')), 'tsc.js');

    expect(await client.node(compiler, '--project', 'tsconfig.json', '--pretty', 'false')).toBe('');
  });
});

const TYPED_PROGRAM = `
import { createClient, KeyturnError, type Client, type TurnAnswer } from '@keyturn/client';

const keyturn: Client = createClient({ baseUrl: 'http://keyturn.test', token: async () => 'a-token' });

export async function use(): Promise<TurnAnswer> {
  const stream = keyturn.chatStream({ messages: [{ role: 'user', content: 'Hello' }] }, { signal: AbortSignal.timeout(9) });
  for await (const delta of stream) delta.toUpperCase();
  const turn = keyturn.streamMessage({ message: 'Hello' }, { idempotencyKey: 'once' });
  for await (const event of turn) {
    if (event.type === 'tool_result') event.tool_result.changes[0]?.title.toUpperCase();
    // @ts-expect-error only a delta has one
    else event.delta;
  }
  // @ts-expect-error a task has a title
  await keyturn.tasks.create({ priority: 'high' });
  try {
    const { items } = await keyturn.tasks.list({ status: 'pending' });
    items[0]?.due_at?.slice(0, 10);
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'rate_limited') error.retryAfter?.toFixed();
  }
  return turn.result();
}
`;
