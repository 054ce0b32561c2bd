import type { OnModuleDestroy } from '@nestjs/common';
import { RunningTurns } from '../src/agent/running-turns';
import { TurnSweeper } from '../src/agent/turn-sweeper';
import { CallSweeper } from '../src/models/call-sweeper';
import { InstanceHeartbeat } from '../src/usage/instance-heartbeat';
import { createTestApp, type TestApp } from './support/app';
import { api, signUp } from './support/clients';
import { countTransactions, recordStatements } from './support/statements';

/** The number of a turn's database statements: the docs promise it, so it is counted at the driver. */
describe('The cost of a turn with one tool step', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0' });
    // The recurring work of every instance is not part of a turn.
    for (const recurring of [TurnSweeper, RunningTurns, CallSweeper, InstanceHeartbeat]) {
      app.app.get<OnModuleDestroy>(recurring, { strict: false }).onModuleDestroy();
    }
  });
  afterAll(() => app.stop());

  it('is 16 statements in 4 transactions, and the same on turn 2 as after 1,000 messages', async () => {
    const user = api(app.url, (await signUp(app.url)).token);
    const first = await user.post('/api/chat', { message: 'Add a task to buy milk' });
    const conversation_id = first.body.conversation_id as number;
    const turn = () => user.post('/api/chat', { conversation_id, message: 'Add a task to buy bread' });

    const short = await recordStatements(turn);
    await app.database.query(
      `INSERT INTO messages (conversation_id, seq, turn_id, role, body, status)
       SELECT $1, next_seq + n, gen_random_uuid(), CASE n % 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
              jsonb_build_object('content', 'message ' || n), 'complete'
       FROM conversations, generate_series(0, 999) AS n WHERE id = $1`,
      [conversation_id],
    );
    await app.database.query('UPDATE conversations SET next_seq = next_seq + 1000 WHERE id = $1', [
      conversation_id,
    ]);
    const long = await recordStatements(turn);

    expect(short.filter((statement) => /^(START|COMMIT)/.test(statement)).length).toBeGreaterThan(0);
    // The docs promise at most 20; a change that adds a statement must update this number.
    expect(short.length).toBe(16);
    expect(countTransactions(short)).toBe(4);
    expect(long).toEqual(short);
  });
});
