import { parseArgs } from 'node:util';
import { StartupError } from '../common/startup-error';
import { commandLine } from '../config/installation';

export const USAGE = commandLine('ledger-verify', '[--repair]');

/** @throws StartupError */
export function readArguments(args: readonly string[]): { isRepair: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { repair: { type: 'boolean', default: false } },
    });
    return { isRepair: values.repair };
  } catch {
    throw new StartupError(`These arguments are not understood. Use: ${USAGE}`);
  }
}
