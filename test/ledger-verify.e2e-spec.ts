import { verify } from '../src/ledger-verify/verify';
import { makeKey } from './support/api-keys';
import { createTestApp, type TestApp } from './support/app';
import { bookCall, openCall } from './support/booking';
import { type Api, api, openStream, readAll, type Session, signUp } from './support/clients';
import { repairLedger, untilSettled, verifyLedger } from './support/ledger';
import { withClient } from './support/postgres';
import { ask, get, post } from './support/requests';
import {
  chat,
  chatCompletion,
  cut,
  gate,
  hangInTheMiddle,
  heldStream,
  jsonAnswer,
  responses,
  serverErrorWithBody,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, asking, DOORS, MESSAGES, StatelessSetting, STREAM_DOOR, STREAMS } from './support/stateless';
import { openSocket } from './support/socket-client';

jest.setTimeout(90_000);

const LIMITS = {
  DAILY_TOKEN_LIMIT: '100000000',
  MONTHLY_COST_LIMIT_USD: '1000',
  AUTH_ATTEMPTS_PER_MINUTE: '0',
};
const GREEN = { disagreements: {}, exitCode: 0 };

/** One database, a scripted provider behind the stateless doors, and the simulator behind the agent. */
describe('The ledger’s verification', () => {
  let setting: StatelessSetting;
  let agentApp: TestApp;
  let session: Session;
  let user: Api;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ ...LIMITS, PROMPT_TEMPLATES: 'GREET', GREET: 'Greet.' });
    agentApp = await createTestApp(
      { ...LIMITS, RATE_LIMIT_PER_MINUTE: '0' },
      { database: setting.app.database },
    );
  });
  beforeEach(async () => {
    session = await signUp(setting.url);
    user = api(agentApp.url, session.token);
  });
  afterEach(async () => {
    setting.upstream.reset();
    await untilSettled(setting.app.database);
    await setting.app.database.query(`
      DELETE FROM usage_ledger; DELETE FROM upstream_calls; DELETE FROM quota_windows; DELETE FROM quota_limits;
      DELETE FROM usage_days; DELETE FROM usage_tool_days; DELETE FROM turns; DELETE FROM upstream_objects`);
  });
  afterAll(async () => {
    await agentApp.stop();
    await setting.stop();
  });

  const run = (text: string, values?: unknown[]) => setting.app.database.query(text, values);
  const verified = () => verifyLedger(setting.app.database);
  const count = async (from: string): Promise<number> =>
    (await run(`SELECT count(*)::int AS count FROM ${from}`))[0]!.count as number;

  describe('finds nothing', () => {
    it('in an empty database', async () => {
      const { text, ...others } = await verified();
      expect(others).toEqual(GREEN);
      expect(text).toContain('All agree: 0 calls (0 open), 0 ledger rows, 0 windows, 0 sums.');
    });

    it('after requests to every stateless door, good, failing, retried, cut and left', async () => {
      const { upstream, url } = setting;
      const token = (await makeKey(setting.url, session.token, { daily_token_limit: 1_000_000 })).key;
      for (const door of DOORS) {
        const { dialect, isStream } = door;
        const good = isStream ? streamAnswer(...dialect.frames(['Hi'])) : jsonAnswer(dialect.whole('Hi'));
        upstream.play(
          dialect.path,
          good,
          serverErrorWithBody,
          good,
          isStream ? cut(dialect) : jsonAnswer({}, 400),
        );
        for (let times = 0; times < 3; times++) await askRaw(url, asking(door), token);
      }
      for (const door of STREAMS) {
        upstream.play(door.dialect.path, hangInTheMiddle(door.dialect));
        const stream = await openStream(url, token, door.path, { messages: MESSAGES });
        stream.leave();
      }
      upstream.play(chat.path, jsonAnswer(chatCompletion({ model: 'own-model' })));
      await askRaw(url, post(chat.path, { messages: MESSAGES }), token);
      upstream.play('/v1/embeddings', jsonAnswer({ data: [], usage: { prompt_tokens: 5, total_tokens: 5 } }));
      await askRaw(url, post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'hi' }), token);
      upstream.play(chat.path, jsonAnswer(chat.whole('Hi [[7]]')));
      const socket = await openSocket(url, { token });
      socket.send({ prompt_template: 'GREET', messages: [], response_type: 'full' });
      await socket.next();
      socket.webSocket.terminate();
      await untilSettled(setting.app.database);
      expect(await verified()).toMatchObject(GREEN);
      expect(await count('usage_ledger')).toBeGreaterThan(20);
      expect(await count('usage_ledger WHERE is_estimated')).toBeGreaterThan(0);
      expect(await count('usage_ledger WHERE cost_micro_usd IS NULL')).toBe(1);
      expect(await count('upstream_calls WHERE attempt > 1')).toBeGreaterThan(0);
      expect(await count('upstream_calls WHERE key_tokens_reserved > 0')).toBeGreaterThan(20);
    });

    it('after turns that use tools, fail, are retried and cancelled', async () => {
      await user.post('/api/chat', { message: 'Add a task to buy milk' });
      await user.post('/api/chat', { message: '[[fault:error_once]] List my tasks' });
      await user.post('/api/chat', { message: '[[fault:bad_request]] hello' });
      const stream = await openStream(agentApp.url, session.token, '/api/chat/stream', {
        message: '[[fault:stall]] hello',
      });
      const { value } = await stream.blocks.next();
      await user.post(`/api/turns/${(value as { turn_id: string }).turn_id}/cancel`);
      await readAll(stream);
      await untilSettled(setting.app.database);
      expect(await verified()).toMatchObject(GREEN);
      expect(await count('upstream_calls WHERE turn_id IS NOT NULL')).toBeGreaterThan(5);
      expect(await count(`usage_tool_days WHERE tool = 'add_task'`)).toBe(1);
    });

    it('after an estimate was put right', async () => {
      const told = (over: object) => jsonAnswer({ ...responses.whole('Hi'), id: 'resp_slow', ...over });
      const background = { model: 'gpt-4o-mini', input: 'hi', background: true };
      setting.upstream.play(responses.path, told({ status: 'in_progress', usage: null, output: [] }));
      await ask(setting.url, post(responses.path, background), session.token);
      await untilSettled(setting.app.database);
      setting.upstream.play(`${responses.path}/resp_slow`, told({}));
      expect(await count('usage_ledger WHERE is_estimated')).toBe(1);
      await ask(setting.url, get(`${responses.path}/resp_slow`), session.token);
      await untilSettled(setting.app.database);
      expect(await count('usage_ledger WHERE is_estimated')).toBe(0);
      expect(await verified()).toMatchObject(GREEN);
    });

    it('while calls are open, beside live traffic, and while that is mended', async () => {
      const { opened, open } = gate();
      setting.upstream.play(chat.path, heldStream(chat, opened));
      const held = Array.from({ length: 5 }, () => askRaw(setting.url, asking(STREAM_DOOR), session.token));
      for (let calls = 0; calls < 5; calls++) await setting.upstream.nextRequest();
      const { text, ...others } = await verified();
      expect(others).toEqual(GREEN);
      expect(text).toContain('5 calls (5 open)');
      expect(await count('quota_windows WHERE reserved > 0')).toBe(2);
      let isOver = false;
      const rounds = async (): Promise<number> => {
        for (let round = 0; ; round++) {
          if (isOver && round >= 5) return round;
          expect(await verified()).toMatchObject(GREEN);
          expect(await repairLedger(setting.app.database)).toEqual({});
          await run('UPDATE quota_windows SET used = used + 1000, reserved = reserved - 5');
          await run('UPDATE usage_days SET calls = calls + 3, output_tokens = output_tokens - 1');
          await run('UPDATE usage_tool_days SET calls = calls + 3');
          expect((await verified()).disagreements).toHaveProperty('quota windows', 2);
          await Promise.all([1, 2].map(() => repairLedger(setting.app.database)));
        }
      };
      const looking = rounds();
      const traffic = async (): Promise<void> => {
        for (let times = 0; times < 8; times++) {
          const answer = await user.post(
            '/api/chat',
            times % 2 === 0 ? { messages: MESSAGES } : { message: 'Add a task: x' },
          );
          expect(answer.status).toBe(200);
        }
      };
      await Promise.all(Array.from({ length: 6 }, traffic));
      open();
      for (const answer of await Promise.all(held)) expect(answer.isCut).toBe(false);
      isOver = true;
      expect(await looking).toBeGreaterThanOrEqual(5);
      await untilSettled(setting.app.database);
      expect(await verified()).toMatchObject(GREEN);
      expect(await count('quota_windows WHERE reserved <> 0')).toBe(0);
    });
  });

  it('looks at one moment, whatever happens while it looks', async () => {
    await bookCall(setting.app, { userId: session.user.id });
    const { results, totals } = await withClient(setting.app.database.url, async (client) => {
      const query = client.query.bind(client) as (text: string) => Promise<unknown>;
      let asked = 0;
      const meddle = async (text: string): Promise<unknown> => {
        const answer = await query(text);
        // After BEGIN and the transaction's first statement.
        if (++asked === 2) await run('DELETE FROM usage_ledger; UPDATE quota_windows SET used = 0');
        return answer;
      };
      Object.assign(client, { query: meddle });
      return verify(client);
    });
    expect(totals).toMatchObject({ calls: 1, rows: 1 });
    expect(results.filter(({ count: found }) => found > 0)).toEqual([]);
    expect((await verified()).exitCode).toBe(1);
  });

  describe('finds what somebody has changed:', () => {
    let call: string;
    let open: string;
    let keyId: string;

    beforeEach(async () => {
      keyId = (await makeKey(setting.url, session.token)).id;
      const caller = { userId: session.user.id, keyId };
      call = await bookCall(setting.app, { ...caller, settlement: { tools: ['add_task', 'list_tasks'] } });
      await bookCall(setting.app, { ...caller, conversationId: 7 });
      await bookCall(setting.app, {
        ...caller,
        settlement: { costMicroUsd: null, priceDate: null, model: 'x' },
      });
      open = await openCall(setting.app, caller);
      expect(await verified()).toMatchObject(GREEN);
    });
    afterEach(() => run('UPDATE upstream_calls SET settled_at = now()'));

    /** `CALL`, `OPEN`, `USER` and `KEY` stand for their ids. */
    const named = (text: string): string =>
      text
        .replaceAll('CALL', `'${call}'`)
        .replaceAll('OPEN', `'${open}'`)
        .replaceAll('USER', `'${session.user.id}'`)
        .replaceAll('KEY', `'${keyId}'`);

    const SUMS: [what: string, statement: string, table: string, told: RegExp][] = [
      [
        'more used of a day',
        `UPDATE quota_windows SET used = used + 1 WHERE subject = USER AND kind = 'tokens_a_day'`,
        'quota_windows',
        /subject USER, kind tokens_a_day, .*: used 46; expected: used 45\n/,
      ],
      [
        'less used of a month',
        `UPDATE quota_windows SET used = used - 1 WHERE subject = USER AND kind = 'cost_a_month'`,
        'quota_windows',
        /kind cost_a_month, .*: used 1013; expected: used 1014\n/,
      ],
      [
        'more reserved',
        `UPDATE quota_windows SET reserved = reserved + 5 WHERE subject = USER AND kind = 'tokens_a_day'`,
        'quota_windows',
        /: reserved 105; expected: reserved 100\n/,
      ],
      [
        'nothing reserved',
        `UPDATE quota_windows SET reserved = 0 WHERE subject = USER AND kind = 'cost_a_month'`,
        'quota_windows',
        /: reserved 0; expected: reserved 1000\n/,
      ],
      [
        'a key’s window',
        `UPDATE quota_windows SET used = 0 WHERE subject = KEY AND kind = 'tokens_a_day'`,
        'quota_windows',
        /subject KEY, .*: used 0; expected: used 45\n/,
      ],
      [
        'no window',
        `DELETE FROM quota_windows WHERE subject = USER AND kind = 'tokens_a_day'`,
        'quota_windows',
        /: used 0, reserved 0; expected: used 45, reserved 100\n/,
      ],
      [
        'a window of nothing',
        `INSERT INTO quota_windows VALUES (USER, 'tokens_a_day', '2020-01-01', 5, 0)`,
        'quota_windows',
        /starts_on 2020-01-01: used 5; expected: used 0\n/,
      ],
      [
        'a day’s tokens',
        `UPDATE usage_days SET input_tokens = 1, output_tokens = 1 WHERE conversation_id = 7`,
        'usage_days',
        /conversation_id 7: input_tokens 1, output_tokens 1; expected: input_tokens 10, output_tokens 5\n/,
      ],
      [
        'a day’s cost',
        `UPDATE usage_days SET cost_micro_usd = 8, priced_calls = 0 WHERE conversation_id = 7`,
        'usage_days',
        /: priced_calls 0, cost_micro_usd 8; expected: priced_calls 1, cost_micro_usd 7\n/,
      ],
      [
        'a day’s user',
        `UPDATE usage_days SET user_id = NULL WHERE conversation_id = 7`,
        'usage_days',
        /: user_id none; expected: user_id USER\n/,
      ],
      [
        'no day',
        `DELETE FROM usage_days WHERE conversation_id = 7`,
        'usage_days',
        /: calls 0, .*expected: calls 1, /,
      ],
      [
        'a day of nothing',
        `UPDATE usage_days SET conversation_id = 8 WHERE conversation_id = 7`,
        'usage_days',
        /conversation_id 8: calls 1, .*expected: calls 0, /,
      ],
      [
        'a tool’s calls',
        `UPDATE usage_tool_days SET calls = 3 WHERE tool = 'add_task'`,
        'usage_tool_days',
        /tool add_task: calls 3; expected: calls 1\n/,
      ],
      [
        'no tool',
        `DELETE FROM usage_tool_days WHERE tool = 'list_tasks'`,
        'usage_tool_days',
        /tool list_tasks: calls 0, .*expected: calls 1, /,
      ],
    ];
    const SUBJECTS: Record<string, string> = {
      quota_windows: 'quota windows',
      usage_days: 'sums of days',
      usage_tool_days: 'sums of tools',
    };

    it.each(SUMS)('%s', async (_, statement, table, told) => {
      await run(named(statement));
      const { disagreements, text, exitCode } = await verified();
      expect(Object.keys(disagreements)).toEqual([SUBJECTS[table]]);
      expect(text).toMatch(new RegExp(named(told.source).replaceAll("'", '')));
      expect(text).toContain('ledger:verify -- --repair');
      expect(exitCode).toBe(1);
      expect(await repairLedger(setting.app.database)).toEqual(disagreements);
      expect(await verified()).toMatchObject(GREEN);
      expect(await repairLedger(setting.app.database)).toEqual({});
    });

    const FACTS: [what: string, statement: string, subject: string, told: RegExp][] = [
      [
        'no row in the ledger',
        'DELETE FROM usage_ledger WHERE call_id = CALL',
        'calls',
        /call CALL: a call that was settled, and no row in the ledger; expected: both/,
      ],
      [
        'no call',
        'DELETE FROM upstream_calls WHERE id = CALL',
        'calls',
        /call CALL: a row in the ledger, and no call;/,
      ],
      [
        'a call open again',
        'UPDATE upstream_calls SET settled_at = NULL WHERE id = CALL',
        'calls',
        /call CALL: a row in the ledger, and a call that is open;/,
      ],
      [
        'another payer',
        'UPDATE usage_ledger SET payer_id = KEY WHERE call_id = CALL',
        'calls',
        /call CALL: a row in the ledger with another user, payer, /,
      ],
      [
        'another day',
        `UPDATE usage_ledger SET day = '2020-02-02' WHERE call_id = CALL`,
        'calls',
        /call CALL: a row in the ledger with another /,
      ],
      [
        'no key',
        'UPDATE usage_ledger SET key_id = NULL WHERE call_id = CALL',
        'calls',
        /call CALL: a row in the ledger with another /,
      ],
      [
        'less than no tokens',
        'UPDATE usage_ledger SET output_tokens = -1 WHERE call_id = CALL',
        'numbers',
        /call CALL: input 10, cached 0, output -1, reasoning 0, cost 7;/,
      ],
      [
        'a cost below 0',
        'UPDATE usage_ledger SET cost_micro_usd = -7 WHERE call_id = CALL',
        'numbers',
        /call CALL: .*cost -7;/,
      ],
      [
        'more cached than sent',
        'UPDATE usage_ledger SET cached_tokens = 11 WHERE call_id = CALL',
        'numbers',
        /call CALL: input 10, cached 11,/,
      ],
      [
        'more reasoning than output',
        'UPDATE usage_ledger SET reasoning_tokens = 6 WHERE call_id = CALL',
        'numbers',
        /call CALL: .*output 5, reasoning 6,/,
      ],
      [
        'a cost without a price',
        'UPDATE usage_ledger SET price_date = NULL WHERE call_id = CALL',
        'prices',
        /call CALL: cost 7, no price date; expected: a price date/,
      ],
      [
        'a cost of 0 without a price',
        'UPDATE usage_ledger SET price_date = NULL, cost_micro_usd = 0 WHERE call_id = CALL',
        'prices',
        /call CALL: cost 0, no price date;/,
      ],
    ];

    it.each(FACTS)('%s', async (_, statement, subject, told) => {
      await run(named(statement));
      const { disagreements, text, exitCode } = await verified();
      expect(disagreements[subject]).toBe(1);
      expect(text).toMatch(new RegExp(named(told.source).replaceAll("'", '')));
      expect(exitCode).toBe(1);
      // Sums are repaired from the ledger; the ledger itself is never invented.
      await repairLedger(setting.app.database);
      expect((await verified()).disagreements).toEqual({ [subject]: 1 });
    });

    it('a reservation below 0', async () => {
      await run(named('UPDATE upstream_calls SET payer_tokens_reserved = -100 WHERE id = OPEN'));
      const { disagreements, text } = await verified();
      expect(disagreements).toEqual({ numbers: 1, 'quota windows': 1 });
      expect(text).toContain(`call ${open}: a reservation below 0; expected: 0 or more`);
    });

    it('a change of what was put aside for a call that is open', async () => {
      await run(named('UPDATE upstream_calls SET payer_tokens_reserved = 90 WHERE id = OPEN'));
      expect((await verified()).text).toMatch(/: reserved 100; expected: reserved 90\n/);
      await repairLedger(setting.app.database);
      expect(await verified()).toMatchObject(GREEN);
    });

    const longAgo = `now() - interval '5 minutes'`;
    it.each([
      [
        'whose instance is gone',
        `UPDATE upstream_calls SET created_at = ${longAgo}, instance_id = gen_random_uuid() WHERE id = OPEN`,
        'instance gone',
      ],
      [
        'whose turn is gone',
        `UPDATE upstream_calls SET created_at = ${longAgo}, turn_id = gen_random_uuid() WHERE id = OPEN`,
        'turn over',
      ],
    ])('a call left open %s', async (_, statement, told) => {
      await run(named(statement));
      const { disagreements, text } = await verified();
      expect(disagreements).toEqual({ 'open calls': 1 });
      expect(text).toMatch(
        new RegExp(`call ${open}: open since \\S+Z, its ${told}; expected: booked as an estimate`),
      );
      await run(`UPDATE instances SET seen_at = ${longAgo}`);
      const unserved = await verified();
      expect(unserved.disagreements).toEqual({});
      expect(unserved.text).toContain('note     open calls      1 call left open, and no server runs');
      await run('UPDATE instances SET seen_at = now()');
    });

    it('and tells of rows without payer, which an older version wrote; those of users are given theirs', async () => {
      const anonymous = await bookCall(setting.app, { userId: null });
      for (const id of [call, anonymous]) {
        await run(`UPDATE usage_ledger SET payer_id = NULL, key_id = NULL, day = NULL WHERE call_id = $1`, [
          id,
        ]);
        await run(`UPDATE upstream_calls SET payer_id = NULL, key_id = NULL, day = NULL WHERE id = $1`, [id]);
      }
      const { text } = await verified();
      expect(text).toMatch(/note {5}ledger {10}2 rows without payer/);
      expect(await repairLedger(setting.app.database)).toMatchObject({ ledger: 1 });
      const { text: after, ...others } = await verified();
      expect(others).toEqual(GREEN);
      expect(after).toMatch(/note {5}ledger {10}1 row without payer/);
      const [row] = await run(
        `SELECT payer_id, day = (created_at AT TIME ZONE 'UTC')::date AS "isOfItsDay"
         FROM usage_ledger WHERE call_id = $1`,
        [call],
      );
      expect(row).toEqual({ payer_id: session.user.id, isOfItsDay: true });
    });

    it('the first twenty places of each kind, and how many there are', async () => {
      await run(`INSERT INTO usage_days (payer_id, day, model, calls)
                 SELECT gen_random_uuid(), '2026-01-01', E'evil\\u001b[2J', 1 FROM generate_series(1, 50)`);
      const { disagreements, text } = await verified();
      expect(disagreements).toEqual({ 'sums of days': 50 });
      expect(text.match(/evil\?\[2J/g)).toHaveLength(20);
      expect(text).toContain('and 30 more');
    });
  });
});
