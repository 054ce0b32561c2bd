import { clock } from '../src/common/clock';
import { createTestApp, type TestApp } from './support/app';
import { bookCall, openCall, settleCall } from './support/booking';
import { type Api, api, type Session, signUp } from './support/clients';
import { DatabaseClock } from './support/database-clock';
import { createDatabase, type TestDatabase } from './support/postgres';

jest.setTimeout(60_000);

/** [zone, instant of the call, local day of the call, end of that day, end of that month] */
const DAYS: [zone: string, instant: string, day: string, dayEnds: string, monthEnds: string][] = [
  ['UTC', '2026-01-15T23:30:00Z', '2026-01-15', '2026-01-16T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
  [
    'Asia/Tokyo',
    '2026-01-15T23:30:00Z',
    '2026-01-16',
    '2026-01-16T15:00:00.000Z',
    '2026-01-31T15:00:00.000Z',
  ],
  [
    'Asia/Tokyo',
    '2026-01-31T23:30:00Z',
    '2026-02-01',
    '2026-02-01T15:00:00.000Z',
    '2026-02-28T15:00:00.000Z',
  ],
  [
    'Asia/Tokyo',
    '2025-12-31T15:00:00Z',
    '2026-01-01',
    '2026-01-01T15:00:00.000Z',
    '2026-01-31T15:00:00.000Z',
  ],
  [
    'Asia/Tokyo',
    '2025-12-31T14:59:59Z',
    '2025-12-31',
    '2025-12-31T15:00:00.000Z',
    '2025-12-31T15:00:00.000Z',
  ],
  [
    'America/Los_Angeles',
    '2026-03-01T07:59:00Z',
    '2026-02-28',
    '2026-03-01T08:00:00.000Z',
    '2026-03-01T08:00:00.000Z',
  ],
  // Clocks there go forward in the night to 29 March, and back on 25 October.
  [
    'Europe/Berlin',
    '2026-03-28T23:30:00Z',
    '2026-03-29',
    '2026-03-29T22:00:00.000Z',
    '2026-03-31T22:00:00.000Z',
  ],
  [
    'Europe/Berlin',
    '2025-10-25T22:30:00Z',
    '2025-10-26',
    '2025-10-26T23:00:00.000Z',
    '2025-10-31T23:00:00.000Z',
  ],
  [
    'Asia/Kathmandu',
    '2026-01-31T18:14:00Z',
    '2026-01-31',
    '2026-01-31T18:15:00.000Z',
    '2026-01-31T18:15:00.000Z',
  ],
  [
    'Pacific/Kiritimati',
    '2025-12-31T10:00:00Z',
    '2026-01-01',
    '2026-01-01T10:00:00.000Z',
    '2026-01-31T10:00:00.000Z',
  ],
];

/** Days and months are those of the user's own zone, for bookings and reports alike. */
describe('The days that calls are of', () => {
  let database: TestDatabase;
  let databaseClock: DatabaseClock;
  let app: TestApp;

  beforeAll(async () => {
    database = await createDatabase();
    databaseClock = await DatabaseClock.install(database);
    app = await createTestApp({ AUTH_ATTEMPTS_PER_MINUTE: '0' }, { database });
  });
  // Sessions begin at the true time, because their tokens expire by it.
  afterEach(async () => {
    jest.restoreAllMocks();
    await databaseClock.set(new Date().toISOString());
  });
  afterAll(async () => {
    await app.stop();
    await database.drop();
  });

  /** Sets the clocks of the app and its database to this instant. */
  const stepTo = async (instant: string): Promise<void> => {
    jest.spyOn(clock, 'now').mockReturnValue(new Date(instant));
    await databaseClock.set(instant);
  };
  const enter = async (timezone: string): Promise<[Api, Session]> => {
    const session = await signUp(app.url, { timezone });
    return [api(app.url, session.token), session];
  };
  const windowOf = async (user: Api, name: string) =>
    (await user.get('/api/usage/limits')).body.windows.find(
      (window: { name: string }) => window.name === name,
    );

  it.each(DAYS)('%s at %s: %s', async (timezone, instant, day, dayEnds, monthEnds) => {
    const [user, session] = await enter(timezone);
    await stepTo(instant);
    await bookCall(app, { userId: session.user.id, timezone });
    const { body } = await user.get('/api/usage');
    expect(body).toMatchObject({ from: `${day.slice(0, 8)}01`, to: day, rows: [{ key: day, calls: 1 }] });
    expect(await windowOf(user, 'tokens_a_day')).toMatchObject({ used: 15, resets_at: dayEnds });
    expect(await windowOf(user, 'cost_a_month')).toMatchObject({ used: 7, resets_at: monthEnds });
  });

  it('books what began before midnight to the day that it began in', async () => {
    const [user, session] = await enter('Asia/Tokyo');
    await app.database.query(`INSERT INTO quota_limits VALUES ($1, 'tokens_a_day', 1000)`, [session.user.id]);
    await stepTo('2026-01-31T14:59:59Z');
    const call = await openCall(app, { userId: session.user.id, timezone: 'Asia/Tokyo' });
    expect(await windowOf(user, 'tokens_a_day')).toMatchObject({ used: 0, reserved: 100, remaining: 900 });
    await stepTo('2026-01-31T15:00:01Z');
    expect(await windowOf(user, 'tokens_a_day')).toMatchObject({ used: 0, reserved: 0, remaining: 1000 });
    await settleCall(app, call);
    expect(await windowOf(user, 'tokens_a_day')).toMatchObject({ used: 0, remaining: 1000 });
    expect(await windowOf(user, 'cost_a_month')).toMatchObject({ used: 0 });
    expect((await user.get('/api/usage')).body).toMatchObject({ from: '2026-02-01', rows: [] });
    const january = (await user.get('/api/usage?from=2026-01-31&to=2026-02-01')).body;
    expect(january.rows).toMatchObject([{ key: '2026-01-31', calls: 1 }]);
    await stepTo('2026-01-31T14:59:59Z');
    expect(await windowOf(user, 'tokens_a_day')).toMatchObject({ used: 15, reserved: 0, remaining: 985 });
  });

  it('bounds turns by the same midnights', async () => {
    const [user] = await enter('Asia/Tokyo');
    const { turn_id: id } = (await user.post('/api/chat', { message: 'Add a task to buy milk' })).body;
    const began = (instant: string) =>
      app.database.query(
        `UPDATE turns SET created_at = $1, finished_at = $1::timestamptz + interval '2 s' WHERE id = $2`,
        [instant, id],
      );
    const count = async (day: string) =>
      (await user.get(`/api/usage/analytics?from=${day}&to=${day}`)).body.turns.total as number;
    await began('2026-01-15T14:59:59.999Z');
    expect([await count('2026-01-15'), await count('2026-01-16')]).toEqual([1, 0]);
    await began('2026-01-15T15:00:00Z');
    expect([await count('2026-01-15'), await count('2026-01-16')]).toEqual([0, 1]);
  });
});
