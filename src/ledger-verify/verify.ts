import type { Client } from 'pg';
import { callChecks, countEverything } from './call-checks';
import type { Check, Disagreement } from './check';
import { sumChecks } from './sum-checks';

/** How many disagreements of one kind are reported. */
const MOST_TOLD = 20;

export interface CheckResult {
  check: Check;
  /** The first of them. */
  disagreements: Disagreement[];
  /** All of them. */
  count: number;
}

/** How many there are of each. */
export interface Totals {
  calls: number;
  /** Of the calls, those that are under way. */
  open: number;
  rows: number;
  windows: number;
  sums: number;
  /** Rows that the version before payers wrote: no sum has them. */
  withoutPayer: number;
  /** Calls that a process left open, while there is none that could book them. */
  waiting: number;
}

export interface Verification {
  results: CheckResult[];
  totals: Totals;
}

/** Looks at everything as it was at one moment, while the server goes on. Writes nothing and locks nobody out. */
export async function verify(client: Client): Promise<Verification> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const { rows } = await client.query<Record<keyof Totals, string>>(countEverything);
    const results: CheckResult[] = [];
    for (const check of [...callChecks, ...sumChecks]) results.push(await look(client, check));
    return { results, totals: toTotals(rows[0]!) };
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

async function look(client: Client, check: Check): Promise<CheckResult> {
  const { rows } = await client.query<Disagreement & { count: string }>(`
    SELECT place, found, expected, count(*) OVER () AS count FROM (${check.statement}) AS found
    ORDER BY place COLLATE "C" LIMIT ${MOST_TOLD}`);
  return { check, disagreements: rows, count: Number(rows[0]?.count ?? 0) };
}

/** As texts or as numbers: whoever shares the driver in this process decides. */
const toTotals = (row: Record<keyof Totals, string>): Totals =>
  Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)])) as unknown as Totals;
