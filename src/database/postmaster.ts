import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The process of a database that runs. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** Who runs on this data; undefined where nobody does, whatever its `postmaster.pid` says. */
export function findPostmaster(dataFolder: string): Postmaster | undefined {
  const told = readPostmaster(dataFolder);
  return told !== undefined && isPostgres(told.pid, dataFolder) ? told : undefined;
}

/** The first line is the process, the fourth its port (miscadmin.h, LOCK_FILE_LINE_…). */
function readPostmaster(dataFolder: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    return Number.isInteger(pid) && pid > 1 ? { pid, port } : undefined;
  } catch {
    return undefined;
  }
}

/** The pid may have gone to another program since; where the system can't tell, Postgres's own lock decides. */
function isPostgres(pid: number, dataFolder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(dataFolder);
  } catch {
    return process.platform !== 'linux' && isRunning(pid);
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
