import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { api } from './support/clients';
import { type ProviderReply, providerReplies } from './support/provider-replies';
import { type Ask, post } from './support/requests';
import {
  chat,
  jsonAnswer,
  responses,
  type Script,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import { askRaw, DOORS, GEMINI_DOOR, MESSAGES, StatelessSetting, STREAM_DOOR } from './support/stateless';

const MODEL = 'gpt-4o-mini';

/** A door that requests a stream of Chat Completions, and the place where its client finds the text. */
interface ChatDoor {
  name: string;
  ask: Ask;
  words(answer: string): string;
}

const joined = (answer: string, pick: (event: Record<string, never>) => string | undefined): string =>
  answer
    .replace(/^\uFEFF/, '')
    .split(/(?:\r\n|\r|\n){2,}/)
    .map((block) => /^data: ?(\{.*)/m.exec(block.replaceAll(/\ndata: /g, ''))?.[1])
    .filter((data) => data !== undefined)
    .map((data) => pick(JSON.parse(data) as Record<string, never>) ?? '')
    .join('');

const AGENT: ChatDoor = {
  name: 'the agent',
  ask: post('/api/chat', { conversation_id: null, message: 'hi' }),
  words: (answer) => (JSON.parse(answer) as { response: string }).response,
};
const PANEL: ChatDoor = {
  name: 'the panel’s stream',
  ask: post(STREAM_DOOR.path, { messages: MESSAGES }),
  words: (answer) => joined(answer, ({ delta }) => delta),
};
const RELAYED: ChatDoor[] = [
  { path: '/v1/chat/completions', body: { model: MODEL, stream: true, messages: MESSAGES } },
  { path: GEMINI_DOOR.path, body: { messages: MESSAGES } },
].map(({ path, body }) => ({ name: path, ask: post(path, body), words: (answer) => answer }));

describe('Streams as providers send them', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ UPSTREAM_TIMEOUT: '20s', UPSTREAM_IDLE_TIMEOUT: '1s' });
  });
  beforeEach(() => setting.forget());
  afterAll(() => setting.stop());

  const speaking = providerReplies().filter(
    ({ dialect, reply }) => dialect === 'chat' && (reply.toolCalls ?? []).length === 0,
  );

  async function ask(
    door: ChatDoor,
    script: Script,
  ): Promise<{ status: number; text: string; bytes: Buffer }> {
    setting.upstream.play(chat.path, script);
    const { status, bytes, isCut } = await askRaw(setting.url, door.ask, setting.token);
    expect(isCut).toBe(false);
    return { status, text: bytes.toString(), bytes };
  }

  describe.each([AGENT, PANEL])('$name', (door) => {
    it.each(speaking.map((reply) => [reply.name, reply] as const))('reads %s', async (_, sent) => {
      const { status, text } = await ask(door, streamAnswer(sent.bytes));
      expect([status, door.words(text)]).toEqual([200, sent.reply.text]);
      await expectBooked(sent);
    });
  });

  describe.each(RELAYED)('$name', (door) => {
    it.each(speaking.map((reply) => [reply.name, reply] as const))('passes %s on', async (_, sent) => {
      const { status, bytes } = await ask(door, streamAnswer(sent.bytes));
      expect(status).toBe(200);
      // /v1 removes usage that the client did not request.
      if (door.ask.path === GEMINI_DOOR.path) expect(bytes.equals(sent.bytes)).toBe(true);
      await expectBooked(sent);
    });
  });

  async function expectBooked({ usage }: ProviderReply): Promise<void> {
    const [booked] = await setting.booked();
    if (usage === null) expect(booked).toMatchObject({ is_estimated: true });
    else expect(booked).toMatchObject({ ...usage, is_estimated: false });
  }

  const COMMENT = ': OPENROUTER PROCESSING\n\n';
  it.each([AGENT, PANEL, ...RELAYED])('waits at $name while a provider sends comments', async (door) => {
    const pause = (): { wait: Promise<void> } => ({ wait: delay(400) });
    const frames = chat.frames(['Hello']).map((bytes) => ({ bytes }));
    // Each wait begins after the one before it; together they exceed UPSTREAM_IDLE_TIMEOUT.
    const waits = Array.from({ length: 5 }, () => [
      { bytes: COMMENT },
      {
        get wait() {
          return pause().wait;
        },
      },
    ]);
    const { status, text } = await ask(door, [STREAM_HEAD, ...waits.flat(), ...frames, { end: true }]);
    expect(status).toBe(200);
    expect(text).toContain('Hello');
  });

  it('waits longer for an answer in one piece than for a stream', async () => {
    const slow: Script = [
      {
        get wait() {
          return delay(2500);
        },
      },
      ...jsonAnswer(chat.whole('Hello.')),
    ];
    setting.upstream.play(chat.path, slow);
    const body = { model: MODEL, messages: MESSAGES };
    const answer = await api(setting.url, setting.token).post('/v1/chat/completions', body);
    expect(answer.status).toBe(200);
    setting.upstream.play(chat.path, [{ hang: true }]);
    const stream = await api(setting.url, setting.token).post('/v1/chat/completions', {
      ...body,
      stream: true,
    });
    expect([stream.status, stream.headers.get('x-should-retry')]).toEqual([504, 'false']);
  });

  describe('compressed although we ask for identity', () => {
    const packed = (bytes: Buffer, encoding: string): Script => {
      const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding]!;
      return [
        { status: 200, headers: { 'content-type': 'text/event-stream', 'content-encoding': encoding } },
        { oneByteAtATime: pack(bytes) },
        { end: true },
      ];
    };

    describe.each(['gzip', 'deflate', 'br'])('by %s', (encoding) => {
      it.each([AGENT, PANEL, ...RELAYED])('is unpacked at $name', async (door) => {
        const sent = Buffer.from(chat.frames(['Hello']).join(''));
        const { status, text } = await ask(door, packed(sent, encoding));
        expect(status).toBe(200);
        expect(text).toContain('Hello');
        expect(await setting.booked()).toMatchObject([{ input: 21, output: 7, is_estimated: false }]);
      });

      it.each(DOORS.filter(({ isStream }) => !isStream))('is unpacked at $name', async ({ path }) => {
        const bytes = Buffer.from(JSON.stringify(chat.whole('Hello.')));
        const [, ...rest] = packed(bytes, encoding);
        const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
        setting.upstream.play(chat.path, [{ status: 200, headers }, ...rest]);
        const answer = await api(setting.url, setting.token).post(path, { messages: MESSAGES });
        expect([answer.status, answer.body.content]).toEqual([200, 'Hello.']);
      });
    });

    it.each([AGENT, PANEL, ...RELAYED])('is refused at $name where nobody can unpack it', async (door) => {
      const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'zstd' };
      const bytes = Buffer.from(chat.frames(['Hello']).join(''));
      const { status, text } = await ask(door, [{ status: 200, headers }, { bytes }, { end: true }]);
      expect(status).toBe(502);
      expect(text).toContain('upstream_invalid_response');
    });

    it.each([AGENT, PANEL, ...RELAYED])('is refused at $name where it is damaged', async (door) => {
      const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
      const { status } = await ask(door, [{ status: 200, headers }, { bytes: 'no gzip' }, { end: true }]);
      expect(status).toBe(502);
    });
  });

  it.each(['text/plain; charset=utf-8', ''])('reads events under the type %j at every door', async (type) => {
    for (const door of [AGENT, PANEL, ...RELAYED]) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      const bytes = Buffer.from(chat.frames(['Hello']).join(''));
      const { status, text } = await ask(door, [{ status: 200, headers }, { bytes }, { end: true }]);
      expect(status).toBe(200);
      expect(text).toContain('Hello');
    }
  });

  it('passes a stored response of 20 MiB on, and records what is in it', async () => {
    const picture = { id: 'ig_20mib', type: 'image_generation_call', result: 'A'.repeat(20 * 1024 * 1024) };
    const body = { ...responses.whole('Hello.'), id: 'resp_20mib', output: [picture] };
    setting.upstream.play(responses.path, jsonAnswer(body));
    const user = api(setting.url, setting.token);
    const answer = await user.post('/v1/responses', { model: MODEL, input: 'Draw.' });
    expect([answer.status, answer.body.output[0].result.length]).toEqual([200, picture.result.length]);
    setting.upstream.play('/v1/responses/resp_20mib', jsonAnswer(body));
    expect((await user.get('/v1/responses/resp_20mib')).status).toBe(200);
  });
});
