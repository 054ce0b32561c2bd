import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { StartupError } from '../common/startup-error';
import { commandLine } from '../config/installation';

export interface DoctorArguments {
  /** Without a slash at its end; undefined: this machine's own server. */
  url: string | undefined;
  token: string | undefined;
}

export const USAGE = commandLine('doctor', '[--url https://…] [--token-file PATH | --token TOKEN]');

/** @throws StartupError in one line that names the cure */
export function readArguments(args: readonly string[]): DoctorArguments {
  const options = {
    url: { type: 'string' },
    token: { type: 'string' },
    'token-file': { type: 'string' },
  } as const;
  let values: { url?: string; token?: string; 'token-file'?: string };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch {
    // The fault's own words repeat the arguments, a token among them.
    throw new StartupError(`These arguments are not understood. Use: ${USAGE}`);
  }
  return { url: readUrl(values.url), token: values.token ?? readToken(values['token-file']) };
}

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new StartupError('--url must be the address of a server, such as https://chat.example.com.');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** In a file it shows neither in the shell's history nor in the list of processes. */
function readToken(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (token !== '') return token;
  } catch {
    // Told below.
  }
  throw new StartupError('--token-file must be a file that holds a token and that this user may read.');
}
