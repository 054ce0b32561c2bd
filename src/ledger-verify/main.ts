import { StartupError } from '../common/startup-error';
import { HOME_DIRECTORY } from '../config/installation';
import { peekSettings } from '../config/peek-settings';
import { readArguments } from './arguments';
import { type DatabaseAccess, openDatabase } from './database-access';
import { repair } from './repair';
import { exitCode, line, reportOf, reportOfRepair } from './report';
import { requireSchema } from './schema';
import { verify } from './verify';

const COULD_NOT_RUN = 2;
const INTERRUPTED = 130;
/** Postgres's code for a lock that was not to be had in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Under way from the moment in which a database may be started. */
let opening: Promise<DatabaseAccess> | undefined;
let isInterrupted = false;

async function run(args: readonly string[]): Promise<void> {
  try {
    const { isRepair } = readArguments(args);
    opening = openDatabase(peekSettings(HOME_DIRECTORY));
    const { client } = await opening;
    await requireSchema(client);
    if (isRepair) process.stdout.write(reportOfRepair(await repair(client)));
    const verification = await verify(client);
    process.stdout.write(reportOf(verification));
    process.exitCode = exitCode(verification);
  } catch (error) {
    if (isInterrupted) return;
    process.stdout.write(line('FAILED', 'ledger:verify', describe(error)));
    process.exitCode = COULD_NOT_RUN;
  } finally {
    await close();
  }
}

/** A database that was started for this must not outlive it, not even one that is only just starting. */
async function close(): Promise<void> {
  const access = await opening?.catch(() => undefined);
  await access?.close();
}

/** An unknown fault's own words can hold anything, so they are not told. */
function describe(error: unknown): string {
  if (error instanceof StartupError) return error.message;
  const { name, code } = error as { name?: string; code?: string };
  if (code === LOCK_NOT_AVAILABLE)
    return 'Another transaction, or another repair, is at it and takes long: try again later.';
  if (code !== undefined) return `The database refused or went away (${code}): try again, or see its log.`;
  return `It broke itself (${name}): report this as a fault of Keyturn.`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isInterrupted = true;
    void close().finally(() => process.exit(INTERRUPTED));
  });
}

void run(process.argv.slice(2));
