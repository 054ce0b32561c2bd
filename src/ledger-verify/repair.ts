import type { Client } from 'pg';
import { KEPT_SUMS, type KeptSums } from './kept-sums';

/** For how long it waits for a row that somebody holds, or for another repair. */
const LOCK_TIMEOUT = '5s';
/** Any number, as long as every version of the command takes the same, and nothing else takes it. */
const REPAIR_LOCK = 7_235_011;

/** How many rows were mended, by what they are. */
export type Mended = { name: string; rows: number }[];

/**
 * Makes what is kept as a sum one again, from the ledger and the open calls. Those stay as they are, but for rows that
 * the version before payers booked while this one ran already. Nobody is kept waiting: what a sum lacks is found at one
 * moment and added to whatever it is by then, as settlements do themselves, and these leave the difference what it is.
 */
export async function repair(client: Client): Promise<Mended> {
  const mended: Mended = [{ name: 'ledger', rows: await mend(client, adopting) }];
  for (const kept of KEPT_SUMS)
    mended.push({ name: kept.name, rows: await mend(client, addingDifferences(kept)) });
  return mended;
}

/** Two at once would both add the difference. */
async function mend(client: Client, statement: string): Promise<number> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query(`SELECT pg_advisory_xact_lock(${REPAIR_LOCK})`);
    const { rowCount } = await client.query(statement);
    await client.query('COMMIT');
    return rowCount ?? 0;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** To the user, and to the day that the call began in, as far as that is known. */
const adopting = `
  UPDATE usage_ledger AS ledger
  SET payer_id = coalesce(calls.payer_id, calls.user_id), key_id = calls.key_id,
      day = coalesce(calls.day, (ledger.created_at AT TIME ZONE 'UTC')::date),
      conversation_id = CASE WHEN calls.payer_id IS NOT NULL THEN calls.conversation_id
        ELSE (SELECT conversation_id FROM turns WHERE turns.id = ledger.turn_id) END
  FROM upstream_calls AS calls
  WHERE calls.id = call_id AND ledger.payer_id IS NULL AND coalesce(calls.payer_id, calls.user_id) IS NOT NULL`;

/** One statement, so that sums and ledger are read at one moment; rows in the order in which settlements lock them. */
function addingDifferences({ table, keys, sums, facts, expected }: KeptSums): string {
  const columns = [...keys, ...sums, ...facts].join(', ');
  const lacking = sums.map((sum) => `coalesce(due.${sum}, 0) - coalesce(kept.${sum}, 0) AS ${sum}`);
  const known = facts.map((fact) => `coalesce(due.${fact}, kept.${fact}) AS ${fact}`);
  const differs = [
    ...sums.map((sum) => `coalesce(due.${sum}, 0) <> coalesce(kept.${sum}, 0)`),
    ...facts.map((fact) => `coalesce(due.${fact}, kept.${fact}) IS DISTINCT FROM kept.${fact}`),
  ];
  return `
    INSERT INTO ${table} AS kept (${columns})
    SELECT ${[...keys, ...lacking, ...known].join(', ')}
    FROM ${table} AS kept FULL JOIN (${expected}) AS due USING (${keys.join(', ')})
    WHERE ${differs.join(' OR ')}
    ORDER BY ${keys.join(', ')}
    ON CONFLICT (${keys.join(', ')}) DO UPDATE
    SET ${[
      ...sums.map((sum) => `${sum} = kept.${sum} + excluded.${sum}`),
      ...facts.map((fact) => `${fact} = excluded.${fact}`),
    ].join(', ')}`;
}
