import { createHash } from 'node:crypto';
import { request as openRequest } from 'node:http';
import { shutDown } from '../src/app.shutdown';
import { ModelsService } from '../src/models/models.service';
import { until } from './support/clients';
import { halfSent, neverReading, requestBytes } from './support/raw-client';
import { ask, expectRefusal } from './support/requests';
import {
  chat,
  cut,
  type Dialect,
  gate,
  halfOfJson,
  hangBeforeHeaders,
  hangInTheMiddle,
  heldStream,
  PLANTED,
  rateLimited,
  type ReceivedRequest,
  type Script,
  STREAM_HEAD,
  streamAnswer,
} from './support/scripted-upstream';
import {
  askRaw,
  asking,
  DOORS,
  JSON_DOOR,
  RELAYS,
  type StatelessDoor,
  StatelessSetting,
  STREAM_DOOR,
  STREAMS,
} from './support/stateless';

jest.setTimeout(30_000);

const MIB = 1024 ** 2;

/** A stream up to its first delta, then the case's own steps. */
const begun = (dialect: Dialect, ...then: Script): Script => [
  ...hangInTheMiddle(dialect).slice(0, -1),
  ...then,
];
const hung = ({ isStream, dialect }: StatelessDoor): Script =>
  isStream ? hangInTheMiddle(dialect) : halfOfJson(dialect, { hang: true });

describe('Between a client and a provider', () => {
  let setting: StatelessSetting;

  beforeAll(async () => {
    setting = await StatelessSetting.start({ UPSTREAM_TIMEOUT: '20s', UPSTREAM_IDLE_TIMEOUT: '20s' });
  });
  afterEach(() => setting.forget());
  afterAll(() => setting.stop());

  const bytesFor = (door: StatelessDoor): Buffer => requestBytes(asking(door), setting.token);
  const play = ({ dialect }: StatelessDoor, ...scripts: [Script, ...Script[]]): void =>
    setting.upstream.play(dialect.path, ...scripts);

  async function expectStopped(request: ReceivedRequest, leftAt: number): Promise<void> {
    await request.over;
    expect(request.state).toBe('aborted');
    expect(request.abortedAt! - leftAt).toBeLessThan(1000);
  }

  describe.each(DOORS)('at $name', (door) => {
    it('a client who leaves before the first byte ends the provider’s work', async () => {
      play(door, hangBeforeHeaders);
      const { socket, finish } = await halfSent(setting.url, bytesFor(door));
      finish();
      const request = await setting.upstream.nextRequest();
      const leftAt = Date.now();
      socket.resetAndDestroy();
      await expectStopped(request, leftAt);
      const [call, ...others] = await setting.booked();
      expect(call).toMatchObject({ outcome: 'cancelled', is_estimated: true });
      // For an answer that is not streamed, the server cannot see how much was written. The same holds for the thinking
      // of Gemini's models.
      expect(call!.output > 0).toBe(!door.isStream || door.booked.provider === 'gemini');
      expect(call!.input).toBeGreaterThan(0);
      expect(others).toEqual([]);
    });

    it('a client who leaves in the middle ends the provider’s work', async () => {
      play(door, hung(door));
      const { socket, finish } = await halfSent(setting.url, bytesFor(door));
      const received: string[] = [];
      socket.on('data', (chunk) => received.push(chunk.toString()));
      finish();
      const request = await setting.upstream.nextRequest();
      await until(() => (door.isStream ? received.join('').includes('Hello') : request.bytesSent > 100));
      const leftAt = Date.now();
      socket.resetAndDestroy();
      await expectStopped(request, leftAt);
      expect(await setting.booked()).toMatchObject([{ outcome: 'cancelled', is_estimated: true }]);
    });

    it('a client who only says that it is done sending is gone too', async () => {
      play(door, hangBeforeHeaders);
      const { socket, finish } = await halfSent(setting.url, bytesFor(door));
      finish();
      const request = await setting.upstream.nextRequest();
      const leftAt = Date.now();
      socket.end();
      await expectStopped(request, leftAt);
      expect(await setting.booked()).toMatchObject([{ outcome: 'cancelled', is_estimated: true }]);
    });

    it('a client who leaves while its call is being written down asks nobody', async () => {
      play(door, hangBeforeHeaders);
      await setting.withLockedCalls(async (untilWaiting) => {
        const { socket, finish } = await halfSent(setting.url, bytesFor(door));
        finish();
        await untilWaiting();
        const logRead = setting.app.log().length;
        socket.resetAndDestroy();
        await until(() => setting.app.log().slice(logRead).includes('"isComplete":false'));
      });
      await until(async () => (await setting.booked()).length === 1);
      expect(await setting.booked()).toMatchObject([
        { outcome: 'cancelled', is_estimated: false, input: 0, output: 0 },
      ]);
      expect(setting.upstream.requests).toEqual([]);
    });
  });

  describe.each(STREAMS)('at $name', (door) => {
    const DELTA = 'x'.repeat(64 * 1024);
    const frame = door.dialect.frames([DELTA]).find((text) => text.includes(DELTA))!;
    const TIMES = (96 * MIB) / DELTA.length;

    it('the provider is read no faster than the client, who gets all of it in the end', async () => {
      const [first, ...rest] = door.dialect.frames(['']);
      const piece = { bytes: Buffer.from(frame) };
      play(door, [
        STREAM_HEAD,
        { bytes: first! },
        ...Array.from({ length: TIMES }, () => piece),
        { bytes: rest.join('') },
        { end: true },
      ]);
      const outgoing = openRequest(`${setting.url}${door.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${setting.token}` },
      });
      outgoing.end(JSON.stringify(asking(door).body));
      const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
        outgoing.once('response', resolve),
      );
      const request = await setting.upstream.nextRequest();
      const bytesSent = await untilStill(() => request.bytesSent);
      expect(bytesSent).toBeGreaterThan(MIB);
      // The capacity of the sockets on both sides of the server, and a little between.
      expect(bytesSent).toBeLessThan(32 * MIB);
      expect(request.state).toBe('open');

      const received = createHash('sha256');
      for await (const chunk of response) received.update(chunk as Buffer);
      const sent = createHash('sha256');
      const told = door.isRelay ? frame : `data: ${JSON.stringify({ delta: DELTA })}\n\n`;
      if (door.isRelay) sent.update(first!);
      for (let time = 0; time < TIMES; time++) sent.update(told);
      sent.update(door.isRelay ? rest.join('') : lastBlocks(rest));
      expect(received.digest('hex')).toBe(sent.digest('hex'));
      expect(await setting.booked()).toMatchObject([
        { outcome: 'completed', is_estimated: false, input: 21 },
      ]);
    });

    it('a client who never reads and then leaves ends the provider’s work', async () => {
      const piece = { bytes: Buffer.from(frame) };
      play(door, [STREAM_HEAD, ...Array.from({ length: TIMES }, () => piece), { end: true }]);
      const socket = await neverReading(setting.url, bytesFor(door));
      const request = await setting.upstream.nextRequest();
      await untilStill(() => request.bytesSent);
      const leftAt = Date.now();
      socket.resetAndDestroy();
      await expectStopped(request, leftAt);
      expect(await setting.booked()).toMatchObject([{ outcome: 'cancelled', is_estimated: true }]);
    });

    it.each<[string, Script, string]>([
      ['an error', begun(door.dialect, { bytes: door.dialect.errorFrame }, { hang: true }), 'upstream_error'],
      ['a cut', cut(door.dialect), 'upstream_error'],
    ])('%s in the middle is told as such, and in no words of the provider', async (fault, script, code) => {
      play(door, script);
      const answer = await askRaw(setting.url, asking(door), setting.token);
      const text = answer.bytes.toString();
      const requestId = answer.headers.get('x-request-id')!;

      expect(answer.status).toBe(200);
      expect(text).toContain('Hello');
      expect(text).not.toContain('[DONE]');
      expect(text).not.toContain('response.completed');
      const isErrorEvent = door.isRelay && fault === 'an error';
      expect(answer.isCut).toBe(door.isRelay && !isErrorEvent);
      if (isErrorEvent) {
        expect(text.slice(0, text.indexOf('error'))).not.toContain('world');
        expect(errorIn(door, text)).toMatchObject({ code, message: 'The model’s provider failed.' });
      } else if (door.isRelay) {
        const whole = door.dialect.frames(['Hello', ' world']).join('');
        expect(whole.startsWith(text.slice(0, text.lastIndexOf('\n\n')))).toBe(true);
      } else {
        const [, last] = /\n\ndata: (.*)\n\n$/.exec(text)!;
        expect(JSON.parse(last!)).toEqual({
          error: expect.stringMatching(/./),
          message: JSON.parse(last!).error,
          code,
          request_id: requestId,
        });
      }
      const broken = logged().filter(({ event }) => event === 'stream_broken');
      expect(broken.at(-1)).toMatchObject({ request_id: requestId, code });
      expect(text + setting.app.log()).not.toContain(PLANTED);
      const [request] = setting.upstream.requests;
      await request!.over;
      expect(await setting.booked()).toMatchObject([{ outcome: 'failed', is_estimated: true }]);
    });

    it('nothing is told before the model has made something', async () => {
      const frames = door.dialect.frames(['Hello']);
      play(door, [STREAM_HEAD, { bytes: frames[0]! }, { hang: true }]);
      const { received } = await leavingAfterSilence(bytesFor(door));
      expect(received).toBe('');
    });
  });

  it.each(RELAYS)('JSON lines of $name are cut where the stream is', async (door) => {
    play(door, cut(door.dialect));
    const headers = { accept: 'application/x-ndjson' };
    const answer = await askRaw(setting.url, { ...asking(door), headers }, setting.token);
    expect(answer.isCut).toBe(true);
    expect(answer.bytes.toString()).toContain('Hello');
  });

  it.each(RELAYS)(
    '$name says what came before an error in one piece, then the error in its own protocol',
    async (door) => {
      const frames = door.dialect.frames(['Hello']).slice(0, -1);
      play(door, streamAnswer(frames.join('') + door.dialect.errorFrame));
      const answer = await askRaw(setting.url, asking(door), setting.token);
      const text = answer.bytes.toString();
      expect([answer.status, answer.isCut]).toEqual([200, false]);
      expect(text.startsWith(frames.join(''))).toBe(true);
      expect(errorIn(door, text.slice(frames.join('').length))).toMatchObject({ code: 'upstream_error' });
    },
  );

  it.each(STREAMS)('$name takes an event of 1.2 MiB', async (door) => {
    const [first = '', ...rest] = door.dialect.frames(['Hello']);
    const picture = 'A'.repeat(1_258_291);
    const long =
      door.dialect.name === 'chat'
        ? `data: ${JSON.stringify({ choices: [{ index: 0, delta: { images: [{ image_url: { url: picture } }] } }] })}\n\n`
        : `event: x\ndata: ${JSON.stringify({ type: 'response.image_generation_call.partial_image', partial_image_b64: picture })}\n\n`;
    for (const sent of [first + long + rest.join(''), long + first + rest.join('')]) {
      play(door, streamAnswer(sent));
      const answer = await askRaw(setting.url, asking(door), setting.token);
      expect([answer.status, answer.isCut]).toEqual([200, false]);
      if (door.isRelay) expect(answer.bytes.toString()).toBe(sent);
      else expect(answer.bytes.toString()).toMatch(/"delta":"Hello"[^]*\[DONE\]/);
    }
  });

  /** The error event at the end of a relayed stream. */
  function errorIn(door: StatelessDoor, text: string): object {
    const form = door.dialect.name === 'chat' ? /data: (\{"error".*)\n\n$/ : /event: error\ndata: (.*)\n\n$/;
    const event = JSON.parse(form.exec(text)![1]!) as { error?: object };
    return event.error ?? event;
  }

  /** Leaves once the provider has stopped sending for now. */
  async function leavingAfterSilence(bytes: Buffer): Promise<{ received: string }> {
    const { socket, finish } = await halfSent(setting.url, bytes);
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    finish();
    const request = await setting.upstream.nextRequest();
    await until(() => request.bytesSent > 200);
    await untilStill(() => received.length);
    socket.resetAndDestroy();
    await request.over;
    return { received };
  }

  const logged = (): Record<string, unknown>[] =>
    setting.app
      .log()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
});

describe('On the way down', () => {
  let falling: StatelessSetting;
  beforeEach(async () => {
    falling = await StatelessSetting.start();
  });
  afterEach(() => falling.stop());

  it.each(STREAMS)('$name is let come to its end within the grace', async (door) => {
    const { opened, open } = gate();
    falling.upstream.play(door.dialect.path, heldStream(door.dialect, opened));
    const answering = askRaw(falling.url, asking(door), falling.token);
    await falling.upstream.nextRequest();
    const stopping = shutDown(falling.app.app, 20_000);
    await until(async () => (await ask(falling.url, asking(door), falling.token)).status === 503);
    open();
    const answer = await answering;
    expect(answer.isCut).toBe(false);
    expect(answer.bytes.toString()).toContain(' world');
    await stopping;
    expect(await falling.booked()).toMatchObject([{ outcome: 'completed', is_estimated: false }]);
  });

  it.each(DOORS)('$name is cut when the grace is over, and booked as interrupted', async (door) => {
    falling.upstream.play(door.dialect.path, hung(door));
    const answering = askRaw(falling.url, asking(door), falling.token);
    const request = await falling.upstream.nextRequest();
    await until(() => request.bytesSent > 100);
    await shutDown(falling.app.app, 500);
    const answer = await answering;

    const text = answer.bytes.toString();
    expect(text).not.toContain('[DONE]');
    expect(answer.isCut).toBe(door.isRelay);
    if (door === JSON_DOOR) expect([answer.status, JSON.parse(text).code]).toEqual([503, 'shutting_down']);
    if (door === STREAM_DOOR) expect(text).toMatch(/"code":"shutting_down".*\n\n$/);
    expect(await falling.booked()).toMatchObject([{ outcome: 'interrupted', is_estimated: true }]);
  });

  it.each(DOORS)('$name begins nothing for a request that was half here', async (door) => {
    falling.upstream.play(chat.path, hangInTheMiddle(chat));
    const running = askRaw(falling.url, asking(STREAM_DOOR), falling.token);
    await falling.upstream.nextRequest();
    const { socket, finish } = await halfSent(falling.url, requestBytes(asking(door), falling.token));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const other = await ask(falling.url, { method: 'GET', path: '/api/tasks' }, falling.token);
    expect(other.status).toBe(200);
    const stopped = shutDown(falling.app.app, 1000);
    finish();
    await until(() => answer.includes('request_id'));
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"code":"shutting_down"');
    expectRefusal(await ask(falling.url, asking(door), falling.token), 503, 'shutting_down');
    await Promise.all([stopped, running]);
    expect(falling.upstream.requests).toHaveLength(1);
    socket.destroy();
  });

  it.each(DOORS)('at $name a client who leaves between two attempts waits for no other', async (door) => {
    falling.upstream.play(door.dialect.path, rateLimited(10));
    const { socket, finish } = await halfSent(falling.url, requestBytes(asking(door), falling.token));
    finish();
    const request = await falling.upstream.nextRequest();
    await request.over;
    await until(async () => (await falling.booked()).length === 1);
    const leftAt = performance.now();
    socket.resetAndDestroy();
    await falling.app.app.get(ModelsService, { strict: false }).drain(10_000);
    expect(performance.now() - leftAt).toBeLessThan(3000);
    expect(await falling.booked()).toMatchObject([{ attempt: 1, outcome: 'failed' }]);
  });
});

/** The value once it has stayed the same for `stillMs`. */
async function untilStill(value: () => number, stillMs = 500): Promise<number> {
  let [before, since] = [-1, performance.now()];
  return until(() => {
    const now = value();
    if (now !== before) [before, since] = [now, performance.now()];
    return performance.now() - since > stillMs && now;
  }, 20_000);
}

/** The end of Keyturn's own stream, after its deltas. */
function lastBlocks(frames: string[]): string {
  const chunks = frames.slice(0, -1).map((text) => JSON.parse(text.slice(6)));
  const { usage } = chunks.findLast((chunk) => chunk.usage != null);
  const summary = { usage, model: chunks[0].model, finish_reason: 'stop' };
  return `data: ${JSON.stringify(summary)}\n\ndata: [DONE]\n\n`;
}
