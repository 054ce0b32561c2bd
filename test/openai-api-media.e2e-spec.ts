import { connect } from 'node:net';
import OpenAI, { toFile } from 'openai';
import { createTestApp, type TestApp } from './support/app';
import { signUp, until } from './support/clients';
import { post } from './support/requests';
import { gate, jsonAnswer, MIB, type Script } from './support/scripted-upstream';
import { askRaw, StatelessSetting } from './support/stateless';
import { noonOf, pretendTime } from './support/time';

/** Uses the real models, on days set by the tests. */
jest.unmock('../src/models/catalogue.data');

const TYPE = 'multipart/form-data; boundary=b';
const SOUND = Buffer.from([0x52, 0x49, 0x46, 0x46, 0, 1, 0xff, 0xfe, 0x0d, 0x0a, 0x2d, 0x2d]);
const field = (name: string, value: string): Buffer =>
  Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
const file = (name: string, content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--b\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\nContent-Type: audio/wav\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ]);
const formOf = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
const answerOf = (type: string, bytes: string | Buffer): Script => [
  { status: 200, headers: { 'content-type': type } },
  { bytes },
  { end: true },
];

const HEARD = {
  text: 'hi',
  usage: { type: 'tokens', input_tokens: 14, output_tokens: 45, total_tokens: 59 },
};

describe('Pictures and sound under /v1', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start();
    pretendTime(noonOf('2026-11-21'));
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  let token: string;
  const sendForm = (route: string, form: Buffer, script: Script = jsonAnswer(HEARD), type = TYPE) => {
    setting.upstream.play(`/v1${route}`, script);
    return askRaw(setting.url, post(`/v1${route}`, form, { 'content-type': type }), token);
  };
  beforeEach(() => void ({ token } = setting));
  const transcribe = (...parts: Buffer[]) => sendForm('/audio/transcriptions', formOf(...parts));
  const whisper = field('model', 'whisper-1');

  describe('a form', () => {
    it.each([
      ['/audio/transcriptions', 'gpt-4o-transcribe', 'file'],
      ['/audio/translations', 'whisper-1', 'file'],
      ['/images/edits', 'gpt-image-2', 'image[]'],
    ])('goes on to %s as the same bytes, in one row of the ledger', async (route, model, name) => {
      const form = formOf(field('prompt', 'ж\r\nx'), file(name, SOUND), field('model', model));
      const answer = await sendForm(route, form);
      expect([answer.status, JSON.parse(answer.bytes.toString())]).toEqual([200, HEARD]);
      const [request] = setting.upstream.requests;
      expect(request!.body.equals(form)).toBe(true);
      expect(request!.headers['content-type']).toBe(TYPE);
      expect(await setting.booked()).toMatchObject([
        { door: 'v1', model, input: 14, output: 45, cost: null, is_estimated: false, outcome: 'completed' },
      ]);
    });

    it('is booked without tokens of its sound where the provider counts seconds', async () => {
      const seconds = jsonAnswer({ text: 'hi', usage: { type: 'duration', seconds: 9 } });
      const form = formOf(file('file', Buffer.alloc(MIB)), whisper);
      expect((await sendForm('/audio/transcriptions', form, seconds)).status).toBe(200);
      const [row] = await setting.booked();
      expect(row).toMatchObject({ model: 'whisper-1', output: 0, cost: null, is_estimated: true });
      expect(row!.input).toBeLessThan(10);
    });

    it('names the model that answers where its own has ended, and nothing else changes', async () => {
      pretendTime(noonOf('2027-03-01'));
      ({ token } = await signUp(setting.url));
      const answer = await transcribe(file('file', SOUND), whisper, field('language', 'en'));
      pretendTime(noonOf('2026-11-21'));
      expect(answer.headers.get('x-model-replaced')).toBe('whisper-1=gpt-transcribe');
      const expected = formOf(file('file', SOUND), field('model', 'gpt-transcribe'), field('language', 'en'));
      expect(setting.upstream.requests[0]!.body.equals(expected)).toBe(true);
    });

    it('gets a model where a picture’s names none', async () => {
      expect(
        (await sendForm('/images/edits', formOf(file('image', SOUND), field('prompt', 'x')))).status,
      ).toBe(200);
      expect(setting.upstream.requests[0]!.body.toString('latin1')).toContain(
        'name="model"\r\n\r\ngpt-image-2\r\n',
      );
    });

    it.each<[string, Buffer[], number, string]>([
      ['without a model', [file('file', SOUND)], 400, 'model must be given'],
      ['with two models', [whisper, whisper, file('file', SOUND)], 400, 'twice'],
      ['with a file for a model', [file('model', SOUND)], 400, 'model must be given'],
      ['of a model off the list', [field('model', 'whisper-9')], 404, 'whisper-9'],
      ['with a field in another case', [whisper, field('Model', 'x')], 400, 'Model must be written model'],
      [
        'with a field that the API does not have',
        [whisper, field('vad_filter', 'true')],
        400,
        'ALLOWED_FIELDS',
      ],
      ['with a stream that is none', [whisper, field('stream', 'perhaps')], 400, 'stream must be a boolean'],
      [
        'that names somebody’s file',
        [whisper, field('include[0][file_id]', 'file-x')],
        404,
        'File not found',
      ],
    ])('is refused %s', async (_, parts, status, text) => {
      const answer = await transcribe(...parts);
      expect([answer.status, answer.bytes.toString()]).toEqual([status, expect.stringContaining(text)]);
      expect(setting.upstream.requests).toHaveLength(0);
    });

    it.each([
      ['JSON', 'application/json', 415],
      ['no type', '', 415],
      ['no boundary', 'multipart/form-data', 415],
    ])('is refused with %s', async (_, type, status) => {
      expect((await sendForm('/audio/transcriptions', formOf(whisper), [], type)).status).toBe(status);
    });

    it('is refused beyond 32 MiB, with and without a length', async () => {
      const form = formOf(whisper, file('file', Buffer.alloc(33 * MIB)));
      expect((await sendForm('/audio/transcriptions', form)).status).toBe(413);
      expect(setting.upstream.requests).toHaveLength(0);
    });

    it('of 30 MiB goes on', async () => {
      const form = formOf(whisper, file('file', Buffer.alloc(30 * MIB, 7)));
      expect((await sendForm('/audio/transcriptions', form)).status).toBe(200);
      expect(setting.upstream.requests[0]!.body.length).toBe(form.length);
    });

    it('is forgotten where its client leaves in the middle', async () => {
      const { hostname, port } = new URL(setting.url);
      const socket = connect(Number(port), hostname);
      const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${setting.token}\r\nContent-Type: ${TYPE}\r\nContent-Length: 100000\r\n\r\n`;
      socket.write(head + whisper.toString());
      await until(() => setting.app.log().length > 0);
      socket.destroy();
      expect((await transcribe(whisper, file('file', SOUND))).status).toBe(200);
      expect(setting.app.log()).not.toContain('"code":"internal"');
    });
  });

  it.each([
    ['text/plain; charset=utf-8', 'hi\n'],
    ['text/vtt', 'WEBVTT\n\n'],
    ['application/x-subrip', '1\n00:00 --> 00:01\nhi\n'],
  ])('pass a transcript as %s', async (type, text) => {
    const form = formOf(whisper, file('file', SOUND), field('response_format', 'text'));
    const answer = await sendForm('/audio/transcriptions', form, answerOf(type, text));
    expect([answer.status, answer.headers.get('content-type'), answer.bytes.toString()]).toEqual([
      200,
      type,
      text,
    ]);
  });

  it('pass a transcript as events where the provider sends them', async () => {
    const bytes = `data: {"type":"transcript.text.delta","delta":"hi"}\n\ndata: ${JSON.stringify({ type: 'transcript.text.done', ...HEARD })}\n\n`;
    const form = formOf(field('model', 'gpt-4o-transcribe'), field('stream', 'true'), file('file', SOUND));
    const answer = await sendForm('/audio/transcriptions', form, answerOf('text/event-stream', bytes));
    expect([answer.status, answer.bytes.toString()]).toEqual([200, bytes]);
    expect((await setting.booked())[0]).toMatchObject({ input: 14, output: 45, is_estimated: false });
  });

  it('pass a transcript as JSON where the provider does not stream', async () => {
    const form = formOf(whisper, field('stream', 'true'), file('file', SOUND));
    expect((await sendForm('/audio/transcriptions', form)).status).toBe(200);
  });

  describe('speech', () => {
    const BODY = { model: 'gpt-4o-mini-tts', input: 'Hello.', voice: 'alloy' };
    const speak = (script: Script, over: object = {}) => {
      setting.upstream.play('/v1/audio/speech', script);
      return askRaw(setting.url, post('/v1/audio/speech', { ...BODY, ...over }), setting.token);
    };

    it('passes as bytes with its type, and books no tokens for them', async () => {
      const sound = Buffer.alloc(2 * MIB, 0xfe);
      const answer = await speak(answerOf('audio/mpeg', sound));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
      expect(answer.bytes.equals(sound)).toBe(true);
      expect(await setting.booked()).toMatchObject([
        { model: 'gpt-4o-mini-tts', output: 0, cost: null, is_estimated: true },
      ]);
    });

    it('begins before it is whole', async () => {
      const rest = gate();
      setting.upstream.play('/v1/audio/speech', [
        { status: 200, headers: { 'content-type': 'audio/mpeg' } },
        { bytes: 'first' },
        { wait: rest.opened },
        { bytes: 'rest' },
        { end: true },
      ]);
      const response = await fetch(`${setting.url}/v1/audio/speech`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${setting.token}` },
        body: JSON.stringify(BODY),
      });
      const reader = response.body!.getReader();
      expect(Buffer.from((await reader.read()).value).toString()).toBe('first');
      rest.open();
      expect(Buffer.from((await reader.read()).value).toString()).toBe('rest');
    });

    it('passes as events', async () => {
      const bytes = `data: {"type":"speech.audio.delta","audio":"AA"}\n\ndata: {"type":"speech.audio.done","usage":{"input_tokens":3,"output_tokens":7,"total_tokens":10}}\n\n`;
      const answer = await speak(answerOf('text/event-stream', bytes), { stream_format: 'sse' });
      expect([answer.status, answer.bytes.toString()]).toEqual([200, bytes]);
      expect((await setting.booked())[0]).toMatchObject({ input: 3, output: 7, cost: null });
    });

    it.each(['text/html', 'application/xhtml+xml', 'text/javascript'])('is never %s', async (type) => {
      const answer = await speak(answerOf(type, '<script>alert(1)</script>'));
      expect([answer.status, answer.bytes.toString()]).toEqual([502, expect.not.stringContaining('script')]);
    });
  });
});

describe('The official SDK with the simulator behind /v1', () => {
  let app: TestApp;
  let client: OpenAI;

  beforeAll(async () => {
    app = await createTestApp();
    client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: (await signUp(app.url)).token, maxRetries: 0 });
  });
  afterAll(() => app.stop());

  it('completes, moderates, compacts and counts', async () => {
    const asking = { model: 'gpt-3.5-turbo-instruct', prompt: 'hello' };
    expect((await client.completions.create(asking)).choices[0]!.text).not.toBe('');
    let streamed = '';
    for await (const { choices } of await client.completions.create({ ...asking, stream: true })) {
      streamed += choices[0]!.text;
    }
    expect(streamed).not.toBe('');
    expect((await client.moderations.create({ input: ['a', 'b'] })).results).toHaveLength(2);
    const compacted = await client.responses.compact({ model: 'gpt-5.4', input: 'hello' });
    expect(compacted.object).toBe('response.compaction');
    const counted = await client.responses.inputTokens.count({ model: 'gpt-5.4', input: 'hello' });
    expect(counted.input_tokens).toBeGreaterThan(0);
  });

  it('draws, hears and speaks', async () => {
    const { data } = await client.images.generate({ model: 'gpt-image-2', prompt: 'x' });
    expect(Buffer.from(data![0]!.b64_json!, 'base64').subarray(1, 4).toString()).toBe('PNG');
    const image = await toFile(SOUND, 'a.png');
    expect((await client.images.edit({ image, prompt: 'x' })).data).toHaveLength(1);
    const sound = await toFile(SOUND, 'a.wav');
    expect((await client.audio.transcriptions.create({ model: 'whisper-1', file: sound })).text).toContain(
      'simulator',
    );
    const asText = { model: 'whisper-1', file: sound, response_format: 'text' } as const;
    expect(await client.audio.translations.create(asText)).toContain('simulator');
    const speech = await client.audio.speech.create({ model: 'tts-1', input: 'x', voice: 'alloy' });
    expect(
      Buffer.from(await speech.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('RIFF');
  });
});
