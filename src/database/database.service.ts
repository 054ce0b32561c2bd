import { Injectable } from '@nestjs/common';
import type { Pool, QueryConfig } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { AppError } from '../common/app-error';
import {
  databaseUnavailable,
  isDatabaseUnavailable,
  isPreparedElsewhere,
  isTransactionVictim,
} from './database-errors';
import type { Sql } from './sql';

const MOST_ATTEMPTS = 3;

/** Runs one statement and gives its rows. */
export interface SqlRunner {
  query<Row = Record<string, unknown>>(statement: Sql): Promise<Row[]>;
}

export interface Transaction extends SqlRunner {
  /** TypeORM's view of the same connection, for modules that work with entities. */
  readonly manager: EntityManager;
  /** What `work` did is taken back when it throws; the transaction lives on. The commit releases the savepoint. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The connection broke while a COMMIT was under way: whether it took place is not known here. Who made the row's id can
 * read it back; for everyone else it is what it is, a database that cannot be reached.
 */
export class CommitUnknownError extends AppError {
  constructor(cause: unknown) {
    const { code, message, retryAfterSeconds } = databaseUnavailable(cause);
    super(code, message, { retryAfterSeconds, cause });
  }
}

/** The one way to run SQL by hand and the one transaction helper. */
@Injectable()
export class Database implements SqlRunner {
  private isPreparing = true;

  constructor(private readonly dataSource: DataSource) {}

  /** One statement, one transaction; run again where Postgres chose it as a deadlock's victim. */
  query<Row = Record<string, unknown>>(statement: Sql): Promise<Row[]> {
    const { text, values } = statement;
    // The driver's pool itself: TypeORM's way around it costs more than the statement.
    return this.run<Row>({ text, values });
  }

  /**
   * The same for a statement of the hot path: each connection plans it once, which halves its time.
   * @param name one statement's, always
   */
  async queryPrepared<Row = Record<string, unknown>>(name: string, statement: Sql): Promise<Row[]> {
    if (!this.isPreparing) return this.query(statement);
    try {
      const { text, values } = statement;
      return await this.run<Row>({ name, text, values });
    } catch (error) {
      if (!isPreparedElsewhere(error)) throw error;
      // A pooler gives statements of one connection to another: nothing ran, and nothing is prepared from now on.
      this.isPreparing = false;
      return this.query(statement);
    }
  }

  private async run<Row>(query: QueryConfig): Promise<Row[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.pool.query(query)).rows as Row[];
      } catch (error) {
        if (isDatabaseUnavailable(error)) throw databaseUnavailable(error);
        if (attempt === MOST_ATTEMPTS || !isTransactionVictim(error)) throw error;
      }
    }
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  /** TypeORM's view of the pool, for a statement on entities. */
  async withEntities<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.dataSource.manager);
    } catch (error) {
      throw isDatabaseUnavailable(error) ? databaseUnavailable(error) : error;
    }
  }

  /**
   * Runs `work` and commits; rolls back when it throws. Work that Postgres chose as a deadlock's victim is run again,
   * so it must do nothing beside its statements.
   * @throws CommitUnknownError when the connection broke during the commit: read the truth back by an id made here
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt === MOST_ATTEMPTS || !isTransactionVictim(error)) throw error;
      }
    }
  }

  private async attempt<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      const result = await work(new OpenTransaction(runner));
      await commit(runner);
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw isDatabaseUnavailable(error) ? databaseUnavailable(error) : error;
    } finally {
      await runner.release();
    }
  }
}

class OpenTransaction implements Transaction {
  private savepoints = 0;

  constructor(private readonly runner: QueryRunner) {}

  get manager(): EntityManager {
    return this.runner.manager;
  }

  query<Row = Record<string, unknown>>(statement: Sql): Promise<Row[]> {
    return runStatement<Row>(this.runner, statement);
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `savepoint_${++this.savepoints}`;
    await this.runner.query(`SAVEPOINT ${name}`);
    try {
      return await work();
    } catch (error) {
      await this.runner.query(`ROLLBACK TO SAVEPOINT ${name}`);
      throw error;
    }
  }
}

async function runStatement<Row>(runner: QueryRunner, statement: Sql): Promise<Row[]> {
  const result = await runner.query(statement.text, statement.values, true);
  return result.records as Row[];
}

async function commit(runner: QueryRunner): Promise<void> {
  try {
    await runner.commitTransaction();
  } catch (cause) {
    throw new CommitUnknownError(cause);
  }
}
