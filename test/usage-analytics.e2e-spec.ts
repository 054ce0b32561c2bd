import { createTestApp, type TestApp } from './support/app';
import { type Api, api, openStream, readAll, type Session, signUp } from './support/clients';

jest.setTimeout(60_000);

const NO_DURATION = { p50: null, p95: null, max: null };

describe('The task agent’s analytics', () => {
  let app: TestApp;
  let admin: Api;
  let session: Session;
  let user: Api;

  beforeAll(async () => {
    app = await createTestApp({ RATE_LIMIT_PER_MINUTE: '0', AUTH_ATTEMPTS_PER_MINUTE: '0' });
    admin = api(app.url, (await signUp(app.url)).token);
  });
  beforeEach(async () => {
    await app.database.query('DELETE FROM turns');
    session = await signUp(app.url);
    user = api(app.url, session.token);
  });
  afterAll(() => app.stop());

  const say = async (message: string, who = user) => (await who.post('/api/chat', { message })).body;
  const analytics = async (who = user, path = '/api/usage/analytics') => (await who.get(path)).body;

  it('are exactly these, of this month where nothing is asked for', async () => {
    const today = (): string => new Date().toISOString().slice(0, 10);
    const earliest = today();
    const body = await analytics();
    // Midnight may have passed meanwhile.
    expect([earliest, today()]).toContain(body.to);
    expect(body).toEqual({
      from: `${body.to.slice(0, 8)}01`,
      to: body.to,
      tools: [],
      turns: { total: 0, completed: 0, cancelled: 0, failed: 0, duration_ms: NO_DURATION },
    });
  });

  it('count turns by how they ended, and tools by how often they failed', async () => {
    await say('Add a task to buy milk');
    await say('Add a task to buy bread');
    await say('Delete the unicorn task');
    await say('[[fault:malformed_arguments]] Add a task to buy tea');
    await say('[[fault:unknown_tool]] hello');
    await say('[[fault:bad_request]] hello');
    const stream = await openStream(app.url, session.token, '/api/chat/stream', {
      message: '[[fault:stall]] hello',
    });
    const { value } = await stream.blocks.next();
    expect((await analytics()).turns.total).toBe(7);
    await user.post(`/api/turns/${(value as { turn_id: string }).turn_id}/cancel`);
    await readAll(stream);

    const { tools, turns } = await analytics();
    expect(turns).toMatchObject({ total: 7, completed: 5, cancelled: 1, failed: 1 });
    const effects = await app.database.query<{ tool: string; calls: number; failed: number }>(`
      SELECT tool, count(*)::int AS calls, count(result->'error')::int AS failed FROM tool_effects
      GROUP BY tool ORDER BY calls DESC, tool`);
    expect(tools).toEqual(effects);
    expect(tools).toContainEqual({ tool: 'frobnicate_task', calls: 1, failed: 1 });
    const added = tools.find(({ tool }: { tool: string }) => tool === 'add_task');
    expect(added.failed).toBeGreaterThan(0);
    expect(added.calls).toBeGreaterThan(added.failed as number);
    expect(tools[0]).toEqual(added);
  });

  it('tell how long those took that were completed, and no others', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const { turn_id: id } = await say('hello');
      await app.database.query(
        `UPDATE turns SET finished_at = created_at + make_interval(secs => $2) WHERE id = $1`,
        [id, (turn + 1) / 1000],
      );
    }
    await say('[[fault:bad_request]] hello');
    await app.database.query(
      `UPDATE turns SET finished_at = created_at + interval '1 hour' WHERE state = 'failed'`,
    );
    expect((await analytics()).turns).toEqual({
      total: 21,
      completed: 20,
      cancelled: 0,
      failed: 1,
      duration_ms: { p50: 10, p95: 19, max: 20 },
    });
  });

  it('are one’s own; an admin’s are everybody’s', async () => {
    await say('Add a task to buy milk');
    const other = api(app.url, (await signUp(app.url)).token);
    await say('hello', other);
    expect(await analytics()).toMatchObject({
      tools: [{ tool: 'add_task', calls: 1, failed: 0 }],
      turns: { total: 1 },
    });
    expect(await analytics(other)).toMatchObject({ tools: [], turns: { total: 1 } });
    expect(await analytics(admin, '/api/admin/analytics')).toMatchObject({
      tools: [{ tool: 'add_task', calls: 1 }],
      turns: { total: 2, completed: 2 },
    });
  });
});
