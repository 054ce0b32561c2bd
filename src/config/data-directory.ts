import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../common/startup-error';

interface Owner {
  pid: number;
  /** Tells this process from a later one that was given the same pid; null where the system doesn't say. */
  startedAt: string | null;
}

const OWNER_FILE = /^owner-(\d+)\.json$/;

/**
 * The folder in which a process keeps what must outlive it: the made secrets, the embedded database, the port in use.
 * One process at a time owns it. Ownership is a numbered file made exclusively: whoever makes the next number owns
 * the folder, so of two that find the same dead owner only one can take over.
 */
export class DataDirectory {
  private constructor(readonly path: string) {}

  /** @throws StartupError when a living process owns the folder, or it cannot be made */
  static open(path: string): DataDirectory {
    try {
      mkdirSync(path, { recursive: true });
    } catch (cause) {
      throw new StartupError(
        `The data folder ${path} cannot be made: set DATA_DIR to one this user may write.`,
        { cause },
      );
    }
    try {
      takeOwnership(path);
    } catch (cause) {
      if (cause instanceof StartupError) throw cause;
      throw new StartupError(
        `The data folder ${path} cannot be written: set DATA_DIR to one this user may write.`,
        { cause },
      );
    }
    return new DataDirectory(path);
  }

  /** A random secret of 32 bytes kept under this name, made on first use, readable by this user only. */
  secret(name: string): string {
    const file = join(this.path, name);
    // A crash can leave the file without its content: an empty secret would be no secret.
    const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (kept !== '') return kept;
    const made = randomBytes(32).toString('base64url');
    writeFileSync(file, made, { mode: 0o600 });
    return made;
  }

  /** Where scripts find the port when it was picked by the system. */
  writePort(port: number): void {
    writeFileSync(join(this.path, 'port'), `${port}\n`);
  }
}

function takeOwnership(path: string): void {
  for (;;) {
    const [current = 0, ...older] = ownerNumbers(path);
    const owner = current === 0 ? undefined : readOwner(path, current);
    if (owner !== undefined && isAlive(owner)) {
      throw new StartupError(
        `Another Keyturn (process ${owner.pid}) already uses ${path}: stop it, or give this one its own DATA_DIR and PORT.`,
      );
    }
    if (claim(path, current + 1)) {
      // Whoever was slow to look may have made a number that others came past in the meantime.
      if (ownerNumbers(path)[0] !== current + 1) {
        rmSync(ownerFile(path, current + 1), { force: true });
        continue;
      }
      for (const number of current === 0 ? [] : [current, ...older])
        rmSync(ownerFile(path, number), { force: true });
      return;
    }
  }
}

/** Made beside and linked in, so that nobody ever reads half of it. */
function claim(path: string, number: number): boolean {
  const draft = join(path, `.owner-${process.pid}-${randomBytes(4).toString('hex')}`);
  const owner: Owner = { pid: process.pid, startedAt: startTime(process.pid) };
  writeFileSync(draft, JSON.stringify(owner));
  try {
    linkSync(draft, ownerFile(path, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

const ownerFile = (path: string, number: number): string => join(path, `owner-${number}.json`);

/** Newest first. */
function ownerNumbers(path: string): number[] {
  return readdirSync(path)
    .map((name) => Number(OWNER_FILE.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => b - a);
}

function readOwner(path: string, number: number): Owner | undefined {
  try {
    return JSON.parse(readFileSync(ownerFile(path, number), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTime(pid) === startedAt;
}

/** Field 22 of /proc/PID/stat (proc(5)): clock ticks from boot to the start of the process. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
