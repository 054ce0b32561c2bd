import { clock } from '../common/clock';
import { StartupError } from '../common/startup-error';
import { HOME_DIRECTORY } from '../config/installation';
import { peekSettings } from '../config/peek-settings';
import { readArguments } from './arguments';
import { configuration, failed, type Finding } from './finding';
import { checkLocally } from './local-checkup';
import { exitCode, summary, toLine } from './report';
import { checkServer } from './server-check';

const LIMITS = { answerMs: 10_000, replyMs: 60_000 };

function checkup(args: readonly string[]): AsyncIterable<Finding> {
  const { url, token } = readArguments(args);
  if (url !== undefined) return checkServer(url, token, LIMITS);
  const settings = peekSettings(HOME_DIRECTORY);
  return checkLocally({ settings, token, limits: LIMITS, now: clock.now() });
}

async function run(args: readonly string[]): Promise<void> {
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    process.stdout.write(toLine(finding));
  };
  try {
    for await (const finding of checkup(args)) tell(finding);
  } catch (error) {
    tell(describe(error));
  }
  process.stdout.write(summary(findings));
  process.exitCode = exitCode(findings);
}

/** An unknown fault's own words can hold anything, so they are not told. */
function describe(error: unknown): Finding {
  if (error instanceof StartupError) return failed('configuration', configuration(error.message));
  const name = error instanceof Error ? error.name : typeof error;
  return failed('doctor', {
    matter: 'code',
    text: `it broke itself (${name}): report this as a fault of Keyturn.`,
  });
}

void run(process.argv.slice(2));
