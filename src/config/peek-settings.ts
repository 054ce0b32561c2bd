import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from './env-file';
import { readSettings, type Settings } from './settings';

/**
 * The settings that a start would have, for commands that only read: unlike a start, this makes no `.env`.
 * @throws StartupError that names what to mend
 */
export function peekSettings(projectDirectory: string): Settings {
  const isThere = existsSync(join(projectDirectory, '.env'));
  const environment = isThere ? loadEnvFile(projectDirectory, process.env) : process.env;
  return readSettings(environment, projectDirectory);
}
