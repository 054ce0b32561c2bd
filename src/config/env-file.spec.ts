import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartupError } from '../common/startup-error';
import { loadEnvFile } from './env-file';

describe('loadEnvFile', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'keyturn-env-file-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('makes .env from .env.example on the first start', () => {
    write('.env.example', 'PORT=81\n# HOST=x\n');
    expect(loadEnvFile(folder, {})).toEqual({ PORT: '81' });
    expect(read('.env')).toBe('PORT=81\n# HOST=x\n');
  });

  it('never overwrites .env, not even an empty one', () => {
    write('.env.example', 'PORT=81\n');
    write('.env', '');
    expect(loadEnvFile(folder, {})).toEqual({});
    expect(read('.env')).toBe('');
  });

  it('lets the environment of the process win over the file', () => {
    write('.env', 'PORT=81\nHOST="0.0.0.0"\n');
    expect(loadEnvFile(folder, { PORT: '82', LANG: 'C' })).toEqual({
      PORT: '82',
      HOST: '0.0.0.0',
      LANG: 'C',
    });
  });

  it('does without where there is neither file', () => {
    expect(loadEnvFile(folder, { PORT: '82' })).toEqual({ PORT: '82' });
    expect(existsSync(join(folder, '.env'))).toBe(false);
  });

  it('names a folder called .env as the mistake it is, and leaves it alone', () => {
    write('.env.example', 'PORT=81\n');
    mkdirSync(join(folder, '.env'));
    write('.env/kept', 'data');
    expect(() => loadEnvFile(folder, {})).toThrow(
      new StartupError(
        `${join(folder, '.env')} is a folder, but it must be a file: remove or rename it and start again.`,
      ),
    );
    expect(read('.env/kept')).toBe('data');
  });
});
