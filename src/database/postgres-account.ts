import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartupError } from '../common/startup-error';

/** The system user a database runs as. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Postgres refuses to run as root: there it gets the system's `postgres` user, made if need be.
 * @returns undefined where the current user can run it
 */
export function findPostgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = lookUp('postgres');
  if (existing !== undefined) return existing;
  const makers: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', 'postgres']],
    ['adduser', ['-S', '-D', '-H', 'postgres']],
  ];
  for (const [command, args] of makers) {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
    } catch {
      continue;
    }
    const made = lookUp('postgres');
    if (made !== undefined) return made;
  }
  throw new StartupError(
    'Postgres does not run as root and no user "postgres" could be made: start Keyturn as another user, or set DATABASE_URL.',
  );
}

function lookUp(name: string): Account | undefined {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** The innermost folder on the way to `path` that other users may not pass, or undefined. */
export function findClosedFolder(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found !== undefined && (found.mode & 0o001) === 0) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
