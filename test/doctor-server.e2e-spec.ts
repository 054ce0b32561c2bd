import { checkServer } from '../src/doctor/server-check';
import { createTestApp, type TestApp } from './support/app';
import { type BufferingProxy, startBufferingProxy } from './support/buffering-proxy';
import { signUp } from './support/clients';
import { atOnce, bySubject, DOCTOR_LIMITS, slowly } from './support/doctor';
import {
  htmlInsteadOfJson,
  jsonAnswer,
  PLANTED,
  refusedBaseUrl,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';

describe('The doctor of a server elsewhere', () => {
  let upstream: ScriptedUpstream;
  let origin: string;
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    ({ origin } = new URL(upstream.baseUrl));
  });
  afterEach(() => upstream.reset());
  afterAll(() => upstream.stop());

  const HEALTH = { status: 'healthy', database: 'connected', upstream: 'openai', uptime_seconds: 1 };
  const STREAM = '/api/chat/stream';
  const blocks = ['one', ' two', ' three'].map((delta) => `data: ${JSON.stringify({ delta })}\n\n`);
  const whole = [...blocks, 'data: {"usage":{}}\n\n', 'data: [DONE]\n\n'];

  const remote = (token: string | undefined = 'kt_token', url = origin) =>
    bySubject(checkServer(url, token, DOCTOR_LIMITS));

  it('finds streams that arrive as they are written', async () => {
    upstream.play('/health', jsonAnswer(HEALTH));
    upstream.play(STREAM, slowly(whole, 150));
    const told = await remote();
    expect(told).toMatchObject({
      server: { state: 'ok' },
      clock: { state: 'ok' },
      database: { state: 'ok' },
      streams: { state: 'ok', text: 'arrive piece by piece' },
    });
    expect(upstream.requests[1]?.headers.authorization).toBe('Bearer kt_token');
  });

  it.each<[string, Script, string, string, RegExp]>([
    [
      'of a database that is away',
      jsonAnswer({ ...HEALTH, database: 'disconnected' }, 503),
      'database',
      'configuration',
      /does not reach it/,
    ],
    [
      'of a server without a provider',
      jsonAnswer({ ...HEALTH, upstream: 'not_configured' }),
      'model',
      'configuration',
      /OPENAI_API_KEY/,
    ],
    [
      'of something else at the address',
      htmlInsteadOfJson,
      'server',
      'configuration',
      /no Keyturn \(200\): correct --url/,
    ],
  ])('tells %s', async (_, health, subject, matter, text) => {
    upstream.play('/health', health);
    upstream.play(STREAM, streamAnswer(...whole));
    expect((await remote())[subject]).toMatchObject({
      state: 'failed',
      matter,
      text: expect.stringMatching(text),
    });
  });

  it.each<[string, string | undefined, () => Script, object]>([
    ['without a token', undefined, () => jsonAnswer({ code: 'unauthorized' }, 401), { state: 'skipped' }],
    [
      'with a wrong token',
      'kt_1',
      () => jsonAnswer({ code: 'unauthorized' }, 401),
      { matter: 'configuration' },
    ],
    [
      'of an empty account',
      'kt_1',
      () => jsonAnswer({ code: 'insufficient_quota', message: PLANTED }, 503),
      { matter: 'account' },
    ],
    [
      'that ends in an error',
      'kt_1',
      () => streamAnswer(blocks[0]!, 'data: {"error":"x","code":"upstream_timeout"}\n\n'),
      { matter: 'provider' },
    ],
    ['that breaks off', 'kt_1', () => streamAnswer(...blocks), { state: 'failed', matter: 'network' }],
    ['that is over at once', 'kt_1', () => streamAnswer(...whole), { state: 'skipped' }],
    [
      'that a proxy holds up',
      'kt_1',
      atOnce(whole, 450),
      { state: 'failed', text: expect.stringContaining('proxy_buffering off') },
    ],
  ])('judges a stream %s', async (_, token, script, expected) => {
    upstream.play('/health', jsonAnswer(HEALTH));
    upstream.play(STREAM, script);
    expect((await bySubject(checkServer(origin, token, DOCTOR_LIMITS)))['streams']).toMatchObject(expected);
  });

  it('tells of an address at which nobody listens', async () => {
    const { origin } = new URL(await refusedBaseUrl());
    expect(await remote(undefined, origin)).toEqual({
      server: expect.objectContaining({ state: 'failed', text: expect.stringContaining('correct --url') }),
    });
  });
});

describe('The doctor of a real server', () => {
  let server: TestApp;
  let proxy: BufferingProxy;
  let token: string;

  beforeAll(async () => {
    server = await createTestApp({ SIMULATOR: 'on' });
    proxy = await startBufferingProxy(server.url);
    ({ token } = await signUp(server.url));
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  it('tells its streams apart by what stands between', async () => {
    const direct = await bySubject(checkServer(server.url, token, DOCTOR_LIMITS));
    expect(direct).toMatchObject({
      server: { state: 'ok' },
      model: { state: 'ok' },
      streams: { state: 'ok' },
    });
    const held = await bySubject(checkServer(proxy.url, token, DOCTOR_LIMITS));
    expect(held).toMatchObject({
      server: { state: 'ok' },
      streams: {
        state: 'failed',
        matter: 'configuration',
        text: expect.stringContaining('proxy_buffering off'),
      },
    });
  });

  it('leaves the streams to who has a token', async () => {
    const told = await bySubject(checkServer(server.url, undefined, DOCTOR_LIMITS));
    expect(told['streams']).toMatchObject({
      state: 'skipped',
      text: expect.stringContaining('--token-file'),
    });
  });
});
