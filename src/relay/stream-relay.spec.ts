import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { AppError } from '../common/app-error';
import type { ByteSink } from '../models/call-attempt';
import type { ForwardedCall } from '../models/forwarded-call';
import { StreamRelay, type StreamRelayOptions } from './stream-relay';

const STREAM = { status: 200, headers: { 'content-type': 'text/event-stream' } };
const ROLE = 'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n';
const DELTA = 'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n';
const ERROR = 'data: {"error":{"message":"planted","code":null}}\n\n';
const MIB = 1024 * 1024;

/** As much of a response as a relay sees. */
class FakeResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  writableEnded = false;
  readonly socket = null;
  readonly written: Buffer[] = [];
  /** Whether its reader keeps up. */
  isKeptUp = true;

  writeHead(): void {
    this.headersSent = true;
  }
  flushHeaders(): void {}
  getHeader(): string {
    return 'request-1';
  }
  write(bytes: Buffer): boolean {
    this.written.push(bytes);
    return this.isKeptUp;
  }
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  get text(): string {
    return Buffer.concat(this.written).toString();
  }
}

/** A relay between a call and a response that do what the test does. */
function relayTo(options?: StreamRelayOptions) {
  const response = new FakeResponse();
  let sink!: ByteSink;
  const call = {
    flow: (given: ByteSink) => void (sink = given),
    pause: jest.fn(),
    resume: jest.fn(),
    stop: jest.fn(),
  };
  const done = new StreamRelay(
    call as unknown as ForwardedCall,
    response as unknown as ServerResponse,
    options,
  ).run(STREAM);
  done.catch(() => undefined);
  const say = (text: string): void => sink.onBytes(Buffer.from(text));
  return { response, call, sink, done, say };
}

describe('StreamRelay', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('gives every byte as it came, whatever the pieces', async () => {
    const text = fc.array(
      fc.constantFrom(ROLE, DELTA, ': ping\n\n', 'id: 1\r\ndata: {"type":"own"}\r\n\r\n'),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 100 }), fc.boolean(), async (events, size, isCut) => {
        const whole = DELTA + events.join('');
        const bytes = Buffer.from(isCut ? whole.trimEnd() : whole);
        const { response, sink, done } = relayTo();
        for (let at = 0; at < bytes.length; at += size) sink.onBytes(bytes.subarray(at, at + size));
        sink.onEnd();
        await done;
        expect(Buffer.concat(response.written).equals(bytes)).toBe(true);
        expect([response.writableEnded, response.destroyed]).toEqual([true, false]);
      }),
    );
  });

  describe('before the model has made anything', () => {
    it('holds its headers back, at most 10 s', () => {
      const { response, say } = relayTo();
      say(ROLE);
      jest.advanceTimersByTime(9999);
      expect(response.headersSent).toBe(false);
      jest.advanceTimersByTime(1);
      expect([response.headersSent, response.text]).toEqual([true, ROLE]);
    });

    it('sends them after 10 s also where nothing came', () => {
      const { response, say } = relayTo();
      jest.advanceTimersByTime(10_000);
      expect([response.headersSent, response.text]).toEqual([true, '']);
      say(DELTA);
      expect(response.text).toBe(DELTA);
    });

    it('holds no more than 1 MiB back', () => {
      const { response, say } = relayTo();
      const comment = `: ${'x'.repeat(1021)}\n\n`;
      for (let sent = 0; sent < MIB; sent += comment.length) say(comment);
      expect(response.headersSent).toBe(true);
    });

    it('fails with a status, and leaves no timer', async () => {
      const { response, call, done, say } = relayTo();
      say(ROLE + ERROR);
      await expect(done).rejects.toMatchObject({ code: 'upstream_error' });
      expect(call.stop).toHaveBeenCalledTimes(1);
      expect([response.headersSent, jest.getTimerCount()]).toEqual([false, 0]);
    });

    it('takes the end of a stream that said nothing for a failure', async () => {
      const { done, sink } = relayTo();
      sink.onEnd();
      await expect(done).rejects.toMatchObject({ code: 'upstream_invalid_response' });
    });

    it('gives what little was said where that is all', async () => {
      const { response, done, say, sink } = relayTo();
      say(ROLE);
      sink.onEnd();
      await done;
      expect([response.text, response.writableEnded]).toEqual([ROLE, true]);
    });
  });

  describe('where the provider sends an error in mid-stream', () => {
    const OURS = {
      error: {
        message: 'The model’s provider failed.',
        type: 'server_error',
        param: null,
        code: 'upstream_error',
      },
    };

    it('gives what came before, then one error event in our words, and ends', async () => {
      const { response, call, done, say } = relayTo();
      say(DELTA + DELTA + ERROR + DELTA);
      await done;
      expect(response.text).toBe(`${DELTA}${DELTA}data: ${JSON.stringify(OURS)}\n\n`);
      expect([response.destroyed, response.writableEnded]).toEqual([false, true]);
      expect(call.stop).toHaveBeenCalledWith(expect.objectContaining({ code: 'upstream_error' }), 'failed');
      const { text } = response;
      say(DELTA);
      expect(response.text).toBe(text);
    });

    it('says it in the object that the provider’s event has', async () => {
      const { response, done, say } = relayTo({ errorForm: 'responses' });
      say(
        `data: ${JSON.stringify({ type: 'response.output_text.delta', delta: 'a', sequence_number: 7 })}\n\n`,
      );
      say(
        `data: ${JSON.stringify({ type: 'error', error: { message: 'planted' }, sequence_number: 8 })}\n\n`,
      );
      await done;
      const data = /event: error\ndata: (.*)\n\n$/.exec(response.text)![1]!;
      expect(JSON.parse(data)).toEqual({ type: 'error', sequence_number: 8, ...OURS });
    });

    it.each<[string, object, object, number]>([
      ['the next number', { sequence_number: 7 }, {}, 8],
      ['the next number whatever the provider’s is', { sequence_number: 7 }, { sequence_number: 1 }, 8],
      ['the provider’s number where no other had one', {}, { sequence_number: 12 }, 12],
    ])('says it in an event of the Responses API with %s', async (_, before, own, expected) => {
      const { response, done, say } = relayTo({ errorForm: 'responses' });
      const text = { type: 'response.output_text.delta', delta: 'a', ...before };
      const error = { type: 'error', code: 'server_error', message: 'planted', param: null, ...own };
      say(`event: ${text.type}\ndata: ${JSON.stringify(text)}\n\n`);
      say(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
      await done;
      const [, sent] = response.text.split('\n\n');
      expect(sent).toMatch(/^event: error\ndata: /);
      expect(JSON.parse(sent!.slice(sent!.indexOf('{')))).toEqual({
        type: 'error',
        code: 'upstream_error',
        message: 'The model’s provider failed.',
        param: null,
        sequence_number: expected,
      });
    });

    it.each([
      'event: error\ndata: {"message":"planted"}\n\n',
      'data: {"type":"rate_limit_error","message":"planted"}\n\n',
      'data: {"detail":"planted"}\n\n',
      'data: {"code":402,"message":"planted"}\n\n',
    ])('takes %j for one, alone and among others', async (error) => {
      for (const pieces of [[DELTA, error], [DELTA + error], [DELTA + error + DELTA]]) {
        const { response, done, say } = relayTo();
        pieces.forEach((piece) => say(piece));
        await done;
        expect(response.text).toMatch(/"error"/);
        expect(response.text).not.toContain('planted');
      }
    });

    it('says it through the door’s own transformation', async () => {
      const transform = (events: Buffer): Buffer => Buffer.from(events.toString().toUpperCase());
      const { response, done, say } = relayTo({ transform });
      say(DELTA + ERROR);
      await done;
      expect(response.text).toBe((DELTA + `data: ${JSON.stringify(OURS)}\n\n`).toUpperCase());
    });
  });

  it('resets a stream whose connection breaks, once what came is with the system', async () => {
    const { response, done, say, sink } = relayTo();
    say(DELTA);
    sink.onBroken(new AppError('upstream_error', 'The model’s provider failed.'));
    expect([response.text, response.destroyed]).toEqual([DELTA, false]);
    await done;
    jest.runAllTimers();
    expect([response.destroyed, response.writableEnded]).toEqual([true, false]);
  });

  describe('an event of 3 MiB', () => {
    const PICTURE = JSON.stringify({
      type: 'response.completed',
      response: { id: 'resp_1', output: [{ id: 'ig_1', result: 'A'.repeat(3 * MIB) }] },
    });
    const LONG = `event: response.completed\ndata: ${PICTURE}\n\n`;
    const sayInPieces = (sink: ByteSink, text: string): void => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += 65_536) sink.onBytes(bytes.subarray(at, at + 65_536));
    };

    it.each([
      ['first', ''],
      ['after others', DELTA],
    ])('goes out whole and in parts as it comes, %s', async (_, before) => {
      const { response, sink, done } = relayTo();
      sayInPieces(sink, before + LONG + DELTA);
      sink.onEnd();
      await done;
      expect(response.text).toBe(before + LONG + DELTA);
      expect(response.written.length).toBeGreaterThan(40);
      expect(response.writableEnded).toBe(true);
    });

    it('waits with its last part for what has to be done before, and says what is in it', async () => {
      let open!: () => void;
      const beforeLastPart = jest.fn(() => new Promise<void>((resolve) => (open = resolve)));
      const { response, sink, done } = relayTo({ beforeLastPart });
      sayInPieces(sink, LONG + DELTA);
      expect(beforeLastPart).toHaveBeenCalledWith({
        type: 'response.completed',
        response: { id: 'resp_1', output: [{ id: 'ig_1' }] },
      });
      expect(response.text.endsWith('\n\n')).toBe(false);
      open();
      sink.onEnd();
      await done;
      expect(response.text).toBe(LONG + DELTA);
    });

    it('comes whole to a transformation that needs it so', async () => {
      const transform = jest.fn((events: Buffer) => events);
      const { response, sink, done } = relayTo({ transform, isReframed: true });
      sayInPieces(sink, LONG);
      sink.onEnd();
      await done;
      expect(transform).toHaveBeenCalledWith(Buffer.from(LONG));
      expect(response.text).toBe(LONG);
    });

    it('is reset where it turns out to be an error', async () => {
      const { response, sink, done } = relayTo();
      const error = JSON.stringify({ padding: 'x'.repeat(MIB), error: { message: 'planted' } });
      sayInPieces(sink, `${DELTA}data: ${error}\n\n`);
      await done;
      jest.runAllTimers();
      expect([response.destroyed, response.text.includes('planted')]).toEqual([true, false]);
    });
  });

  it.each(['"error"', '\\"error\\": {}', 'type error'])('takes no text for an error: %s', (text) => {
    const { response, call, say } = relayTo();
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;
    say(DELTA + event);
    expect(response.text).toBe(DELTA + event);
    expect(call.stop).not.toHaveBeenCalled();
  });

  it('reads no faster than its reader', () => {
    const { response, call, say } = relayTo();
    response.isKeptUp = false;
    say(DELTA);
    say(DELTA);
    expect([call.pause.mock.calls.length, call.resume.mock.calls.length]).toEqual([1, 0]);
    response.emit('drain');
    expect(call.resume).toHaveBeenCalledTimes(1);
  });

  describe('with something to be done before', () => {
    /** Done when the test says so. */
    const gated = () => {
      const asked: string[] = [];
      const gates: { open(): void; fail(error: Error): void }[] = [];
      const before = (events: Buffer): Promise<void> | undefined => {
        asked.push(events.toString());
        return new Promise((open, fail) => gates.push({ open, fail }));
      };
      return { asked, gates, before };
    };
    const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

    it('says nothing until it is done, and then all in order', async () => {
      const { asked, gates, before } = gated();
      const { response, done, say, sink } = relayTo({ before });
      say(ROLE + DELTA);
      say(DELTA);
      expect([asked, response.headersSent]).toEqual([[ROLE + DELTA], false]);
      gates[0]!.open();
      await turn();
      expect([asked, response.text]).toEqual([[ROLE + DELTA, DELTA], ROLE + DELTA]);
      sink.onEnd();
      expect(response.writableEnded).toBe(false);
      gates[1]!.open();
      await done;
      expect([response.text, response.writableEnded]).toEqual([ROLE + DELTA + DELTA, true]);
    });

    it('fails with a status where it cannot be done', async () => {
      const { gates, before } = gated();
      const { response, call, done, say } = relayTo({ before });
      say(DELTA);
      gates[0]!.fail(new AppError('database_unavailable', 'The database cannot be reached.'));
      await expect(done).rejects.toMatchObject({ code: 'database_unavailable' });
      expect(call.stop).toHaveBeenCalledTimes(1);
      expect(response.headersSent).toBe(false);
    });

    it('says nothing where the stream broke meanwhile', async () => {
      const { gates, before } = gated();
      const { response, done, say, sink } = relayTo({ before });
      say(DELTA);
      sink.onBroken(new AppError('client_left', 'The client has left.'));
      await expect(done).rejects.toMatchObject({ code: 'client_left' });
      gates[0]!.open();
      await turn();
      expect([response.headersSent, response.text]).toEqual([false, '']);
    });
  });

  it('takes nothing that is no stream', () => {
    const call = { stop: jest.fn() } as unknown as ForwardedCall;
    const relay = new StreamRelay(call, new FakeResponse() as unknown as ServerResponse);
    expect(() => relay.run({ status: 200, headers: { 'content-type': 'application/json' } })).toThrow();
    expect(call.stop).toHaveBeenCalledTimes(1);
  });
});
