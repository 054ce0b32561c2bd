import { repair } from '../../src/ledger-verify/repair';
import { exitCode, reportOf } from '../../src/ledger-verify/report';
import { verify } from '../../src/ledger-verify/verify';
import { until } from './clients';
import { type TestDatabase, withClient } from './postgres';

export interface LedgerReport {
  /** The count of disagreements by subject. */
  disagreements: Record<string, number>;
  text: string;
  exitCode: number;
}

/** What `npm run ledger:verify` reports about this database. */
export async function verifyLedger({ url }: TestDatabase): Promise<LedgerReport> {
  const verification = await withClient(url, verify);
  const failed = verification.results.filter(({ count }) => count > 0);
  return {
    disagreements: Object.fromEntries(failed.map(({ check, count }) => [check.subject, count])),
    text: reportOf(verification),
    exitCode: exitCode(verification),
  };
}

/** @returns how many rows were repaired, by kind */
export async function repairLedger({ url }: TestDatabase): Promise<Record<string, number>> {
  const mended = await withClient(url, repair);
  return Object.fromEntries(mended.flatMap(({ name, rows }) => (rows === 0 ? [] : [[name, rows]])));
}

export async function untilSettled(database: TestDatabase): Promise<void> {
  await until(async () => {
    const open = await database.query('SELECT 1 FROM upstream_calls WHERE settled_at IS NULL');
    return open.length === 0;
  });
}
