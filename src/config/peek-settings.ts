import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from './env-file';
import { readSettings, type Settings } from './settings';

/**
 * The settings a start would have, for who only looks: unlike a start it makes no `.env`.
 * @throws StartupError that names what to mend
 */
export function peekSettings(projectDirectory: string): Settings {
  const isThere = existsSync(join(projectDirectory, '.env'));
  const environment = isThere ? loadEnvFile(projectDirectory, process.env) : process.env;
  return readSettings(environment, projectDirectory);
}
