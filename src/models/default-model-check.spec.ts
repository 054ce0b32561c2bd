import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSettings } from '../config/settings';
import { checkListed, defaultModelWarnings } from './default-model-check';

const NOW = new Date('2026-11-21T12:00:00Z');

describe('The default model at start', () => {
  let server: Server;
  let answer: RequestListener;
  let baseUrl: string;

  beforeAll(async () => {
    server = createServer((req, res) => answer(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const list =
    (...models: object[]): RequestListener =>
    (_, res) =>
      res.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data: models }));
  const refuse =
    (status: number, body: string): RequestListener =>
    (_, res) =>
      res.writeHead(status).end(body);
  const warnings = (model: string, now = NOW) =>
    defaultModelWarnings(
      readSettings({ OPENAI_API_KEY: 'sk-secret', OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model }, '/app'),
      now,
    );

  const absent = (model: string) => [
    `the key may not use the default model ${model}: set OPENAI_MODEL to one it may use`,
  ];

  it.each<[string, RequestListener, string, string[]]>([
    ['a model on the list', list({ id: 'gpt-6-luna' }), 'gpt-6-luna', []],
    ['a model that is not on it', list({ id: 'gpt-6-sol' }), 'gpt-6-luna', absent('gpt-6-luna')],
    ['a retired one whose replacement is on it', list({ id: 'gpt-5.6-luna' }), 'gpt-4.1-nano', []],
    [
      'a retired one whose replacement is not',
      list({ id: 'gpt-4.1-nano' }),
      'gpt-4.1-nano',
      absent('gpt-5.6-luna'),
    ],
    [
      'a last day that only the provider knows',
      list({ id: 'their-model', shutdown_date: '2027-01-20' }),
      'their-model',
      ['the provider ends the default model their-model on 2027-01-20: set OPENAI_MODEL to another'],
    ],
    [
      'a last day that is far off',
      list({ id: 'their-model', shutdown_date: '2027-01-21' }),
      'their-model',
      [],
    ],
    [
      'the day that the start report tells',
      list({ id: 'gpt-4o', shutdown_date: '2027-01-14' }),
      'gpt-4o',
      [],
    ],
    ['a list that is empty', list(), 'gpt-6-luna', []],
    ['a refusal', refuse(401, '{"error":{}}'), 'gpt-6-luna', []],
    ['what is no list', refuse(200, '<html>'), 'gpt-6-luna', []],
    [
      'a redirect, which is not followed',
      (req, res) =>
        req.url === '/v1/models'
          ? res.writeHead(302, { location: '/v2/models' }).end()
          : list({ id: 'gpt-6-sol' })(req, res),
      'gpt-6-luna',
      [],
    ],
    ['a broken connection', (_, res) => res.destroy(), 'gpt-6-luna', []],
  ])('says of %s what is to be said', async (_, listener, model, expected) => {
    answer = listener;
    expect(await warnings(model)).toEqual(expected);
  });

  it('asks with the key, once', async () => {
    const seen: unknown[] = [];
    answer = (req, res) => {
      seen.push([req.method, req.url, req.headers.authorization]);
      list({ id: 'gpt-6-luna' })(req, res);
    };
    await warnings('gpt-6-luna');
    expect(seen).toEqual([['GET', '/v1/models', 'Bearer sk-secret']]);
  });

  it('gives up on a provider that does not answer', async () => {
    const hasLeft = new Promise<void>((resolve) => {
      answer = (_, res) => void res.on('close', () => resolve());
    });
    const access = { name: 'openai' as const, baseUrl, apiKey: 'x' };
    expect(await checkListed('gpt-6-luna', access, NOW, 50)).toEqual([]);
    await hasLeft;
  });

  it.each([
    ['the simulator', { SIMULATOR: 'on' }],
    ['nobody', { SIMULATOR: 'off' }],
    ['a provider without a key', { OPENAI_API_KEY: 'sk-1', OPENAI_MODEL: 'gemini-3.8-flash' }],
  ])('asks nobody where it is served by %s', async (_, environment: Record<string, string>) => {
    const asked = jest.fn();
    answer = (_req, res) => void (asked(), res.end());
    const settings = readSettings({ OPENAI_BASE_URL: baseUrl, ...environment }, '/app');
    expect(await defaultModelWarnings(settings, NOW)).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });
});
