import { Logger } from '@nestjs/common';
import { AppError } from '../common/app-error';
import type { Database } from '../database/database.service';
import type { Sql } from '../database/sql';
import { Clock } from '../common/clock';
import type { Settings } from '../config/settings';
import type { Metrics } from '../observability/metrics';
import { CallBook } from './call-book';
import type { InstanceHeartbeat } from './instance-heartbeat';
import type { CallIntent, Settlement } from './usage.types';

const PAYER = 'a0000000-0000-4000-8000-000000000000';
const INSTANCE = 'f0000000-0000-4000-8000-000000000000';

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const intent = (number: number): CallIntent => ({
  id: idOf(number),
  payer: { id: PAYER, userId: null, keyId: null, timezone: 'UTC' },
  turnId: null,
  conversationId: null,
  step: null,
  attempt: 1,
  door: 'chat',
  provider: 'openai',
  model: 'm',
  inputTokensEstimate: 1,
  worstCase: { tokens: 10, outputTokens: 5, answers: 1, costMicroUsd: null },
});
const settlement = (number: number): Settlement => ({
  callId: idOf(number),
  model: 'm',
  outcome: 'completed',
  isEstimated: false,
  tokens: { input: 1, cached: 0, output: 1, reasoning: 0 },
  costMicroUsd: null,
  priceDate: null,
});
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => idOf(from + index));

const away = (): AppError => new AppError('database_unavailable', 'The database cannot be reached.');

/** The ids of each statement that the database was given, and what it did with them. */
class Statements {
  readonly given: string[][] = [];
  /** Thrown for a statement with these ids; undefined: it takes it. */
  answer: (given: string[]) => Error | undefined = () => undefined;

  readonly database = {
    queryPrepared: async (_name: string, { values }: Sql) => {
      const [given] = values.filter((value) => Array.isArray(value)) as string[][];
      this.given.push(given!);
      const error = this.answer(given!);
      if (error !== undefined) throw error;
      return given!.map((id) => ({ id }));
    },
  } as unknown as Database;
}

describe('CallBook', () => {
  let statements: Statements;
  let book: CallBook;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(() => {
    jest.useFakeTimers();
    statements = new Statements();
    book = new CallBook(
      statements.database,
      { instanceId: INSTANCE } as unknown as InstanceHeartbeat,
      { quotas: { tokensADay: 0, costAMonthMicroUsd: 0 } } as unknown as Settings,
      new Clock(),
      { countRefusal: () => undefined } as unknown as Metrics,
    );
  });
  afterEach(() => jest.useRealTimers());

  /** Long enough for every pause but one after an outage. */
  const soon = (): Promise<void> => jest.advanceTimersByTimeAsync(200);

  it('opens a call at once, and those that come meanwhile together', async () => {
    await Promise.all([1, 2, 3].map((number) => book.open(intent(number))));
    expect(statements.given).toEqual([ids(1, 1), ids(2, 3)]);
  });

  it('does not open a call that the database did not take', async () => {
    statements.answer = away;
    await expect(book.open(intent(1))).rejects.toMatchObject({ code: 'database_unavailable' });
  });

  it('books what comes within a moment in one statement', async () => {
    for (const number of [1, 2, 3]) book.settle(settlement(number));
    expect(statements.given).toEqual([]);
    await soon();
    expect(statements.given).toEqual([ids(1, 3)]);
  });

  it('books no more than 500 at a time', async () => {
    for (let number = 1; number <= 1200; number++) book.settle(settlement(number));
    await soon();
    expect(statements.given).toEqual([ids(1, 500), ids(501, 1000), ids(1001, 1200)]);
  });

  it('books what comes at the very end of a round', async () => {
    let number = 1;
    statements.answer = () => {
      // Ever later in the turn in which the statement is over.
      const late = ++number;
      let turns = Promise.resolve();
      for (let turn = 0; turn < late; turn++) turns = turns.then(() => undefined);
      if (late <= 12) void turns.then(() => book.settle(settlement(late)));
      return undefined;
    };
    book.settle(settlement(1));
    await jest.advanceTimersByTimeAsync(5000);
    expect(statements.given.flat()).toEqual(ids(1, 12));
  });

  it('waits while the database is away, and then books all in order', async () => {
    statements.answer = away;
    book.settle(settlement(1));
    await jest.advanceTimersByTimeAsync(3500);
    book.settle(settlement(2));
    const attempts = statements.given.length;
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(attempts).toBeLessThanOrEqual(5);
    statements.answer = () => undefined;
    await jest.advanceTimersByTimeAsync(1500);
    expect(statements.given.slice(attempts)).toEqual([ids(1, 2)]);
  });

  it('books the others where the database refuses one', async () => {
    statements.answer = (given) => (given.includes(idOf(2)) ? new Error('out of range') : undefined);
    for (const number of [1, 2, 3]) book.settle(settlement(number));
    await soon();
    book.settle(settlement(4));
    await soon();
    expect(statements.given).toEqual([ids(1, 3), ids(1, 1), ids(2, 2), ids(3, 3), ids(4, 4)]);
  });

  it('keeps those for which the database goes away while it takes one by one', async () => {
    statements.answer = (given) => {
      if (given.length > 1) return new Error('out of range');
      return given[0] === idOf(1) ? undefined : away();
    };
    for (const number of [1, 2, 3]) book.settle(settlement(number));
    await soon();
    statements.answer = () => undefined;
    await jest.advanceTimersByTimeAsync(2000);
    expect(statements.given.at(-1)).toEqual(ids(2, 3));
  });

  describe('closed', () => {
    it('has booked everything, without a pause', async () => {
      for (const number of [1, 2]) book.settle(settlement(number));
      const closed = book.close();
      await soon();
      await closed;
      book.settle(settlement(3));
      await book.settled();
      expect(statements.given).toEqual([ids(1, 2), ids(3, 3)]);
    });

    it('does not wait for a database that is away', async () => {
      statements.answer = away;
      book.settle(settlement(1));
      const closed = book.close();
      await soon();
      await closed;
      expect(statements.given).toEqual([ids(1, 1)]);
    });
  });
});
