import { Client } from 'pg';

/** Every statement that this process sends to Postgres through the driver while `work` runs. */
export async function recordStatements(work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const { query } = Client.prototype;
  const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    const [first] = args as [string | { text: string }];
    statements.push((typeof first === 'string' ? first : first.text).trim());
    return (query as (...given: unknown[]) => never).apply(this, args);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return statements;
}

/** A transaction is opened by START, or is a single statement. */
export function countTransactions(statements: string[]): number {
  let count = 0;
  let isOpen = false;
  for (const statement of statements) {
    if (/^(START TRANSACTION|BEGIN)/i.test(statement)) {
      count += 1;
      isOpen = true;
    } else if (/^(COMMIT|ROLLBACK$)/i.test(statement)) isOpen = false;
    else if (!isOpen) count += 1;
  }
  return count;
}
