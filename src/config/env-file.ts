import { constants, copyFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { StartupError } from '../common/startup-error';

/**
 * The variables of `.env` at the top of the project, made from `.env.example` on the first start and never
 * overwritten. What the process's own environment sets wins over the file.
 * @param exampleDirectory the folder that holds `.env.example`
 * @throws StartupError when `.env` is there but cannot be read as a file
 */
export function loadEnvFile(
  projectDirectory: string,
  processEnv: NodeJS.ProcessEnv,
  exampleDirectory = projectDirectory,
): NodeJS.ProcessEnv {
  const path = join(projectDirectory, '.env');
  createFromExample(join(exampleDirectory, '.env.example'), path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return processEnv;
  if (found.isDirectory()) {
    throw new StartupError(
      `${path} is a folder, but it must be a file: remove or rename it and start again.`,
    );
  }
  try {
    const fromFile = Object.entries(parseEnv(readFileSync(path, 'utf8')));
    // A secret that is mounted as a file outweighs the same variable in `.env` too.
    const unset = fromFile.filter(([name]) => processEnv[`${name}_FILE`] === undefined);
    return { ...Object.fromEntries(unset), ...processEnv };
  } catch (cause) {
    throw new StartupError(`${path} cannot be read: make it readable for this user.`, { cause });
  }
}

/** Names in `.env` that mean nothing here, as a mistyped one does. Those of docker-compose.yml are its own. */
export function findUnknownNames(projectDirectory: string, known: readonly string[]): string[] {
  const isKnown = (name: string): boolean =>
    known.includes(name) || known.includes(name.replace(/_FILE$/, ''));
  const isForCompose = (name: string): boolean => /^(POSTGRES_PASSWORD|POSTGRES_PORT|REDIS_PORT)$/.test(name);
  try {
    const names = Object.keys(parseEnv(readFileSync(join(projectDirectory, '.env'), 'utf8')));
    return names.filter((name) => !isKnown(name) && !isForCompose(name));
  } catch {
    return [];
  }
}

function createFromExample(example: string, path: string): void {
  try {
    copyFileSync(example, path, constants.COPYFILE_EXCL);
  } catch {
    // There already, or a read-only installation (a container image): the environment alone then decides.
  }
}
