import { hash } from 'node:crypto';
import { SIGN_IN_REQUIRED } from './support/bad-input';
import { signUp } from './support/clients';
import { ask, type Ask, expectRefusal, get, post } from './support/requests';
import { chat, gate, heldStream, jsonAnswer, responses, streamAnswer } from './support/scripted-upstream';
import {
  askRaw,
  asking,
  DOORS,
  JSON_DOOR,
  StatelessSetting,
  STREAM_DOOR,
  STREAMS,
} from './support/stateless';

const PAGE = 'https://panel.example';
const LIMIT = 'ratelimit-limit';
const LEFT = 'ratelimit-remaining';

const from = (request: Ask, address: string): Ask => ({
  ...request,
  headers: { ...request.headers, 'x-forwarded-for': address },
});

/** Every route that belongs to a user, and the agent, which shares its address with the stateless door. */
const OWN: Ask[] = [
  post('/api/chat', { message: 'hello' }),
  post('/api/chat', { message: 'hello', conversation_id: null }),
  post('/api/chat/stream', { message: 'hello' }),
  get('/api/tasks'),
  post('/api/tasks', { title: 'x' }),
  get('/api/conversations'),
  get('/api/turns/c0a8e6f2-5b1d-4c7e-9a53-1f2d3c4b5a69'),
  get('/api/auth/me'),
  get('/v1/models'),
  post('/v1/chat/completions', { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
];

describe('A caller without a token', () => {
  let setting: StatelessSetting;

  const start = (environment: Record<string, string>): Promise<StatelessSetting> =>
    StatelessSetting.start({ TRUST_PROXY: '1', CORS_ORIGINS: PAGE, ...environment });
  const playWell = ({ upstream }: StatelessSetting): void => {
    upstream.play(responses.path, streamAnswer(...responses.frames(['Hello'])));
    upstream.play(chat.path, ({ body }) =>
      body.includes('"stream":true')
        ? streamAnswer(...chat.frames(['Hello']))
        : jsonAnswer(chat.whole('Hello')),
    );
  };
  let address = 0;
  /** An address that has sent no request yet. */
  const newAddress = (): string => `192.0.2.${++address}`;

  describe('where the operator has said nothing', () => {
    beforeAll(async () => {
      setting = await start({});
      playWell(setting);
    });
    afterAll(() => setting.stop());

    it.each([...DOORS.map((door) => asking(door)), ...OWN])(
      'is refused at $method $path',
      async (request) => {
        const answer = await ask(setting.url, request);
        expect(answer.status).toBe(401);
        expect(setting.upstream.requests).toEqual([]);
      },
    );
  });

  describe('where the operator lets them', () => {
    beforeAll(async () => {
      setting = await start({ ANONYMOUS_ACCESS: 'proxy', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '5' });
    });
    beforeEach(() => playWell(setting));
    afterEach(() => setting.forget());
    afterAll(() => setting.stop());

    it.each(DOORS)('is served at $path, and booked to nobody', async (door) => {
      const answer = await ask(setting.url, from(asking(door), newAddress()));
      expect(answer.status).toBe(200);
      expect(await setting.booked()).toMatchObject([{ ...door.booked, user_id: null, outcome: 'completed' }]);
    });

    it('is told apart by what nobody can make of an address who lacks the secret', async () => {
      const environment = { ANONYMOUS_ACCESS: 'proxy', TRUST_PROXY: '1' };
      const others = [
        await StatelessSetting.start(environment, { database: setting.app.database }),
        await StatelessSetting.start({ ...environment, JWT_SECRET: 'another secret of 32 bytes or so' }),
      ] as const;
      try {
        const payerOf = async (instance: StatelessSetting, address: string): Promise<string> => {
          playWell(instance);
          expect((await ask(instance.url, from(asking(JSON_DOOR), address))).status).toBe(200);
          const [call] = await instance.app.database.query<{ payer_id: string }>(
            'SELECT payer_id FROM upstream_calls ORDER BY created_at DESC LIMIT 1',
          );
          return call!.payer_id;
        };
        const [here, there] = ['2001:db8:1:2::1', '2001:db8:1:2:3::4'];
        const id = await payerOf(setting, here);
        expect(id.slice(0, 8)).not.toBe(hash('sha256', 'address 2001:db8:1:2::/64', 'hex').slice(0, 8));
        expect(await payerOf(setting, there)).toBe(id);
        expect(await payerOf(others[0], here)).toBe(id);
        expect(await payerOf(others[1], here)).not.toBe(id);
        expect(await payerOf(setting, '2001:db8:1:3::1')).not.toBe(id);
      } finally {
        for (const other of others) await other.stop();
      }
    });

    it.each(OWN)('is refused at $method $path', async (request) => {
      const answer = await ask(setting.url, from(request, newAddress()));
      expect(answer.status).toBe(401);
      expect(setting.upstream.requests).toEqual([]);
    });

    it.each([
      ['no token of ours', 'nonsense'],
      ['a token that was cut', undefined],
      ['a key that is none', 'kt_nonsense'],
    ])('is not who brings %s', async (_, given) => {
      const token = given ?? setting.token.slice(0, -2);
      for (const door of DOORS) {
        const answer = await ask(setting.url, from(asking(door), newAddress()), token);
        expectRefusal(answer, ...SIGN_IN_REQUIRED);
      }
      const headers = { cookie: `keyturn_session=${token}` };
      const answer = await ask(setting.url, { ...from(asking(JSON_DOOR), newAddress()), headers });
      expectRefusal(answer, ...SIGN_IN_REQUIRED);
    });

    it('is counted by address, over all doors', async () => {
      const [here, there] = [newAddress(), newAddress()];
      const answers = [];
      for (const door of [...DOORS, JSON_DOOR])
        answers.push(await ask(setting.url, from(asking(door), here)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(answers.map(({ headers }) => [headers.get(LIMIT), headers.get(LEFT)])).toEqual(
        ['4', '3', '2', '1', '0'].map((left) => ['5', left]),
      );
      for (const door of DOORS) {
        const refused = await ask(setting.url, from(asking(door), here));
        expectRefusal(refused, 429, 'rate_limited');
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        const reset = Number(refused.headers.get('ratelimit-reset'));
        expect(refused.headers.get('retry-after')).toBe(String(Math.min(reset, 59)));
      }
      expect((await ask(setting.url, from(asking(JSON_DOOR), there))).status).toBe(200);
    });

    it('does not spend a user’s requests, nor a user an address’s', async () => {
      const here = newAddress();
      for (let count = 0; count < 6; count++) {
        const answer = await ask(setting.url, from(asking(JSON_DOOR), here), setting.token);
        expect(answer.status).toBe(200);
      }
      const answer = await ask(setting.url, from(asking(JSON_DOOR), here));
      expect([answer.status, answer.headers.get(LEFT)]).toEqual([200, '4']);
    });

    it('is not counted where the operator sets no limit', async () => {
      const free = await start({ ANONYMOUS_ACCESS: 'proxy', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0' });
      try {
        playWell(free);
        const answer = await ask(free.url, asking(JSON_DOOR));
        expect([answer.status, answer.headers.get(LIMIT)]).toEqual([200, null]);
      } finally {
        await free.stop();
      }
    });

    it('may use a page of any origin, which needs no cookie', async () => {
      const headers = { origin: 'https://elsewhere.example' };
      const answer = await ask(setting.url, from({ ...asking(JSON_DOOR), headers }, newAddress()));
      expect(answer.status).toBe(200);
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    });
  });

  it('holds no more streams open at once than a user may', async () => {
    setting = await start({ ANONYMOUS_ACCESS: 'proxy', MAX_STREAMS_PER_USER: '1' });
    try {
      const { opened, open } = gate();
      const here = newAddress();
      for (const { dialect } of STREAMS) setting.upstream.play(dialect.path, heldStream(dialect, opened));
      const first = askRaw(setting.url, from(asking(STREAM_DOOR), here));
      await setting.upstream.nextRequest();
      for (const door of STREAMS) {
        expectRefusal(await ask(setting.url, from(asking(door), here)), 429, 'too_many_streams');
      }
      const elsewhere = askRaw(setting.url, from(asking(STREAM_DOOR), newAddress()));
      await setting.upstream.nextRequest();
      open();
      expect([(await first).status, (await elsewhere).status]).toEqual([200, 200]);
      expect((await ask(setting.url, from(asking(STREAM_DOOR), here))).status).toBe(200);
    } finally {
      await setting.stop();
    }
  });
});

describe.each(['off', 'proxy'])('A page with the session cookie, where ANONYMOUS_ACCESS is %s,', (access) => {
  let setting: StatelessSetting;
  let cookie: string;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ ANONYMOUS_ACCESS: access, CORS_ORIGINS: PAGE });
    cookie = `theme=dark; keyturn_session=${(await signUp(setting.url)).token}`;
  });
  beforeEach(() => {
    const { upstream } = setting;
    upstream.play(responses.path, streamAnswer(...responses.frames(['Hello'])));
    upstream.play(chat.path, ({ body }) =>
      body.includes('"stream":true')
        ? streamAnswer(...chat.frames(['Hello']))
        : jsonAnswer(chat.whole('Hello')),
    );
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const send = (door: (typeof DOORS)[number], headers: Record<string, string>) =>
    ask(setting.url, { ...asking(door), headers });

  it.each(DOORS)('of our own origin is served at $path', async (door) => {
    for (const origin of ['', setting.url]) {
      expect((await send(door, { cookie, origin })).status).toBe(200);
    }
    expect(await setting.booked()).toMatchObject([
      { user_id: expect.any(String) },
      { user_id: expect.any(String) },
    ]);
  });

  it.each(DOORS)('of a trusted origin is served at $path, and may read the answer', async (door) => {
    const { status, headers } = await send(door, { cookie, origin: PAGE });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toContain('X-Adjusted-Params');
  });

  it.each(DOORS)('of a foreign origin is refused at $path', async (door) => {
    for (const origin of ['https://evil.example', 'null', `${setting.url}.evil.example`]) {
      const answer = await send(door, { cookie, origin });
      expectRefusal(answer, 403, 'origin_not_allowed');
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    }
    expect(setting.upstream.requests).toEqual([]);
  });

  it.each(DOORS)('is asked beforehand by the browser at $path', async ({ path }) => {
    const headers = {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const answer = await ask(setting.url, { method: 'OPTIONS', path, headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});
