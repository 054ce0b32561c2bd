import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFileSync } from '@swc/core';
import { DataDirectory } from './data-directory';

/** Says `ready`, tries to own the folder when told to, says what came of it and holds on until it is killed. */
const CONTENDER = `
  const { DataDirectory } = require('./config/data-directory');
  process.stdin.once('data', () => {
    try {
      DataDirectory.open(process.argv[2]);
      console.log('owner');
    } catch (error) {
      console.log(error.message);
    }
  });
  console.log('ready');`;

interface Contender {
  pid: number;
  /** What opening the folder came to. */
  open(): Promise<string>;
  kill(): Promise<void>;
}

const refusal = (message: string) => expect.objectContaining({ name: 'StartupError', message });

describe('DataDirectory', () => {
  let workshop: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeAll(() => {
    workshop = mkdtempSync(join(tmpdir(), 'keyturn-data-directory-'));
    for (const name of ['common/startup-error', 'config/data-directory']) {
      const { code } = transformFileSync(join(__dirname, `../${name}.ts`), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      });
      mkdirSync(join(workshop, name, '..'), { recursive: true });
      writeFileSync(join(workshop, `${name}.js`), code);
    }
    writeFileSync(join(workshop, 'contender.js'), CONTENDER);
  });

  beforeEach(() => (path = join(mkdtempSync(join(workshop, 'case-')), 'data')));

  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  afterAll(() => rmSync(workshop, { recursive: true }));

  const contender = async (): Promise<Contender> => {
    const child = spawn(process.execPath, [join(workshop, 'contender.js'), path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface(child.stdout);
    expect(await once(lines, 'line')).toEqual(['ready']);
    return {
      pid: child.pid!,
      open: async () => {
        child.stdin.write('go\n');
        return String((await once(lines, 'line'))[0]);
      },
      kill: async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    };
  };

  const ownerFiles = () => readdirSync(path).filter((name) => name.includes('owner'));

  it('makes the folder, and those above it', () => {
    const directory = DataDirectory.open(join(path, 'a/b'));
    expect(statSync(directory.path).isDirectory()).toBe(true);
  });

  it('refuses a second owner in one line that names the first and the cure', async () => {
    const first = await contender();
    expect(await first.open()).toBe('owner');
    expect(() => DataDirectory.open(path)).toThrow(
      refusal(
        `Another Keyturn (process ${first.pid}) already uses ${path}: stop it, or give this one its own DATA_DIR and PORT.`,
      ),
    );
    expect(ownerFiles()).toEqual(['owner-1.json']);
  });

  it('takes over from a killed owner, as often as it happens, and clears its traces', async () => {
    for (let round = 1; round <= 2; round++) {
      const owner = await contender();
      expect(await owner.open()).toBe('owner');
      await owner.kill();
    }
    DataDirectory.open(path);
    expect(ownerFiles()).toEqual(['owner-3.json']);
  });

  it('takes over from an owner whose process number now is another’s', () => {
    DataDirectory.open(path);
    const owner = JSON.parse(readFileSync(join(path, 'owner-1.json'), 'utf8')) as object;
    expect(owner).toMatchObject({ pid: process.pid });
    writeFileSync(join(path, 'owner-1.json'), JSON.stringify({ ...owner, startedAt: '1' }));
    DataDirectory.open(path);
    expect(ownerFiles()).toEqual(['owner-2.json']);
  });

  it.each(['', '{'])('takes over from an owner file that holds %p', (content) => {
    mkdirSync(path);
    writeFileSync(join(path, 'owner-1.json'), content);
    DataDirectory.open(path);
    expect(ownerFiles()).toEqual(['owner-2.json']);
  });

  it('has one winner where several take over from a dead owner at once', async () => {
    const dead = await contender();
    await dead.open();
    await dead.kill();
    const takers = await Promise.all([contender(), contender(), contender(), contender()]);
    const outcomes = await Promise.all(takers.map((taker) => taker.open()));
    const winner = takers[outcomes.indexOf('owner')];
    expect(outcomes.filter((outcome) => outcome === 'owner')).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => outcome.includes(`(process ${winner?.pid}) already uses`)),
    ).toHaveLength(3);
    expect(ownerFiles()).toEqual(['owner-2.json']);
  });

  it('names a folder that cannot be made', () => {
    writeFileSync(path, 'a file');
    expect(() => DataDirectory.open(path)).toThrow(
      refusal(`The data folder ${path} cannot be made: set DATA_DIR to one this user may write.`),
    );
  });

  // Not even root may write there; other systems have no such folder.
  (process.platform === 'linux' ? it : it.skip)('names a folder that cannot be written', () => {
    expect(() => DataDirectory.open('/proc/self')).toThrow(
      refusal('The data folder /proc/self cannot be written: set DATA_DIR to one this user may write.'),
    );
  });

  it('makes each secret once, long, its own, and readable by this user only', () => {
    const directory = DataDirectory.open(path);
    const secret = directory.secret('jwt-secret');
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(directory.secret('jwt-secret')).toBe(secret);
    expect(directory.secret('postgres-password')).not.toBe(secret);
    expect(statSync(join(path, 'jwt-secret')).mode & 0o777).toBe(0o600);
  });

  it('keeps a secret over restarts', async () => {
    const owner = await contender();
    await owner.open();
    writeFileSync(join(path, 'jwt-secret'), 'kept\n');
    await owner.kill();
    expect(DataDirectory.open(path).secret('jwt-secret')).toBe('kept');
  });

  it('never gives an empty secret, as a crash while it was written leaves one', () => {
    const directory = DataDirectory.open(path);
    writeFileSync(join(path, 'jwt-secret'), '');
    const secret = directory.secret('jwt-secret');
    expect(secret).toHaveLength(43);
    expect(directory.secret('jwt-secret')).toBe(secret);
  });

  it('writes the port for scripts', () => {
    DataDirectory.open(path).writePort(4321);
    expect(readFileSync(join(path, 'port'), 'utf8')).toBe('4321\n');
  });
});
