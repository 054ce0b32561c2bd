import { loadEnvFile } from './env-file';
import { readSettings, type Settings } from './settings';

/**
 * The settings of this process: its environment over `.env` over the defaults.
 * @throws StartupError that names what to mend
 */
export function loadSettings(projectDirectory: string): Settings {
  return readSettings(loadEnvFile(projectDirectory, process.env), projectDirectory);
}
