import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtinModules } from 'node:module';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { api, signUp, until } from './support/clients';
import { FAKETIME } from './support/machine-clock';

jest.setTimeout(120_000);

const REPOSITORY = join(__dirname, '..');
const MANIFEST = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
};

/** What `npm pack` makes, installed in an empty folder. Its dependencies are the repository's. */
describe('The package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-package-'));
  const home = join(folder, 'home');
  const installed = join(home, 'node_modules', 'keyturn');
  const program = join(installed, 'dist', 'commands', 'keyturn.js');
  let files: string[];

  beforeAll(() => {
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [packed] = JSON.parse(execFileSync('npm', pack, { cwd: REPOSITORY, encoding: 'utf8' })) as [
      { filename: string; files: { path: string }[] },
    ];
    files = packed.files.map(({ path }) => path);
    mkdirSync(installed, { recursive: true });
    chmodSync(folder, 0o755);
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1']);
    symlinkSync(join(REPOSITORY, 'node_modules'), join(installed, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: home,
      env: { PATH: process.env.PATH, ...FAKETIME, PORT: '0' },
    });
    const ended = once(child, 'exit') as Promise<[number]>;
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, output, errors };
  }

  it('holds the build and nothing of its making', () => {
    const others = files.filter((path) => !/^dist\/(?!.*\.spec\.)[\w./-]+\.(js|d\.ts|json)$/.test(path));
    expect(others.toSorted()).toEqual(['.env.example', 'LICENSE', 'README.md', 'package.json']);
  });

  it('names every package that the build needs', () => {
    const allowed = new Set([
      ...Object.keys(MANIFEST.dependencies),
      ...Object.keys(MANIFEST.optionalDependencies ?? {}),
      ...builtinModules.flatMap((name) => [name, `node:${name}`]),
    ]);
    const needed = files
      .filter((path) => path.endsWith('.js'))
      .flatMap((path) =>
        Array.from(
          readFileSync(join(installed, path), 'utf8').matchAll(/\b(?:require|import)\("([^".][^"]*)"\)/g),
          ([, name]) => name!,
        ),
      )
      .map((name) =>
        (name.startsWith('@') ? name.split('/').slice(0, 2) : name.split('/').slice(0, 1)).join('/'),
      );
    expect([...new Set(needed)].filter((name) => !allowed.has(name))).toEqual([]);
  });

  it.each([
    [['--help'], 0, /keyturn doctor/],
    [['--version'], 0, new RegExp(`^${MANIFEST.version}\n$`)],
  ])('answers %j', async (args, code, output) => {
    expect(await run(...args)).toMatchObject({ code, output: expect.stringMatching(output) });
  });

  it.each([
    [['strat'], /There is no command "strat"[^]*keyturn \[start\]/],
    [['start', '--port=1'], /start takes no arguments: set variables/],
  ])('refuses %j', async (args, errors) => {
    expect(await run(...args)).toMatchObject({ code: 2, errors: expect.stringMatching(errors) });
    expect(existsSync(join(home, '.env'))).toBe(false);
  });

  it('starts in the current folder, where the other commands find it', async () => {
    const child = spawn(process.execPath, [program], {
      cwd: home,
      env: { PATH: process.env.PATH, ...FAKETIME, PORT: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(child, 'exit');
    try {
      const portFile = join(home, '.data', 'port');
      const url = await until(async () => {
        const port = existsSync(portFile) && readFileSync(portFile, 'utf8').trim();
        if (!port) return undefined;
        const isHealthy = await fetch(`http://127.0.0.1:${port}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
        return isHealthy ? `http://127.0.0.1:${port}` : undefined;
      }, 60_000);
      const { token } = await signUp(url);
      const answer = await api(url, token).post('/api/chat', { message: 'Add a task to buy milk' });
      expect(answer.status).toBe(200);
      expect(readdirSync(home).toSorted()).toEqual(['.data', '.env', 'node_modules']);
      expect(readdirSync(installed)).not.toContain('.data');

      expect((await run('doctor')).output).toMatch(/simulator/);
      expect(await run('ledger-verify')).toMatchObject({
        code: 0,
        output: expect.stringMatching(/All agree/),
      });
      expect(await run('ledger-verify', '--mend')).toMatchObject({
        code: 2,
        output: expect.stringContaining('keyturn ledger-verify [--repair]'),
      });
    } finally {
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    }
  });
});
