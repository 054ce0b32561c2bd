import { AppError } from '../../common/app-error';
import { CommitUnknownError, Database } from '../../database/database.service';
import { sql } from '../../database/sql';

/** Longer than any request takes: the wait for its answer is no idleness. */
const LONGEST_TURN_MS = 900_000;
/** Of a statement that took too long, waiting for the lock. */
const QUERY_CANCELED = '57014';

/**
 * Has the requests of a connection answered one after the other where each comes to another process. A lock of the
 * database's, held meanwhile, is what they share: it goes with its process.
 */
export class ConnectionTurns {
  constructor(private readonly database: Database) {}

  /**
   * Waits for those before it.
   * @param work must not throw; is told whether it had to wait
   * @throws AppError rate_limited when they take too long, database_unavailable
   */
  async take(connectionId: string, work: (hasWaited: boolean) => Promise<void>): Promise<void> {
    const key = sql`hashtextextended(${connectionId}, 0)`;
    try {
      await this.database.transaction(async (tx) => {
        await tx.query(
          sql`SELECT set_config('idle_in_transaction_session_timeout', ${String(LONGEST_TURN_MS)}, true)`,
        );
        const [lock] = await tx.query<{ isFree: boolean }>(
          sql`SELECT pg_try_advisory_xact_lock(${key}) AS "isFree"`,
        );
        // Postgres gives it to those who wait in the order they came.
        if (!lock!.isFree) await tx.query(sql`SELECT pg_advisory_xact_lock(${key})`);
        await work(!lock!.isFree);
      });
    } catch (error) {
      // The work is done: nothing of it is in the transaction.
      if (error instanceof CommitUnknownError) return;
      if ((error as { code?: unknown }).code !== QUERY_CANCELED) throw error;
      throw new AppError('rate_limited', 'The requests before this one are still being answered.', {
        retryAfterSeconds: 5,
        cause: error,
      });
    }
  }
}
