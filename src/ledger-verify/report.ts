import { commandLine } from '../config/installation';
import type { Mended } from './repair';
import type { CheckResult, Totals, Verification } from './verify';

const LONGEST_PLACE = 200;

/** A line for each check, and below it one for each place that was found. */
export function reportOf({ results, totals }: Verification): string {
  return [...results.map(linesOf), ...notes(totals), summary(results, totals)].join('');
}

export const exitCode = ({ results }: Verification): 0 | 1 =>
  results.some(({ count }) => count > 0) ? 1 : 0;

export const line = (state: string, subject: string, text: string): string =>
  `  ${state.padEnd(9)}${subject.padEnd(16)}${text}\n`;

export function reportOfRepair(mended: Mended): string {
  return (
    mended.map(({ name, rows }) => line('repair', name, `${counted(rows, 'row')} mended`)).join('') + '\n'
  );
}

function linesOf({ check, disagreements, count }: CheckResult): string {
  if (count === 0) return line('ok', check.subject, check.agreement);
  const places = disagreements.map(
    ({ place, found, expected }) => `${' '.repeat(13)}${toPlain(place)}: ${found}; expected: ${expected}\n`,
  );
  const others = count - disagreements.length;
  const rest = others === 0 ? '' : `${' '.repeat(13)}and ${others} more\n`;
  return line('FAILED', check.subject, counted(count, 'disagreement')) + places.join('') + rest;
}

/** Names of models are a provider's text: what a terminal would act on is taken out. */
const toPlain = (text: string): string =>
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(0, LONGEST_PLACE);

function* notes({ withoutPayer, waiting }: Totals): Generator<string> {
  if (withoutPayer > 0) {
    const text = `${counted(withoutPayer, 'row')} without payer, booked by an older version: no sum has them; --repair adds those of users`;
    yield line('note', 'ledger', text);
  }
  if (waiting > 0) {
    const text = `${counted(waiting, 'call')} left open, and no server runs: the next start books them`;
    yield line('note', 'open calls', text);
  }
}

function summary(results: CheckResult[], { calls, open, rows, windows, sums }: Totals): string {
  const seen = `${counted(calls, 'call')} (${open} open), ${counted(rows, 'ledger row')}, ${counted(windows, 'window')}, ${counted(sums, 'sum')}`;
  const found = results.reduce((all, { count }) => all + count, 0);
  return found === 0
    ? `\n  All agree: ${seen}.\n`
    : `\n  ${counted(found, 'disagreement')} in ${seen}. \`${commandLine('ledger-verify', '--repair')}\` rebuilds windows and sums.\n`;
}

const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
