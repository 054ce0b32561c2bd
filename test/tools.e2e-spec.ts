import { Database } from '../src/database/database.service';
import { ToolRegistry } from '../src/tools/tool-registry';
import type { TaskView } from '../src/tasks/task.dto';
import type { ToolOutcome } from '../src/tools/tool.types';
import { createTestApp, type TestApp } from './support/app';
import { type Api, api, signUp } from './support/clients';
import { recordStatements } from './support/statements';

/** A Friday: 17:30 in New York. */
const NOW = new Date('2026-11-20T22:30:00Z');

interface TaskResult {
  task: TaskView;
}

interface ListResult {
  tasks: TaskView[];
  total: number;
}

interface Call {
  name: string;
  arguments: object | string;
}

describe('the task tools', () => {
  let app: TestApp;
  let userId: string;
  let user: Api;
  let strangerId: string;

  beforeAll(async () => {
    app = await createTestApp();
    const session = await signUp(app.url);
    userId = session.user.id;
    user = api(app.url, session.token);
    strangerId = (await signUp(app.url)).user.id;
  });

  afterAll(() => app.stop());

  /** Runs calls like a turn does: one after the other, in one transaction. */
  const runAll = (calls: Call[], as = userId): Promise<ToolOutcome[]> =>
    app.app.get(Database).transaction(async (tx) => {
      const registry = app.app.get(ToolRegistry);
      const outcomes: ToolOutcome[] = [];
      for (const { name, arguments: given } of calls) {
        const argumentsText = typeof given === 'string' ? given : JSON.stringify(given);
        const call = registry.parse({ id: 'call_1', name, argumentsText });
        outcomes.push(await registry.run(call, { userId: as, timezone: 'America/New_York', now: NOW, tx }));
      }
      return outcomes;
    });

  const run = async (name: string, given: object | string, as = userId): Promise<ToolOutcome> =>
    (await runAll([{ name, arguments: given }], as))[0]!;

  const resultOf = async (name: string, given: object): Promise<TaskResult> => {
    const outcome = await run(name, given);
    expect(outcome).toMatchObject({ ok: true });
    return outcome.result as TaskResult;
  };

  const add = async (given: object): Promise<TaskView> => (await resultOf('add_task', given)).task;
  const read = async (id: number): Promise<TaskView> => (await user.get(`/api/tasks/${id}`)).body as TaskView;

  it('adds a task, says what it did and keeps the row for the journal', async () => {
    const outcome = await run('add_task', {
      title: 'Buy milk',
      description: 'oat',
      due: 'tomorrow',
      priority: 'high',
      tags: ['home'],
    });
    const { task } = outcome.result as TaskResult;
    expect(task).toMatchObject({
      title: 'Buy milk',
      description: 'oat',
      due_at: '2026-11-21',
      priority: 'high',
      tags: ['home'],
      version: 1,
    });
    expect(await read(task.id)).toEqual(task);
    expect(outcome.changes).toEqual([
      { tool: 'add_task', task_id: task.id, change: 'created', title: 'Buy milk' },
    ]);
    expect(outcome.images).toEqual([
      {
        table: 'tasks',
        id: task.id,
        before: null,
        after: expect.objectContaining({ due_on: '2026-11-21', due_at: null, version: 1, deleted_at: null }),
      },
    ]);
  });

  it('understands create_task as add_task', async () => {
    const { changes } = await run('create_task', { title: 'Buy milk' });
    expect(changes).toMatchObject([{ tool: 'add_task', change: 'created' }]);
  });

  it.each([
    ['friday at 5pm', '2026-11-27T22:00:00.000Z'],
    ['2026-11-25T17:00', '2026-11-25T22:00:00.000Z'],
    ['2026-11-25', '2026-11-25'],
    ['monday eod', '2026-11-23'],
    ['tonight at midnight', '2026-11-21T05:00:00.000Z'],
    ['', null],
    [null, null],
  ])("reads due %j on the user's clock", async (due, shown) => {
    const task = await add({ title: 'Pay', due });
    expect(task.due_at).toBe(shown);
    expect((await read(task.id)).due_at).toBe(shown);
  });

  it('changes only what is given: null keeps, an empty text or list clears', async () => {
    const given = {
      title: 'Buy milk',
      description: 'oat',
      due: '2026-11-25',
      priority: 'low',
      tags: ['home'],
    };
    const before = await add(given);
    const renamed = await run('update_task', {
      task_id: before.id,
      title: 'Buy bread',
      description: null,
      due: null,
      priority: null,
      tags: null,
      completed: null,
    });
    const { task } = renamed.result as TaskResult;
    expect(task).toEqual({ ...before, title: 'Buy bread', version: 2, updated_at: expect.any(String) });
    expect(renamed.changes).toMatchObject([{ tool: 'update_task', change: 'updated', title: 'Buy bread' }]);
    expect(renamed.images).toMatchObject([
      {
        before: { title: 'Buy milk', version: 1, due_on: '2026-11-25' },
        after: { title: 'Buy bread', version: 2, due_on: '2026-11-25' },
      },
    ]);
    const cleared = await resultOf('update_task', {
      task_id: before.id,
      description: '',
      due: '',
      priority: 'none',
      tags: [],
    });
    expect(cleared.task).toMatchObject({ description: null, due_at: null, priority: 'none', tags: [] });
  });

  it('takes the changes in updates too, where a flat field outweighs', async () => {
    const { id } = await add({ title: 'Buy milk' });
    const { task } = await resultOf('update_task', {
      task_id: id,
      title: 'Flat',
      updates: { title: 'Nested', priority: 'low' },
    });
    expect(task).toMatchObject({ title: 'Flat', priority: 'low' });
  });

  it('completes and reopens, and says nothing changed where nothing did', async () => {
    const { id } = await add({ title: 'Buy milk' });
    const kinds: unknown[] = [];
    for (const [name, given] of [
      ['complete_task', { task_id: id }],
      ['complete_task', { task_id: id }],
      ['update_task', { task_id: id, completed: false }],
      ['update_task', { task_id: id, completed: true, title: 'Buy bread' }],
      ['update_task', { task_id: id, title: 'Buy bread' }],
      ['delete_task', { task_id: id }],
    ] as const) {
      const { ok, changes, images } = await run(name, given);
      expect([ok, images.length]).toEqual([true, changes.length]);
      kinds.push(changes.map(({ change }) => change));
    }
    expect(kinds).toEqual([['completed'], [], ['reopened'], ['completed'], [], ['deleted']]);
    expect(await read(id)).toMatchObject({ code: 'not_found' });
  });

  it('lists the newest first with the total, and finds by text and status', async () => {
    const other = (await signUp(app.url)).user.id;
    const call = (name: string, given: Call['arguments']): Call => ({ name, arguments: given });
    const outcomes = await runAll(
      [
        call('add_task', { title: 'One' }),
        call('add_task', { title: 'Two', description: '50% off' }),
        call('add_task', { title: 'Three' }),
        call('list_tasks', { limit: 2 }),
        call('list_tasks', { query: '0%' }),
        call('list_tasks', { status: 'completed' }),
        call('list_tasks', ''),
      ],
      other,
    );
    const lists = outcomes.slice(3).map(({ result }) => {
      const { tasks, total } = result as ListResult;
      return [tasks.map(({ title }) => title), total];
    });
    expect(lists).toEqual([
      [['Three', 'Two'], 3],
      [['Two'], 1],
      [[], 0],
      [['Three', 'Two', 'One'], 3],
    ]);
  });

  it('tells as much of a long list as the model is to read', async () => {
    const other = (await signUp(app.url)).user.id;
    const calls = Array.from({ length: 30 }, (_, index) => ({
      name: 'add_task',
      arguments: { title: `Task ${index}`, description: 'ж'.repeat(500) },
    }));
    await runAll(calls, other);
    const { result } = await run('list_tasks', {}, other);
    const { tasks, ...rest } = result as ListResult;
    expect(rest).toEqual({ total: 30, truncated: true });
    expect(tasks[0]).toMatchObject({ title: 'Task 29', description: 'ж'.repeat(500) });
    expect(tasks.length).toBeGreaterThan(3);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(8192);
  });

  it.each([
    ['get_task', {}],
    ['update_task', { title: 'Yours' }],
    ['complete_task', {}],
    ['delete_task', {}],
  ])("%s answers alike for another user's task and for a missing one", async (name, given) => {
    const { id } = await add({ title: 'Mine' });
    const outcomes = await Promise.all(
      [id, Number.MAX_SAFE_INTEGER].map((task_id) => run(name, { ...given, task_id }, strangerId)),
    );
    for (const outcome of outcomes) {
      expect(outcome).toEqual({
        ok: false,
        result: { error: 'not_found', detail: 'Task not found.' },
        changes: [],
        images: [],
        error: 'not_found',
      });
    }
    expect(await read(id)).toMatchObject({ title: 'Mine', version: 1, completed: false });
  });

  it.each([
    ['add_task', {}, /^title must be/],
    ['add_task', { title: ' ' }, /title must not be blank/],
    ['add_task', { title: 't'.repeat(201) }, /title must be 1 to 200 characters long/],
    ['add_task', { title: 'Pay', due: 'when pigs fly' }, /^due must be one date, as .*2026-11-25/],
    ['add_task', { title: 'Pay', due: '2026-02-30' }, /^due must be one date.*the calendar does not have$/],
    ['add_task', { title: 'Pay', due: '12/5/2026' }, /two days: write 2026-12-05 or 2026-05-12$/],
    ['add_task', { title: 'Pay', due: 'today at 9am' }, /has passed: name a day to come/],
    ['add_task', { title: 'Pay', user_id: 'someone' }, /^property user_id should not exist$/],
    ['add_task', { title: 'Pay', tags: [''] }, /tags must be 1 to 50 characters long/],
    ['list_tasks', { limit: 101 }, /^limit must not be greater than 100$/],
    ['list_tasks', { status: 'open' }, /^status must be one of/],
    ['get_task', { task_id: '1' }, /task_id must be an integer/],
    ['get_task', { task_id: 1e300 }, /task_id must not be greater/],
    ['update_task', { task_id: 1 }, /^name at least one field to change$/],
    ['update_task', { task_id: 1, updates: {} }, /^name at least one field to change$/],
    ['update_task', { task_id: 1, updates: 'title' }, /updates must be an object/],
    ['update_task', { task_id: 1, updates: [] }, /updates must be an object/],
    ['update_task', { task_id: 1, updates: { user_id: 1 } }, /^updates: property user_id should not exist$/],
    ['update_task', { task_id: 1, completed: 'true' }, /completed must be a boolean/],
  ])('%s tells the model what is wrong with %j', async (name, given, detail) => {
    expect(await run(name, given)).toMatchObject({
      ok: false,
      error: 'invalid_arguments',
      result: { error: 'invalid_arguments', detail: expect.stringMatching(detail) },
    });
  });

  it('goes on with the transaction after a call that the database refused', async () => {
    await app.database.query(`
      CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.title = 'poison' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$`);
    await app.database.query(
      'CREATE TRIGGER poison BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION refuse_poison()',
    );
    const outcomes = await runAll([
      { name: 'add_task', arguments: { title: 'before' } },
      { name: 'add_task', arguments: { title: 'poison' } },
      { name: 'add_task', arguments: { title: 'after' } },
    ]);
    expect(outcomes.map(({ ok, error }) => error ?? ok)).toEqual([true, 'internal', true]);
    expect(outcomes[1]!.result).toEqual({
      error: 'internal',
      detail: 'The tool failed and changed nothing.',
    });
    const { items } = (await user.get('/api/tasks?limit=2')).body;
    expect(items.map(({ title }: TaskView) => title)).toEqual(['after', 'before']);
  });

  it.each([
    [1, 'add_task', { title: 'Buy milk', due: 'tomorrow' }],
    [1, 'get_task', {}],
    [2, 'complete_task', {}],
    [2, 'update_task', { title: 'Buy bread' }],
    [2, 'delete_task', {}],
  ])('runs %i statements for %s besides its savepoint', async (cost, name, given) => {
    const { id } = await add({ title: 'Buy milk' });
    const statements = await recordStatements(() =>
      run(name, name === 'add_task' ? given : { ...given, task_id: id }),
    );
    const own = statements.filter((text) => !/^(START TRANSACTION|SAVEPOINT|COMMIT)/.test(text));
    expect(own).toHaveLength(cost);
  });
});
