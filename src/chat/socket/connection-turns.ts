import { CommitUnknownError, Database, type Transaction } from '../../database/database.service';
import { isLockUnavailable } from '../../database/database-errors';
import { type Sql, sql } from '../../database/sql';

/** Longer than any request takes: the wait for its answer is no idleness. */
const LONGEST_TURN_MS = 900_000;
/** Below what any statement may take. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Has the requests of a connection answered one after the other where each comes to another process. A lock of the
 * database's, held meanwhile, is what they share: it goes with its process.
 */
export class ConnectionTurns {
  constructor(
    private readonly database: Database,
    private readonly waitMs = LONGEST_WAIT_MS,
  ) {}

  /**
   * Waits for those before it, until `signal` says that there is no time left.
   * @param work must not throw; is told whether it had to wait
   * @throws AppError database_unavailable; what `signal` was aborted with
   */
  async take(
    connectionId: string,
    signal: AbortSignal,
    work: (hasWaited: boolean) => Promise<void>,
  ): Promise<void> {
    const key = sql`hashtextextended(${connectionId}, 0)`;
    try {
      await this.database.transaction(async (tx) => {
        await tx.query(sql`
          SELECT set_config('idle_in_transaction_session_timeout', ${String(LONGEST_TURN_MS)}, true),
                 set_config('lock_timeout', ${String(this.waitMs)}, true)`);
        const [lock] = await tx.query<{ isFree: boolean }>(
          sql`SELECT pg_try_advisory_xact_lock(${key}) AS "isFree"`,
        );
        if (!lock!.isFree) await waitFor(tx, key, signal);
        await work(!lock!.isFree);
      });
    } catch (error) {
      // The work is done: nothing of it is in the transaction.
      if (!(error instanceof CommitUnknownError)) throw error;
    }
  }
}

/** In pieces, for no statement may take long. Postgres gives the lock to those who wait in the order they came. */
async function waitFor(tx: Transaction, key: Sql, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await tx.savepoint(() => tx.query(sql`SELECT pg_advisory_xact_lock(${key})`));
      return;
    } catch (error) {
      if (!isLockUnavailable(error)) throw error;
      signal.throwIfAborted();
    }
  }
}
