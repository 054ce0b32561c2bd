import { findUnknownNames, loadEnvFile } from './env-file';
import { VARIABLES } from './environment';
import { PACKAGE_DIRECTORY } from './installation';
import { readSettings, type Settings } from './settings';

/**
 * The settings of this process: its environment over `.env` over the defaults.
 * @throws StartupError that names what to mend
 */
export function loadSettings(projectDirectory: string): Settings {
  return readSettings(loadEnvFile(projectDirectory, process.env, PACKAGE_DIRECTORY), projectDirectory);
}

/** What is set in `.env` and read by nobody. */
export function findUnreadVariables(projectDirectory: string, { promptTemplates }: Settings): string[] {
  return findUnknownNames(projectDirectory, [...Object.keys(VARIABLES), ...promptTemplates.keys()]);
}
