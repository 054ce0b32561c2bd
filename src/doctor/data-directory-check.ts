import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { configuration, failed, type Finding, ok } from './finding';
import type { RunningServer } from './running-server';

const SUBJECT = 'data directory';
const CURE = 'set DATA_DIR to one this user may write.';

/** Looks, and makes nothing. */
export function checkDataDirectory(path: string, server: RunningServer | undefined): Finding {
  const found = stat(path);
  if (found === undefined) {
    return isWritable(nearestFolder(path))
      ? ok(SUBJECT, `${path}, made by the first start`)
      : failed(SUBJECT, configuration(`${path} cannot be made: ${CURE}`));
  }
  if (!found.isDirectory()) return failed(SUBJECT, configuration(`${path} is no folder: ${CURE}`));
  if (!isWritable(path)) return failed(SUBJECT, configuration(`${path} cannot be written: ${CURE}`));
  return ok(
    SUBJECT,
    server === undefined ? `${path}, no server runs on it` : `${path}, in use by ${server.url}`,
  );
}

function nearestFolder(path: string): string {
  const parent = dirname(path);
  return parent === path || stat(parent) !== undefined ? parent : nearestFolder(parent);
}

function stat(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Below a file, or in a folder that may not be entered: there is nothing to see.
    return undefined;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return stat(path)?.isDirectory() === true;
  } catch {
    return false;
  }
}
