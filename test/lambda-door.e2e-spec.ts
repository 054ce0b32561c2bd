import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaDoor } from '../src/lambda';
import type { GatewayConnection, GatewayEvent } from '../src/lambda.events';
import type { TestApp } from './support/app';
import { type Session, signUp, until } from './support/clients';
import {
  chat,
  gate,
  hangBeforeHeaders,
  hangInTheMiddle,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scripted-upstream';
import { prompt, reply, startSocketApp, stream } from './support/socket-door';

/** A connection as API Gateway holds it. */
class FakeConnection implements GatewayConnection {
  readonly frames: string[] = [];
  isClosed = false;

  post = async (frame: string): Promise<boolean> => {
    if (!this.isClosed) this.frames.push(frame);
    return !this.isClosed;
  };
  isOpen = async (): Promise<boolean> => !this.isClosed;
  close = async (): Promise<void> => {
    this.isClosed = true;
  };
}

const ENOUGH_MS = 29_000;

/** What no emulator does: disconnect at a chosen moment, run out of time, send no authorizer verdict. */
describe('The door of a Lambda', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let user: Session;
  let door: LambdaDoor;
  let connection: FakeConnection;
  let connections = 0;

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await startSocketApp(upstream);
    await signUp(app.url);
    user = await signUp(app.url);
    door = new LambdaDoor(app.app);
  });
  beforeEach(() => {
    connection = new FakeConnection();
    connections++;
  });
  afterEach(() => upstream.reset());
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
  });

  const event = (over: object = {}): GatewayEvent => ({
    requestContext: {
      connectionId: `connection ${connections}`,
      requestId: 'of-the-gateway',
      domainName: 'socket.example.com',
      identity: { sourceIp: '192.0.2.1' },
      ...over,
    },
  });
  const verdictFor = async (headers: Record<string, string>) => {
    const { context } = (await door.authorize({ ...event(), headers, methodArn: 'arn:$connect' })) as {
      context: { opener?: string; refusal?: string };
    };
    return context;
  };
  const message = async (body: unknown): Promise<GatewayEvent> => {
    const authorizer = await verdictFor({ Authorization: `Bearer ${user.token}` });
    return { ...event({ authorizer }), body: JSON.stringify(body) };
  };
  const lastCode = (): string => JSON.parse(connection.frames.at(-1)!).code;

  it('has its call booked when it returns', async () => {
    upstream.play(chat.path, stream('Hm.'));
    await door.answer(await message(prompt('stream')), connection, ENOUGH_MS);
    expect(connection).toMatchObject({ frames: ['Hm.', '<END>'], isClosed: false });
    const rows = await app.database.query('SELECT user_id, door, outcome FROM usage_ledger');
    expect(rows).toEqual([{ user_id: user.user.id, door: 'socket', outcome: 'completed' }]);
  });

  it('drops what waited for a request that failed, without sending it', async () => {
    const { opened, open } = gate();
    upstream.play(chat.path, [{ wait: opened }, ...reply('No number.')]);
    const first = door.answer(await message(prompt('int')), connection, ENOUGH_MS);
    await upstream.nextRequest();
    const second = door.answer(await message(prompt('full')), connection, ENOUGH_MS);
    await until(
      async () =>
        (await app.database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
          .length,
    );
    open();
    await Promise.all([first, second]);
    expect([connection.frames.length, lastCode(), connection.isClosed]).toEqual([1, 'no_match', true]);
    expect(upstream.requests).toHaveLength(1);
  });

  it.each([
    ['before the first byte', hangBeforeHeaders, 1],
    ['in a stream', hangInTheMiddle(chat), 2],
  ])('says that it was too long before its time is over: %s', async (_, script, frames) => {
    upstream.play(chat.path, script);
    await door.answer(await message(prompt('stream')), connection, 2300);
    expect([connection.frames.length, lastCode(), connection.isClosed]).toEqual([
      frames,
      'upstream_timeout',
      true,
    ]);
    const request = await upstream.nextRequest();
    await request.over;
    expect(request.state).toBe('aborted');
  });

  it('stops the provider when the client is gone', async () => {
    upstream.play(chat.path, hangInTheMiddle(chat));
    connection.isClosed = true;
    await door.answer(await message(prompt('stream')), connection, ENOUGH_MS);
    const request = await upstream.nextRequest();
    await request.over;
    expect([request.state, connection.frames]).toEqual(['aborted', []]);
  });

  it.each([
    ['no verdict', undefined],
    ['a refusal', { refusal: '{}' }],
    ['a verdict without an opener', {}],
  ])('answers no connection with %s', async (_, authorizer) => {
    await door.answer(
      { ...event({ authorizer }), body: JSON.stringify(prompt('full')) },
      connection,
      ENOUGH_MS,
    );
    expect([lastCode(), connection.isClosed, upstream.requests.length]).toEqual(['unauthorized', true, 0]);
    expect(door.connect(event({ authorizer }))).not.toMatchObject({ statusCode: 200 });
  });

  it.each(['null', JSON.stringify({ userId: 'ada', sessionFamily: 'x' })])(
    'asks a connection to sign in again that an earlier version let in, with claims %s',
    async (claims) => {
      const authorizer = { opener: `{"claims":${claims},"address":"192.0.2.1"}` };
      await door.answer(
        { ...event({ authorizer }), body: JSON.stringify(prompt('full')) },
        connection,
        ENOUGH_MS,
      );
      expect([lastCode(), connection.isClosed, upstream.requests.length]).toEqual(['unauthorized', true, 0]);
    },
  );

  it('lets in by headers however they are written, and answers the subprotocol', async () => {
    const headers = { 'sec-websocket-PROTOCOL': `bearer, ${user.token}` };
    const authorizer = await verdictFor(headers);
    expect(authorizer.opener).not.toContain(user.token);
    expect(door.connect({ ...event({ authorizer }), headers })).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'bearer' },
    });
  });

  it.each([
    ['nothing', () => ({}), 401, 'unauthorized'],
    [
      'a foreign page’s cookie',
      () => ({ Cookie: `keyturn_session=${user.token}`, Origin: 'https://evil.example' }),
      403,
      'origin_not_allowed',
    ],
  ])('refuses %s with the app’s error', async (_, headers, statusCode, code) => {
    const answer = door.connect(event({ authorizer: await verdictFor(headers()) })) as { body: string };
    expect(answer).toMatchObject({ statusCode });
    expect(JSON.parse(answer.body)).toMatchObject({ code, request_id: 'of-the-gateway' });
  });

  describe('does not open', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-lambda-'));
    const { env } = process;
    afterEach(() => (process.env = env));
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['DATABASE_URL', { OPENAI_API_KEY: 'sk-x' }],
      ['OPENAI_API_KEY', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }],
      ['JWT_SECRET', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', OPENAI_API_KEY: 'sk-x' }],
    ])('without %s', async (name, environment) => {
      process.env = environment;
      await expect(LambdaDoor.open(folder)).rejects.toThrow(`A Lambda needs ${name}.`);
    });
  });
});
