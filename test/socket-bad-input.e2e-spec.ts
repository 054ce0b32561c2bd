import type { Socket } from 'node:net';
import type { TestApp } from './support/app';
import { api, type Session, signUp } from './support/clients';
import { leavingAfter } from './support/raw-client';
import { sendBytes } from './support/requests';
import {
  chat,
  cut,
  echoingKey401,
  emptyAccount,
  errorAsFirstFrame,
  errorAsSecondFrame,
  halfOfJson,
  hangBeforeHeaders,
  hangInTheMiddle,
  htmlInsteadOfJson,
  jsonAnswer,
  malformedJson,
  MIB,
  PLANTED,
  rateLimited,
  refusedBaseUrl,
  type ScriptedUpstream,
  type ScriptFor,
  serverErrorWithBody,
  startScriptedUpstream,
  streamAnswer,
} from './support/scripted-upstream';
import { openSocket, refusedSocket, type SocketClient, type SocketOptions } from './support/socket-client';
import { MESSAGES, prompt, reply, startSocketApp } from './support/socket-door';

const KEY = 'sk-planted-key-0123456789abcdef';
const LONGEST_MESSAGE_BYTES = 256 * 1024;

type Message = string | Buffer | object;
type Path = (string | number)[];
type Row = [what: string, message: Message, code: string, path?: Path];

const asked = (over: object): object => ({ ...prompt('full'), ...over });
/** The request with a key that an object literal would not treat as its own property. */
const withKey = (key: string): string => JSON.stringify(prompt('full')).replace('{', `{"${key}":{"a":1},`);
const says = (content: unknown, role: unknown = 'user') => asked({ messages: [{ role, content }] });
const ofBytes = (bytes: number): string => {
  const shell = JSON.stringify(says(''));
  return shell.replace('"content":""', `"content":"${'x'.repeat(bytes - shell.length)}"`);
};
/** A message's content that makes the whole request this many levels deep. */
const nested = (levels: number): string =>
  `{"prompt_template":"COG_TURN_COMMENT","response_type":"full","messages":[{"role":"user","content":${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}}]}`;

const BAD_JSON: Row[] = [
  ['nothing', '', 'invalid_json'],
  ['half a message', JSON.stringify(prompt('full')).slice(0, 60), 'invalid_json'],
  ['two messages', JSON.stringify(prompt('full')).repeat(2), 'invalid_json'],
  ['a byte order mark', `\uFEFF${JSON.stringify(prompt('full'))}`, 'invalid_json'],
  ['single quotes', "{'prompt_template':'COG_TURN_COMMENT'}", 'invalid_json'],
  ['bytes, whatever they say', Buffer.from(JSON.stringify(prompt('full'))), 'unsupported_media_type'],
  ['null', 'null', 'validation_failed', []],
  ['a list', '[]', 'validation_failed', []],
  ['text', '"COG_TURN_COMMENT"', 'validation_failed', []],
  ['65 levels', nested(65), 'validation_failed', []],
  ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 'validation_failed', []],
  ['100,000 levels in a message', nested(100_000), 'validation_failed', []],
  ['100,000 values', asked({ messages: Array.from({ length: 100_000 }, () => 1) }), 'validation_failed', []],
  ['an unknown field', asked({ model: 'gpt-4o' }), 'validation_failed', ['model']],
  ['__proto__', withKey('__proto__'), 'validation_failed', ['__proto__']],
  ['constructor', withKey('constructor'), 'validation_failed', ['constructor']],
  ['prototype', withKey('prototype'), 'validation_failed', ['prototype']],
  ['toString', withKey('toString'), 'validation_failed', ['toString']],
];

const BAD_TEMPLATES: Row[] = [
  ['none', asked({ prompt_template: undefined }), 'validation_failed', ['prompt_template']],
  ['null', asked({ prompt_template: null }), 'validation_failed', ['prompt_template']],
  [
    'a list of one',
    asked({ prompt_template: ['COG_TURN_COMMENT'] }),
    'validation_failed',
    ['prompt_template'],
  ],
  ...[
    '',
    'OPENAI_API_KEY',
    'JWT_SECRET',
    'DATABASE_URL',
    'PATH',
    'HOME',
    '__proto__',
    'constructor',
    'size',
    'get',
    'cog_turn_comment',
    'COG_TURN_COMMENT ',
    'COG_TURN_COMMENT\0',
    'COG_TURN_COMMENT_FILE',
    '../.env',
    'x'.repeat(100_000),
  ].map((name): Row => [
    JSON.stringify(name.slice(0, 30)),
    asked({ prompt_template: name }),
    'unknown_prompt_template',
  ]),
];

const BAD_FIELDS: Row[] = [
  ['no response_type', asked({ response_type: undefined }), 'validation_failed', ['response_type']],
  ...([null, '', 'json', 'INT', 'int ', 1, ['int'], { a: 1 }, '__proto__'] as const).map((type): Row => [
    `the response_type ${JSON.stringify(type)}`,
    asked({ response_type: type }),
    'validation_failed',
    ['response_type'],
  ]),
  ...([undefined, null, {}, 'hi', 5] as const).map((messages): Row => [
    `messages that are ${JSON.stringify(messages)}`,
    asked({ messages }),
    'validation_failed',
    ['messages'],
  ]),
  ...([null, 'hi', 5, [], true] as const).map((message): Row => [
    `a message that is ${JSON.stringify(message)}`,
    asked({ messages: [...MESSAGES, message] }),
    'validation_failed',
    ['messages', 1],
  ]),
  ...([undefined, null, '', 'wizard', 'User', 5, ['user'], '__proto__', 'constructor'] as const).map(
    (role): Row => [
      `the role ${JSON.stringify(role)}`,
      asked({ messages: [...MESSAGES, { role, content: 'hi' }] }),
      'validation_failed',
      ['messages', 1, 'role'],
    ],
  ),
  ...([5, true, {}] as const).map((content): Row => [
    `the content ${JSON.stringify(content)}`,
    says(content),
    'validation_failed',
    ['messages', 0, 'content'],
  ]),
];

const GOOD: [what: string, message: Message][] = [
  ['no messages', asked({ messages: [] })],
  ['content of no length', says('')],
  ['content of parts', says([{ type: 'text', text: 'hi' }])],
  ['no content, as where tools are called', says(null, 'assistant')],
  ['NUL and half a surrogate pair, which are not stored', says('a\0\ud800')],
  [
    '__proto__ in a message',
    '{"prompt_template":"COG_TURN_COMMENT","response_type":"full","messages":[{"role":"user","content":"x","__proto__":{"a":1}}]}',
  ],
  ['64 levels', nested(64)],
  ['white space around it', ` \n${JSON.stringify(prompt('full'))}\t`],
  [
    'a field twice, of which the last counts',
    JSON.stringify(prompt('full')).replace('{', '{"response_type":"int",'),
  ],
  ['256 KiB', ofBytes(LONGEST_MESSAGE_BYTES)],
];

/** The provider rejects the request itself. */
const rejection: ScriptFor = jsonAnswer(
  {
    error: {
      message: `Too long for ${KEY}.`,
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  },
  400,
);

const frame = (...bytes: number[]): Buffer => Buffer.from(bytes);
const MASK = [0, 0, 0, 0];
const CLOSE = frame(0x88, 0x80, ...MASK);
const withFrame = (head: string, bytes: Buffer): Buffer => Buffer.concat([Buffer.from(head), bytes]);

const BAD_FRAMES: [what: string, bytes: Buffer, closeCode: number][] = [
  ['text that is no UTF-8', frame(0x81, 0x82, ...MASK, 0xc3, 0x28), 1007],
  ['an unmasked frame', frame(0x81, 0x02, 0x7b, 0x7d), 1002],
  ['an opcode that there is not', frame(0x83, 0x80, ...MASK), 1002],
  ['a reserved bit', frame(0xc1, 0x80, ...MASK), 1002],
  ['a continuation of nothing', frame(0x80, 0x80, ...MASK), 1002],
  ['a ping of 126 bytes', frame(0x89, 0xfe, 0, 126, ...MASK), 1002],
  ['a close without its whole code', frame(0x88, 0x81, ...MASK, 3), 1002],
  ['a frame that says it has 2^40 bytes', frame(0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, ...MASK), 1009],
  ['256 KiB and a byte', Buffer.from('unused'), 1009],
];

describe('Bad input on the socket', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let user: Session;
  let logRead = 0;
  const clients: SocketClient[] = [];

  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    app = await startSocketApp(upstream, {
      OPENAI_API_KEY: KEY,
      UPSTREAM_TIMEOUT: '1s',
      UPSTREAM_IDLE_TIMEOUT: '1s',
    });
    await signUp(app.url);
    user = await signUp(app.url);
    logRead = app.log().length;
  });
  afterEach(async () => {
    clients.splice(0).forEach(({ webSocket }) => webSocket.terminate());
    upstream.reset();
    expect((await api(app.url).get('/health')).body.status).toBe('healthy');
  });
  afterAll(async () => {
    await app.stop();
    await upstream.stop();
  });

  const open = async (options: SocketOptions = { token: user.token }, url = app.url) => {
    const client = await openSocket(url, options);
    clients.push(client);
    return client;
  };
  const expectNoFaultLogged = (): void => {
    const news = app.log().slice(logRead);
    logRead = app.log().length;
    expect(news).not.toContain('request_failed');
  };

  describe.each([
    ['JSON', BAD_JSON],
    ['templates', BAD_TEMPLATES],
    ['fields', BAD_FIELDS],
  ])('%s', (_, rows) => {
    it.each(rows)('%s', async (...[, message, code, path]) => {
      const client = await open();
      client.send(message);
      const error = JSON.parse(await client.next());
      expect(error).toMatchObject({ code, request_id: client.headers['x-request-id'] });
      expect(error.message).toBe(error.error);
      if (path !== undefined) expect(error.details).toContainEqual({ path, message: expect.any(String) });
      expect(await client.closed).toEqual({ code: 1008, reason: code });
      expect([client.frames.length, upstream.requests.length]).toEqual([1, 0]);
      expect(client.frames[0]!.length).toBeLessThan(10_000);
      expectNoFaultLogged();
    });
  });

  it.each(GOOD)('is not %s', async (_, message) => {
    upstream.play(chat.path, reply('Hm.'));
    const client = await open();
    client.send(message);
    expect(await client.next()).toBe('Hm.');
  });

  describe('frames', () => {
    it.each(BAD_FRAMES)('%s', async (what, bytes, closeCode) => {
      const client = await open();
      if (what.startsWith('256 KiB')) client.send(ofBytes(LONGEST_MESSAGE_BYTES + 1));
      else rawSocketOf(client).write(bytes);
      expect((await client.closed).code).toBe(closeCode);
      expect([client.frames, upstream.requests.length]).toEqual([[], 0]);
      expectNoFaultLogged();
    });

    it('parts that are too much together', async () => {
      const client = await open();
      const part = 'x'.repeat(LONGEST_MESSAGE_BYTES / 2);
      for (const fin of [false, false, true]) client.webSocket.send(part, { fin });
      expect((await client.closed).code).toBe(1009);
    });

    it('half a message, then nothing', async () => {
      const client = await open();
      client.webSocket.send('{"prompt_template":', { fin: false });
      rawSocketOf(client).end();
      await client.closed;
      expect([client.frames, upstream.requests.length]).toEqual([[], 0]);
      expectNoFaultLogged();
    });
  });

  describe('handshakes', () => {
    const cookie = () => `keyturn_session=${user.token}`;
    const REFUSED: [string, () => SocketOptions, number, string][] = [
      ['no token', () => ({}), 401, 'unauthorized'],
      ['a token in the URL', () => ({ path: `/ws?token=${user.token}` }), 401, 'unauthorized'],
      ['another name for it', () => ({ path: `/ws?access_token=${user.token}` }), 401, 'unauthorized'],
      ['a changed token', () => ({ token: user.token.replace(/.{5}$/, 'AAAAA') }), 401, 'unauthorized'],
      ['a refresh token', () => ({ token: user.refresh_token }), 401, 'unauthorized'],
      ['another scheme', () => ({ headers: { authorization: `Basic ${user.token}` } }), 401, 'unauthorized'],
      ['the subprotocol alone', () => ({ protocols: ['bearer'] }), 401, 'unauthorized'],
      ['the token alone', () => ({ protocols: [user.token] }), 401, 'unauthorized'],
      ['the pair the wrong way round', () => ({ protocols: [user.token, 'bearer'] }), 401, 'unauthorized'],
      ['three subprotocols', () => ({ protocols: ['bearer', user.token, 'chat'] }), 401, 'unauthorized'],
      ['a pair with a bad token', () => ({ protocols: ['bearer', 'x'] }), 401, 'unauthorized'],
      [
        'the refresh cookie',
        () => ({ headers: { cookie: `keyturn_refresh=${user.refresh_token}` } }),
        401,
        'unauthorized',
      ],
      ...[
        'https://evil.example',
        'null',
        'http://localhost:5173.evil.example',
        'http://localhost:51730',
        '',
      ].map((origin): [string, () => SocketOptions, number, string] => [
        `a cookie from the origin "${origin}"`,
        () => ({ headers: { cookie: cookie(), origin } }),
        403,
        'origin_not_allowed',
      ]),
      ['another path', () => ({ token: user.token, path: '/wss' }), 404, 'not_found'],
      ['a longer path', () => ({ token: user.token, path: '/ws/x' }), 404, 'not_found'],
      ['no path', () => ({ token: user.token, path: '/' }), 404, 'not_found'],
      ['a path of two hosts', () => ({ token: user.token, path: '//evil.example/ws' }), 404, 'not_found'],
      [
        'the path of another door',
        () => ({ token: user.token, path: '/api/chat' }),
        405,
        'method_not_allowed',
      ],
    ];

    it.each(REFUSED)('%s', async (_, options, status, code) => {
      const refusal = await refusedSocket(app.url, options());
      expect(refusal).toMatchObject({ status, body: { code } });
      expect(refusal.body.request_id).toBe(refusal.headers['x-request-id']);
      expectNoFaultLogged();
    });

    const lines = (...over: string[]): string => {
      const own = [
        'Host: localhost',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
      ];
      const named = over.map((line) => line.split(':')[0]);
      const kept = own.filter((line) => !named.includes(line.split(':')[0]));
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      const all = [...kept, ...(named.includes('Sec-WebSocket-Key') ? [] : [key]), ...over];
      return `GET /ws HTTP/1.1\r\n${all.join('\r\n')}\r\nAuthorization: Bearer ${user.token}\r\n\r\n`;
    };

    it.each([
      ['no key', 'Sec-WebSocket-Key: ', 400, 'validation_failed'],
      ['a short key', 'Sec-WebSocket-Key: abc', 400, 'validation_failed'],
      ['a version of the drafts', 'Sec-WebSocket-Version: 12', 400, 'validation_failed'],
      ['subprotocols that are none', 'Sec-WebSocket-Protocol: bearer,,x', 400, 'validation_failed'],
      ['no upgrade', 'Upgrade: ', 404, 'not_found'],
      ['an upgrade that the connection is not for', 'Connection: close', 404, 'not_found'],
      ['another upgrade', 'Upgrade: websocket2', 404, 'not_found'],
    ])('with %s', async (_, line, status, code) => {
      // Ends the request, since the server would wait for the rest of an incomplete one.
      const answer = await sendBytes(app.url, lines(line), true);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code]);
      expect(answer.headers).toMatch(/^content-type: application\/json/im);
      if (status === 400) expect(answer.headers).toMatch(/^sec-websocket-version: 13$/im);
      expectNoFaultLogged();
    });

    it.each([
      ['the first', 101, (own: string) => own],
      ['the second', 403, () => 'evil.example'],
    ])('with two Host headers stand for the first: a page of %s', async (_, status, originOf) => {
      const own = new URL(app.url).host;
      const head = lines(
        `Host: ${own}`,
        'Host: evil.example',
        `Origin: http://${originOf(own)}`,
        `Cookie: ${cookie()}`,
      ).replace(/Authorization.*\r\n/, '');
      expect((await sendBytes(app.url, withFrame(head, CLOSE))).status).toBe(status);
    });

    it('with a message in the same packet are answered', async () => {
      const bytes = withFrame(lines(), frame(0x81, 0x81, ...MASK, 0x7b));
      const { received } = await leavingAfter(app.url, bytes, '"code":"invalid_json"');
      expect(received).toMatch(/^HTTP\/1.1 101 /);
    });
  });

  describe('faults of the provider', () => {
    const JSON_FAULTS: [string, ScriptFor, string, number][] = [
      ['no answer', hangBeforeHeaders, 'upstream_timeout', 1011],
      ['half an answer', halfOfJson(chat, { hang: true }), 'upstream_timeout', 1011],
      ['half an answer, cut', halfOfJson(chat, { cut: true }), 'upstream_error', 1011],
      ['a limit, with a time', rateLimited(30), 'rate_limited', 1013],
      ['a limit, without a time', rateLimited(), 'rate_limited', 1013],
      ['an empty account', emptyAccount, 'insufficient_quota', 1013],
      ['a 401 that says the key', echoingKey401, 'upstream_auth_failed', 1011],
      ['a 500 with a body', serverErrorWithBody, 'upstream_error', 1011],
      ['JSON that is none', malformedJson, 'upstream_invalid_response', 1011],
      ['HTML', htmlInsteadOfJson, 'upstream_invalid_response', 1011],
      ['JSON without choices', jsonAnswer({ planted: PLANTED }), 'upstream_invalid_response', 1011],
      ['a rejection', rejection, 'context_length_exceeded', 1008],
    ];
    const STREAM_FAULTS: [string, ScriptFor, string, number][] = [
      ['no answer', hangBeforeHeaders, 'upstream_timeout', 1011],
      ['a stream that stops', hangInTheMiddle(chat), 'upstream_timeout', 1011],
      ['a stream, cut', cut(chat), 'upstream_error', 1011],
      [
        'a stream without its end',
        streamAnswer(...chat.frames(['Hello']).slice(0, 2)),
        'upstream_error',
        1011,
      ],
      ['an error as the first event', errorAsFirstFrame(chat), 'upstream_error', 1011],
      ['an error as the second event', errorAsSecondFrame(chat), 'upstream_error', 1011],
      [
        'an event of 17 MiB',
        streamAnswer(...chat.frames(['Hello', 'x'.repeat(17 * MIB)])),
        'upstream_invalid_response',
        1011,
      ],
      ['an event that is no JSON', streamAnswer(`data: {"${PLANTED}\n\n`), 'upstream_invalid_response', 1011],
      ['JSON in its place', jsonAnswer(chat.whole(PLANTED)), 'upstream_invalid_response', 1011],
      ['an empty account', emptyAccount, 'insufficient_quota', 1013],
      ['a 401 that says the key', echoingKey401, 'upstream_auth_failed', 1011],
    ];

    const expectFailure = async (client: SocketClient, code: string, closeCode: number): Promise<void> => {
      const { code: closedWith, reason } = await client.closed;
      const error = JSON.parse(client.frames.at(-1)!);
      expect([error.code, closedWith]).toEqual([code, closeCode]);
      expect(error.request_id).toBe(client.headers['x-request-id']);
      expect(client.frames).not.toContain('<END>');
      const said = client.frames.join('\n') + reason + app.log();
      expect(said).not.toContain(PLANTED);
      expect(said).not.toContain(KEY);
    };

    it.each(JSON_FAULTS)('%s', async (_, script, code, closeCode) => {
      upstream.play(chat.path, script);
      const client = await open();
      client.send(prompt('full'));
      await expectFailure(client, code, closeCode);
      expect(client.frames).toHaveLength(1);
    });

    it.each(STREAM_FAULTS)('%s, of a stream', async (_, script, code, closeCode) => {
      upstream.play(chat.path, script);
      const client = await open();
      client.send(prompt('stream'));
      await expectFailure(client, code, closeCode);
    });

    it('nobody there', async () => {
      const alone = await startSocketApp({ baseUrl: await refusedBaseUrl() }, { OPENAI_API_KEY: KEY });
      try {
        await signUp(alone.url);
        const { token } = await signUp(alone.url);
        const client = await open({ token }, alone.url);
        client.send(prompt('stream'));
        await expectFailure(client, 'upstream_unavailable', 1011);
      } finally {
        await alone.stop();
      }
    });

    it('none that is set', async () => {
      const without = await startSocketApp(upstream, { OPENAI_API_KEY: '', SIMULATOR: 'off' });
      try {
        await signUp(without.url);
        const { token } = await signUp(without.url);
        const client = await open({ token }, without.url);
        client.send(prompt('full'));
        await expectFailure(client, 'upstream_not_configured', 1011);
      } finally {
        await without.stop();
      }
    });
  });
});

const rawSocketOf = ({ webSocket }: SocketClient): Socket =>
  (webSocket as unknown as { _socket: Socket })._socket;
