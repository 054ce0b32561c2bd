import type { ByteSink } from '../../models/call-attempt';
import { clientLeft, type ForwardedCall } from '../../models/forwarded-call';
import { DeltaStream } from './delta-stream';

const HEAD = { status: 200, headers: { 'content-type': 'text/event-stream' } };
const event = (choice: object): Buffer => Buffer.from(`data: ${JSON.stringify({ choices: [choice] })}\n\n`);
const deltas = (...texts: string[]): Buffer =>
  Buffer.concat(texts.map((content) => event({ delta: { content } })));
const LAST = event({ delta: {}, finish_reason: 'stop' });

/** A call whose provider's side the test plays. */
class FakeCall {
  readonly model = 'gpt-4o-mini';
  sink!: ByteSink;
  isPaused = false;
  flow = (sink: ByteSink): void => void (this.sink = sink);
  pause = (): void => void (this.isPaused = true);
  resume = (): void => void (this.isPaused = false);
  stop = (): void => undefined;
}

describe('DeltaStream', () => {
  let call: FakeCall;
  let stream: AsyncGenerator<string>;
  beforeEach(() => {
    call = new FakeCall();
    stream = new DeltaStream(call as unknown as ForwardedCall).read(HEAD);
  });

  const read = async (count: number): Promise<string[]> => {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await stream.next()).value as string);
    return texts;
  };

  it('gives deltas as they come, whether or not someone waits', async () => {
    const first = read(1);
    call.sink.onBytes(deltas('a'));
    expect(await first).toEqual(['a']);
    call.sink.onBytes(deltas('b', 'c'));
    call.sink.onBytes(LAST);
    call.sink.onEnd();
    expect(await read(2)).toEqual(['b', 'c']);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('pauses the call while 64 deltas wait', async () => {
    const first = read(1);
    call.sink.onBytes(deltas('a'));
    await first;
    for (let sent = 0; sent < 63; sent++) call.sink.onBytes(deltas('b'));
    expect(call.isPaused).toBe(false);
    call.sink.onBytes(deltas('b'));
    expect(call.isPaused).toBe(true);
    await read(64);
    const next = read(1);
    await new Promise(setImmediate);
    expect(call.isPaused).toBe(false);
    call.sink.onBytes(deltas('c'));
    expect(await next).toEqual(['c']);
  });

  it('gives what came before a break, then throws it', async () => {
    const first = read(2);
    call.sink.onBytes(deltas('a', 'b'));
    call.sink.onBroken(clientLeft());
    expect(await first).toEqual(['a', 'b']);
    await expect(stream.next()).rejects.toMatchObject({ code: 'client_left' });
  });
});
