import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { SSE_HEADERS, SseWriter } from './sse-writer';

const BIG_BLOCK = { delta: 'x'.repeat(65_536) };
/** More than the sockets of both ends hold. */
const BIG_BLOCKS = 400;

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await nextTurn();
  }
}

/** Until the sockets of both ends hold all they can. */
async function untilUnchanged(value: () => number): Promise<void> {
  let [before, turns] = [value(), 0];
  await until(() => {
    turns = value() === before ? turns + 1 : 0;
    before = value();
    return turns > 200;
  });
}

describe('SseWriter', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => jest.useRealTimers());

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  /** Both ends of one stream. */
  const connect = async (connection = 'keep-alive') => {
    const { port } = server.address() as AddressInfo;
    const request = get({ port, agent: false, headers: { connection } });
    const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    const writer = new SseWriter(response);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    return {
      writer,
      response,
      request,
      answer: async () => (await answered)[0],
      body: async () => text((await answered)[0]),
    };
  };

  const fakeTimers = () =>
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance', 'Date'],
    });

  it('writes each value as one data line and a blank line that parse back, whatever the text', async () => {
    const delta = fc
      .array(
        fc.oneof(fc.constantFrom('\n', '\r\n', '\n\ndata: ', '\u2028', '\0', '\ud800', '😀'), fc.string()),
      )
      .map((parts) => ({ delta: parts.join('') }));
    await fc.assert(
      fc.asyncProperty(fc.array(delta), async (values) => {
        const { writer, body } = await connect();
        writer.open();
        for (const value of values) expect(await writer.send(value)).toBe(true);
        writer.done();
        const blocks = (await body()).split('\n\n');
        expect(blocks.splice(-2)).toEqual(['data: [DONE]', '']);
        for (const block of blocks) expect(block).toMatch(/^data: [^\r\n]*$/);
        expect(blocks.map((block) => JSON.parse(block.slice('data: '.length)))).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  it('sends the headers of the contract at once', async () => {
    const { writer, answer } = await connect();
    writer.open();
    const { statusCode, headers } = await answer();
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(Object.keys(SSE_HEADERS)).toHaveLength(3);
    writer.end();
  });

  it('closes the connection of a client that asked for it', async () => {
    const { writer, answer, body } = await connect('close');
    writer.open();
    writer.done();
    expect((await answer()).headers.connection).toBe('close');
    expect(await body()).toBe('data: [DONE]\n\n');
  });

  it('ends without [DONE] where the stream did not come to its end', async () => {
    const { writer, body } = await connect();
    writer.open();
    await writer.send({ error: 'No.' });
    writer.end();
    writer.end();
    expect(await body()).toBe('data: {"error":"No."}\n\n');
    expect(writer.isOpen).toBe(false);
    expect(await writer.send({ delta: 'late' })).toBe(false);
  });

  it('waits for a slow reader, who gets everything in order', async () => {
    const { writer, response, answer } = await connect();
    writer.open();
    const reader = (await answer()).pause();
    let sent = 0;
    const sending = (async () => {
      for (; sent < BIG_BLOCKS; sent++) await writer.send({ number: sent, ...BIG_BLOCK });
      writer.done();
    })();
    await until(() => response.writableNeedDrain);
    expect(sent).toBeLessThan(BIG_BLOCKS);
    expect(response.writableLength).toBeLessThan(2 * 65_636);
    const blocks = (await text(reader)).split('\n\n').slice(0, -2);
    await sending;
    expect(blocks.map((block) => JSON.parse(block.slice(6)).number)).toEqual([...Array(BIG_BLOCKS).keys()]);
  });

  it('tells a sender that the reader has left, also one who waits for it', async () => {
    const { writer, response, request, answer } = await connect();
    writer.open();
    (await answer()).pause();
    const sending = (async () => {
      while (await writer.send(BIG_BLOCK));
    })();
    await until(() => response.writableNeedDrain);
    request.destroy();
    await sending;
    expect(writer.isOpen).toBe(false);
  });

  it('drops a reader who has taken nothing for 30 s', async () => {
    fakeTimers();
    const { writer, response, answer } = await connect();
    writer.open();
    (await answer()).pause();
    let sent = 0;
    const sending = (async () => {
      while (await writer.send(BIG_BLOCK)) sent++;
    })();
    await untilUnchanged(() => sent);
    jest.advanceTimersByTime(29_999);
    expect(response.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    await sending;
    expect(response.destroyed).toBe(true);
  });

  it('sends a comment every 15 s, and no more once the stream is over', async () => {
    fakeTimers();
    const { writer, body } = await connect();
    writer.open();
    jest.advanceTimersByTime(14_999);
    await writer.send({ delta: 'a' });
    jest.advanceTimersByTime(1);
    await writer.send({ delta: 'b' });
    jest.advanceTimersByTime(15_000);
    writer.done();
    expect(await body()).toBe(
      'data: {"delta":"a"}\n\n: ping\n\ndata: {"delta":"b"}\n\n: ping\n\ndata: [DONE]\n\n',
    );
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind when the reader leaves', async () => {
    fakeTimers();
    const { writer, request, response, answer } = await connect();
    writer.open();
    await answer();
    expect(jest.getTimerCount()).toBe(1);
    request.destroy();
    await until(() => response.destroyed && jest.getTimerCount() === 0);
  });
});
