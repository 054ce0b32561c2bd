import type { Finding, Matter } from './finding';

const WHOSE: Record<Matter, string> = {
  configuration: 'yours',
  account: 'the account’s',
  provider: 'the provider’s',
  network: 'the network’s',
  code: 'the code’s',
};

/** One line, with whose matter it is where something is wrong. */
export function toLine({ subject, state, text, matter }: Finding): string {
  const label = state === 'failed' ? 'FAILED' : state;
  const whose = matter === undefined ? '' : `${WHOSE[matter]}: `;
  return `  ${label.padEnd(9)}${subject.padEnd(16)}${whose}${text}\n`;
}

export function summary(findings: readonly Finding[]): string {
  const failures = findings.filter(({ state }) => state === 'failed').length;
  const looked = findings.filter(({ state }) => state !== 'skipped').length;
  return failures === 0 ? `\n  Nothing failed.\n` : `\n  ${failures} of ${looked} checks failed.\n`;
}

export function exitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}
