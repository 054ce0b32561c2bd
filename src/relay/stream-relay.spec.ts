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

  it('gives what came before an error, then resets once that is with the system', async () => {
    const { response, call, done, say } = relayTo();
    say(DELTA + DELTA + ERROR + DELTA);
    expect([response.text, response.destroyed]).toEqual([DELTA + DELTA, false]);
    await done;
    jest.runAllTimers();
    expect([response.destroyed, response.writableEnded]).toEqual([true, false]);
    expect(call.stop).toHaveBeenCalledWith(expect.objectContaining({ code: 'upstream_error' }), 'failed');
    say(DELTA);
    expect(response.text).toBe(DELTA + DELTA);
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
