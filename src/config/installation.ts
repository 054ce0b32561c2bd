import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The folder that holds `package.json`, `dist` and `.env.example`. */
export const PACKAGE_DIRECTORY = join(__dirname, '..', '..');

/** Whether npm installed this as a package, instead of it being a checkout or a copied build. */
const isInstalledPackage = PACKAGE_DIRECTORY.split(sep).includes('node_modules');

/** The folder that holds `.env` and the data. For an installed package it is the folder where the command was called. */
export const HOME_DIRECTORY = isInstalledPackage ? process.cwd() : PACKAGE_DIRECTORY;

const SCRIPTS = { doctor: 'doctor', 'ledger-verify': 'ledger:verify' } as const;

/** The line that runs a command of this installation: `npm run doctor -- --url URL`, or `keyturn doctor --url URL`. */
export function commandLine(command: keyof typeof SCRIPTS, args = ''): string {
  const parts = isInstalledPackage
    ? ['keyturn', command, args]
    : ['npm run', SCRIPTS[command], ...(args === '' ? [] : ['--', args])];
  return parts.filter((part) => part !== '').join(' ');
}

export function packageVersion(): string {
  const text = readFileSync(join(PACKAGE_DIRECTORY, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
