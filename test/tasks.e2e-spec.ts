import type { TaskView } from '../src/tasks/task.dto';
import { type Answer, type Api, api, signUp } from './support/clients';
import { createTestApp, type TestApp } from './support/app';
import { createDatabase, type TestDatabase } from './support/postgres';
import { Installation } from './support/process';

const TASK = {
  id: expect.any(Number),
  title: 'Buy milk',
  description: null,
  status: 'pending',
  completed: false,
  priority: 'none',
  due_at: null,
  tags: [],
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  completed_at: null,
  version: 1,
};

describe('/api/tasks', () => {
  let app: TestApp;
  let user: Api;
  let stranger: Api;

  beforeAll(async () => {
    app = await createTestApp();
    await signUp(app.url);
    user = api(app.url, (await signUp(app.url)).token);
    stranger = api(app.url, (await signUp(app.url)).token);
  });

  afterAll(() => app.stop());

  const add = async (body: object): Promise<TaskView> => {
    const { status, body: task } = await user.post('/api/tasks', body);
    expect(status).toBe(201);
    return task as TaskView;
  };

  describe('adding', () => {
    it('needs a title only', async () => {
      const answer = await user.post('/api/tasks', { title: 'Buy milk' });
      expect(answer).toMatchObject({ status: 201, body: TASK });
      expect(Object.keys(answer.body).sort()).toEqual(Object.keys(TASK).sort());
      expect(answer.headers.get('etag')).toBe('"1"');
      expect(await user.get(`/api/tasks/${answer.body.id}`)).toMatchObject({
        status: 200,
        body: answer.body,
      });
    });

    it('keeps every field as it was sent', async () => {
      const fields = {
        title: "  '); DROP TABLE tasks; -- ½ \u202e😀\n",
        description: `\\x41 %s $1 {"a":1} ${'<script>'.repeat(20)}`,
        priority: 'urgent',
        due_at: '2026-11-25',
        tags: ['a,b', '{"x"}', 'NULL', "it's", 'a\\b'],
      };
      const task = await add(fields);
      expect(task).toMatchObject(fields);
      expect((await user.get(`/api/tasks/${task.id}`)).body).toEqual(task);
    });

    it('takes null for none', async () => {
      expect(
        await add({ title: 'Buy milk', description: null, priority: null, due_at: null, tags: null }),
      ).toEqual(TASK);
    });

    it.each([
      ['2026-11-25', '2026-11-25'],
      ['1970-01-01', '1970-01-01'],
      ['9999-12-31', '9999-12-31'],
      ['2028-02-29', '2028-02-29'],
      // A day on which the clocks of some places have no midnight.
      ['2018-11-04', '2018-11-04'],
      ['2026-11-25T17:00:00+05:45', '2026-11-25T11:15:00.000Z'],
      ['2026-11-25T00:00:00Z', '2026-11-25T00:00:00.000Z'],
    ])('shows what is due %s as due %s', async (given, shown) => {
      const { id, due_at } = await add({ title: 'Pay', due_at: given });
      expect(due_at).toBe(shown);
      expect((await user.get(`/api/tasks/${id}`)).body.due_at).toBe(shown);
      expect((await user.patch(`/api/tasks/${id}`, { title: 'Pay up' })).body.due_at).toBe(shown);
    });

    it('takes the longest of everything', async () => {
      const longest = {
        title: 't'.repeat(200),
        description: 'd'.repeat(2000),
        tags: Array.from({ length: 20 }, () => 'g'.repeat(50)),
      };
      expect(await add(longest)).toMatchObject(longest);
    });
  });

  const badFields: [name: string, fields: object][] = [
    ['a number for title', { title: 1 }],
    ['an object for title', { title: {} }],
    ['an empty title', { title: '' }],
    ['a blank title', { title: ' \n\t' }],
    ['a title of 201', { title: 't'.repeat(201) }],
    ['a title of 101 emoji, which are 202', { title: '😀'.repeat(101) }],
    ['a description of 2001', { description: 'd'.repeat(2001) }],
    ['a number for description', { description: 1 }],
    ['an unknown priority', { priority: 'asap' }],
    ['a list for priority', { priority: ['low'] }],
    ['words for due_at', { due_at: 'tomorrow' }],
    ['a number for due_at', { due_at: 1700000000 }],
    ['the 31st of November', { due_at: '2026-11-31' }],
    ['29 February in a common year', { due_at: '2027-02-29' }],
    ['a local time', { due_at: '2026-11-25T17:00:00' }],
    ['the year 1969', { due_at: '1969-12-31' }],
    ['the year 10000', { due_at: '10000-01-01' }],
    ['an empty due_at', { due_at: '' }],
    ['a text for tags', { tags: 'home' }],
    ['an object for tags', { tags: { 0: 'home' } }],
    ['a number among tags', { tags: ['home', 1] }],
    ['null among tags', { tags: [null] }],
    ['an empty tag', { tags: [''] }],
    ['a tag of 51', { tags: ['g'.repeat(51)] }],
    ['21 tags', { tags: Array.from({ length: 21 }, (_, index) => `tag ${index}`) }],
    ['an unknown field', { colour: 'red' }],
    ['an owner', { user_id: '00000000-0000-4000-8000-000000000000' }],
    ['an id', { id: 1 }],
    ['a version', { version: 7 }],
    ['completed_at', { completed_at: '2026-11-25T00:00:00Z' }],
  ];

  const refused = (answer: Answer, code: string, path?: string): void => {
    expect(answer.body).toMatchObject({ code, error: expect.any(String), request_id: expect.any(String) });
    expect(answer.body.message).toBe(answer.body.error);
    if (path !== undefined) expect(answer.body.details[0].path[0]).toBe(path);
    expect(answer.status).toBe(400);
  };

  it.each(badFields)('refuses %s in a new task', async (_, fields) => {
    refused(
      await user.post('/api/tasks', { title: 'Buy milk', ...fields }),
      'validation_failed',
      Object.keys(fields)[0],
    );
  });

  it.each([
    ...badFields,
    ['null for title', { title: null }],
    ['null for completed', { completed: null }],
    ['a text for completed', { completed: 'true' }],
    ['null for status', { status: null }],
    ['an unknown status', { status: 'done' }],
    ['a contradiction', { status: 'pending', completed: true }],
  ])('refuses %s in a change, which changes nothing', async (_, fields) => {
    const task = await add({ title: 'Buy milk' });
    refused(
      await user.patch(`/api/tasks/${task.id}`, { description: 'oat', ...fields }),
      'validation_failed',
      Object.keys(fields)[0],
    );
    expect((await user.get(`/api/tasks/${task.id}`)).body).toEqual(task);
  });

  it.each([
    ['no title', {}, 'validation_failed'],
    ['completed', { title: 'Buy milk', completed: true }, 'validation_failed'],
    ['status', { title: 'Buy milk', status: 'pending' }, 'validation_failed'],
    ['a list', [{ title: 'Buy milk' }], 'validation_failed'],
    ['no JSON', '{"title":', 'invalid_json'],
    ['__proto__', '{"title":"Buy milk","__proto__":{"admin":true}}', 'validation_failed'],
    ['a NUL in the title', { title: 'Buy\0milk' }, 'text_not_storable'],
    ['a lone surrogate in the title', '{"title":"Buy \\ud800"}', 'text_not_storable'],
    ['a NUL in the description', { title: 'Buy milk', description: '\0' }, 'text_not_storable'],
    ['a lone surrogate in a tag', '{"title":"Buy milk","tags":["ok","\\udc00"]}', 'text_not_storable'],
    ['1e400 for tags', '{"title":"Buy milk","tags":1e400}', 'validation_failed'],
  ])('refuses a new task with %s', async (_, body, code) => {
    refused(await user.post('/api/tasks', body), code);
  });

  it.each(['0', '-1', '1.5', 'one', '9007199254740993', '99999999999999999999', '%00', "1'--"])(
    'refuses the id %s',
    async (id) => {
      refused(await user.get(`/api/tasks/${id}`), 'validation_failed', 'id');
    },
  );

  describe('changing', () => {
    it('keeps what is absent, clears what is null, and counts versions', async () => {
      const task = await add({
        title: 'Buy milk',
        description: 'oat',
        priority: 'high',
        due_at: '2026-11-25',
        tags: ['home'],
      });
      const renamed = await user.patch(`/api/tasks/${task.id}`, { title: 'Buy bread' });
      expect(renamed.status).toBe(200);
      expect(renamed.headers.get('etag')).toBe('"2"');
      expect(renamed.body).toEqual({
        ...task,
        title: 'Buy bread',
        version: 2,
        updated_at: expect.any(String),
      });
      expect(Date.parse(renamed.body.updated_at)).toBeGreaterThan(Date.parse(task.updated_at));
      const cleared = await user.patch(`/api/tasks/${task.id}`, {
        description: null,
        priority: null,
        due_at: null,
        tags: null,
      });
      expect(cleared.body).toEqual({ ...TASK, id: task.id, title: 'Buy bread', version: 3 });
      expect((await user.get(`/api/tasks/${task.id}`)).body).toEqual(cleared.body);
    });

    it('replaces a day by an instant and back', async () => {
      const { id } = await add({ title: 'Pay', due_at: '2026-11-25' });
      const instant = await user.patch(`/api/tasks/${id}`, { due_at: '2026-11-25T08:00:00Z' });
      expect(instant.body.due_at).toBe('2026-11-25T08:00:00.000Z');
      expect((await user.patch(`/api/tasks/${id}`, { due_at: '2026-11-26' })).body.due_at).toBe('2026-11-26');
    });

    it('changes nothing where nothing differs', async () => {
      const fields = { title: 'Buy milk', due_at: '2026-11-25T08:00:00Z', tags: ['a', 'b'] };
      const task = await add(fields);
      for (const body of [{}, fields, { completed: false, status: 'pending', description: null }]) {
        expect((await user.patch(`/api/tasks/${task.id}`, body)).body).toEqual(task);
      }
    });

    it('takes completed and status for completing and reopening', async () => {
      const { id } = await add({ title: 'Buy milk' });
      const done = await user.patch(`/api/tasks/${id}`, { completed: true });
      expect(done.body).toMatchObject({ status: 'completed', completed: true, version: 2 });
      expect(done.body.completed_at).toEqual(expect.any(String));
      const open = await user.patch(`/api/tasks/${id}`, { status: 'pending' });
      expect(open.body).toMatchObject({
        status: 'pending',
        completed: false,
        completed_at: null,
        version: 3,
      });
    });
  });

  it('completes once and keeps the first time, reopens once', async () => {
    const { id } = await add({ title: 'Buy milk' });
    const done = await user.post(`/api/tasks/${id}/complete`);
    expect(done).toMatchObject({ status: 200, body: { completed: true, status: 'completed', version: 2 } });
    expect(done.headers.get('etag')).toBe('"2"');
    expect((await user.post(`/api/tasks/${id}/complete`)).body).toEqual(done.body);
    const open = await user.post(`/api/tasks/${id}/reopen`);
    expect(open).toMatchObject({ status: 200, body: { completed: false, completed_at: null, version: 3 } });
    expect((await user.post(`/api/tasks/${id}/reopen`)).body).toEqual(open.body);
  });

  it('hides a deleted task everywhere and keeps its row', async () => {
    const { id } = await add({ title: 'Delete me' });
    const answer = await user.delete(`/api/tasks/${id}`);
    expect([answer.status, answer.body]).toEqual([204, '']);
    for (const absent of [
      await user.get(`/api/tasks/${id}`),
      await user.delete(`/api/tasks/${id}`),
      await user.patch(`/api/tasks/${id}`, { title: 'Back' }),
      await user.post(`/api/tasks/${id}/complete`),
    ]) {
      expect([absent.status, absent.body.code]).toEqual([404, 'not_found']);
    }
    expect((await user.get('/api/tasks?q=Delete me')).body.items).toEqual([]);
    const [row] = await app.database.query('SELECT title, version FROM tasks WHERE id = $1', [id]);
    expect(row).toEqual({ title: 'Delete me', version: 2 });
  });

  it("answers alike for another user's task and for a missing one", async () => {
    const { id } = await add({ title: 'Mine' });
    const everyWay = async (path: string): Promise<[number, object][]> => {
      const answers = [
        await stranger.get(path),
        await stranger.patch(path, { title: 'Yours' }),
        await stranger.patch(path, { title: 'Yours' }, { 'if-match': '"1"' }),
        await stranger.patch(path, {}, { 'if-match': '"99"' }),
        await stranger.post(`${path}/complete`),
        await stranger.post(`${path}/reopen`),
        await stranger.delete(path),
      ];
      return answers.map(({ status, body: { request_id: _, ...body } }) => [status, body]);
    };
    const foreign = await everyWay(`/api/tasks/${id}`);
    expect(foreign).toEqual(await everyWay('/api/tasks/9007199254740991'));
    expect(foreign[0]).toEqual([
      404,
      { code: 'not_found', error: 'Task not found.', message: 'Task not found.' },
    ]);
    expect((await stranger.get('/api/tasks')).body).toEqual({ items: [], next_cursor: null });
    expect((await user.get(`/api/tasks/${id}`)).body).toMatchObject({ title: 'Mine', version: 1 });
  });

  it.each([
    ['GET', '/api/tasks'],
    ['POST', '/api/tasks'],
    ['GET', '/api/tasks/1'],
    ['PATCH', '/api/tasks/1'],
    ['DELETE', '/api/tasks/1'],
    ['POST', '/api/tasks/1/complete'],
    ['POST', '/api/tasks/1/reopen'],
  ])('%s %s needs a token', async (method, path) => {
    const response = await fetch(app.url + path, { method });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'unauthorized', error: 'Sign in required.' });
  });

  describe('If-Match', () => {
    const change = async (ifMatch: string): Promise<[number, string | undefined, number]> => {
      const { id } = await add({ title: 'Buy milk' });
      const { status, body } = await user.patch(
        `/api/tasks/${id}`,
        { title: 'Buy bread' },
        { 'if-match': ifMatch },
      );
      return [status, body.code, (await user.get(`/api/tasks/${id}`)).body.version];
    };

    it.each(['"1"', 'W/"1"', '1', '*'])('lets %s change version 1', async (ifMatch) => {
      expect(await change(ifMatch)).toEqual([200, undefined, 2]);
    });

    it.each(['"2"', '"0"', '"999999999999999"'])('refuses %s at version 1', async (ifMatch) => {
      expect(await change(ifMatch)).toEqual([412, 'version_conflict', 1]);
    });

    it.each(['""', '"one"', '"1', '"1", "2"', '1.0'])('does not understand %s', async (ifMatch) => {
      expect(await change(ifMatch)).toEqual([400, 'validation_failed', 1]);
    });

    it('guards completing, reopening and deleting too, also where they change nothing', async () => {
      const { id } = await add({ title: 'Buy milk' });
      const old = { 'if-match': '"7"' };
      for (const answer of [
        await user.post(`/api/tasks/${id}/complete`, undefined, old),
        await user.post(`/api/tasks/${id}/reopen`, undefined, old),
        await user.patch(`/api/tasks/${id}`, {}, old),
        await user.delete(`/api/tasks/${id}`, old),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([412, 'version_conflict']);
      }
      expect((await user.delete(`/api/tasks/${id}`, { 'if-match': '"1"' })).status).toBe(204);
    });

    it('lets exactly one of many through at the same version', async () => {
      const { id } = await add({ title: 'Race' });
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, racer) =>
          user.patch(`/api/tasks/${id}`, { title: `Racer ${racer}` }, { 'if-match': '"1"' }),
        ),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 412, 412, 412, 412, 412, 412, 412]);
      const winner = answers.find(({ status }) => status === 200)!;
      expect((await user.get(`/api/tasks/${id}`)).body).toEqual(winner.body);
    });

    it('loses no change of many without it', async () => {
      const { id } = await add({ title: 'Race' });
      const bodies = [
        { title: 'T' },
        { description: 'd' },
        { priority: 'low' },
        { tags: ['x'] },
        { completed: true },
      ];
      await Promise.all(bodies.map((body) => user.patch(`/api/tasks/${id}`, body)));
      expect((await user.get(`/api/tasks/${id}`)).body).toMatchObject({
        ...Object.assign({}, ...bodies),
        version: 6,
      });
    });

    it('completes once however many ask at once', async () => {
      const { id } = await add({ title: 'Race' });
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => user.post(`/api/tasks/${id}/complete`)),
      );
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(answers[0]!.body.version).toBe(2);
    });
  });
});

describe('GET /api/tasks', () => {
  let app: TestApp;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp();
    user = api(app.url, (await signUp(app.url)).token);
  });

  afterAll(() => app.stop());

  const titles = async (query: string): Promise<string[]> => {
    const { status, body } = await user.get(`/api/tasks?${query}`);
    expect(status).toBe(200);
    return body.items.map(({ title }: { title: string }) => title);
  };

  const pagesOf = async (client: Api, limit: number): Promise<number[][]> => {
    const pages: number[][] = [];
    let cursor: string | null = null;
    do {
      const { body }: Answer = await client.get(
        `/api/tasks?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`,
      );
      pages.push(body.items.map(({ id }: { id: number }) => id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    return pages;
  };

  it('gives 120 tasks page by page, newest first, each once', async () => {
    const other = api(app.url, (await signUp(app.url)).token);
    const ids: number[] = [];
    for (let number = 1; number <= 120; number++) {
      ids.unshift((await other.post('/api/tasks', { title: `Task ${number}` })).body.id);
    }
    for (const [limit, sizes] of [
      [50, [50, 50, 20]],
      [40, [40, 40, 40]],
      [100, [100, 20]],
    ] as const) {
      const pages = await pagesOf(other, limit);
      expect(pages.map((page) => page.length)).toEqual(sizes);
      expect(pages.flat()).toEqual(ids);
    }
    // Changes between two pages do not shift the later pages.
    const { next_cursor: cursor } = (await other.get('/api/tasks?limit=10')).body;
    await other.post('/api/tasks', { title: 'New' });
    await other.delete(`/api/tasks/${ids[9]}`);
    const { items } = (await other.get(`/api/tasks?limit=10&cursor=${cursor}`)).body;
    expect(items.map(({ id }: { id: number }) => id)).toEqual(ids.slice(10, 20));
  });

  it('finds a part of the title or the description in any case, taken literally', async () => {
    for (const [title, description] of [
      ['100% wool', null],
      ['100 percent', 'MILK and honey'],
      ['under_score', null],
      ['underXscore', null],
      ['back\\slash', null],
      ['Buy milk', null],
      ['Купить МОЛОКО', null],
      ["Robert'); DROP TABLE tasks;--", null],
    ]) {
      await user.post('/api/tasks', { title, description });
    }
    const find = (text: string): Promise<string[]> => titles(`q=${encodeURIComponent(text)}`);
    expect(await find('milk')).toEqual(['Buy milk', '100 percent']);
    expect(await find('0%')).toEqual(['100% wool']);
    expect(await find('under_')).toEqual(['under_score']);
    expect(await find('\\')).toEqual(['back\\slash']);
    expect(await find('молоко')).toEqual(['Купить МОЛОКО']);
    expect(await find("'); DROP")).toEqual(["Robert'); DROP TABLE tasks;--"]);
    expect(await find('nowhere')).toEqual([]);
    expect(await find('')).toHaveLength(8);
  });

  it('keeps to a status', async () => {
    const { id } = (await user.post('/api/tasks', { title: 'Done thing' })).body;
    await user.post(`/api/tasks/${id}/complete`);
    expect(await titles('status=completed')).toEqual(['Done thing']);
    expect(await titles('status=pending&q=thing')).toEqual([]);
    expect(await titles('status=all&q=thing')).toEqual(['Done thing']);
  });

  it.each([
    ['limit', 'limit=0'],
    ['limit', 'limit=101'],
    ['limit', 'limit=ten'],
    ['limit', 'limit=1.5'],
    ['limit', 'limit=1&limit=2'],
    ['status', 'status=done'],
    ['status', 'status='],
    ['status', 'status=all&status=all'],
    ['q', `q=${'x'.repeat(201)}`],
    ['q', 'q=a&q=b'],
    ['q', 'q[a]=b'],
    ['cursor', 'cursor=1'],
    ['cursor', 'cursor=WyJhIl0'],
    ['cursor', 'cursor=WzEsMl0'],
    ['cursor', `cursor=${'x'.repeat(513)}`],
    ['user_id', 'user_id=1'],
  ])('refuses a %s: %s', async (path, query) => {
    const { status, body } = await user.get(`/api/tasks?${query}`);
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.details[0].path[0]).toMatch(new RegExp(`^${path}`));
  });

  it('refuses a NUL in q and goes on', async () => {
    expect((await user.get('/api/tasks?q=%00')).status).toBe(400);
    expect((await user.get('/api/tasks')).status).toBe(200);
  });
});

describe('a server whose own clock stands elsewhere', () => {
  const installation = new Installation();
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });

  afterAll(async () => {
    await installation.remove();
    await database.drop();
  });

  // In the first zone, that day of 2018 has no midnight; the second is 14 hours ahead of UTC, the third 11 behind.
  it.each(['America/Sao_Paulo', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'])(
    'keeps a date a date and an instant an instant in %s',
    async (timezone) => {
      const started = installation.start({ TZ: timezone, DATABASE_URL: database.url, SIMULATOR: 'on' });
      const url = await started.url();
      const user = api(url, (await signUp(url)).token);
      for (const [given, shown] of [
        ['2018-11-04', '2018-11-04'],
        ['2026-11-25', '2026-11-25'],
        ['2026-11-25T23:30:00-02:00', '2026-11-26T01:30:00.000Z'],
      ]) {
        const { body } = await user.post('/api/tasks', { title: 'Pay', due_at: given });
        expect(body.due_at).toBe(shown);
        expect((await user.get(`/api/tasks/${body.id}`)).body.due_at).toBe(shown);
        expect((await user.patch(`/api/tasks/${body.id}`, { due_at: shown })).body.version).toBe(1);
        expect((await user.patch(`/api/tasks/${body.id}`, { title: 'Pay up' })).body.due_at).toBe(shown);
      }
      expect(await started.stop('SIGTERM')).toBe(0);
    },
  );
});
