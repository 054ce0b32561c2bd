import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { APIConnectionError } from 'openai';
import type { Pool } from 'undici';
import { providerPool } from './provider-pool';
import { UpstreamIdleError, UpstreamReplyError } from './upstream-errors';
import { type ExchangeListener, UpstreamExchange, type UpstreamHead } from './upstream-exchange';

const REQUEST = { method: 'POST', path: '/v1/x', body: Buffer.from('{}') } as const;

/** Notes what it is told, as text. */
class Listener implements ExchangeListener {
  readonly told: string[] = [];
  failure: Error | undefined;
  /** Done at each piece of the answer. */
  constructor(private readonly atBytes: () => void = () => undefined) {}
  onHead({ status }: UpstreamHead): void {
    this.told.push(`head ${status}`);
  }
  onBytes(chunk: Buffer): void {
    this.told.push(chunk.toString());
    this.atBytes();
  }
  onEnd(): void {
    this.told.push('end');
  }
  onFailure(error: Error): void {
    this.failure = error;
    this.told.push('failure');
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Until whatever is on its way on loopback has come. */
async function untilQuiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('UpstreamExchange', () => {
  let server: Server;
  let pool: Pool;
  /** Of each request the connection it came on. */
  let requests: Socket[];

  beforeEach(async () => {
    requests = [];
    server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => requests.push(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    pool = providerPool(`http://127.0.0.1:${port}`, { connections: null });
  });
  afterEach(async () => {
    await pool.destroy();
    server.close();
  });

  /** The connection that the next request comes on. */
  const nextRequest = async (): Promise<Socket> => {
    const { length } = requests;
    await until(() => requests.length > length);
    return requests[length]!;
  };
  const send = (listener: Listener, timeoutMs = 10_000): UpstreamExchange =>
    new UpstreamExchange(pool, { ...REQUEST, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }, listener);
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

  it('tells the head, the bytes and the end', async () => {
    const listener = new Listener();
    send(listener);
    (await nextRequest()).write(`HTTP/1.1 103 Early Hints\r\n\r\n${CHUNKED}\r\n${chunk('hello')}0\r\n\r\n`);
    await until(() => listener.told.length === 3);
    expect(listener.told).toEqual(['head 200', 'hello', 'end']);
  });

  it.each([
    ['cut', (socket: Socket) => socket.end()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('tells of an answer that is %s', async (_, end) => {
    const listener = new Listener();
    send(listener);
    const socket = await nextRequest();
    socket.write(`${CHUNKED}\r\n${chunk('hello')}`);
    await until(() => listener.told.includes('hello'));
    end(socket);
    await until(() => listener.failure !== undefined);
    expect(listener.failure).toBeInstanceOf(UpstreamReplyError);
  });

  it('unpacks an answer whose connection ends while the decoder is full', async () => {
    const whole = randomBytes(60_000);
    for (let round = 0; round < 5; round++) {
      const listener = new Listener();
      let unpacked = 0;
      listener.onBytes = ({ length }) => void (unpacked += length);
      send(listener);
      const socket = await nextRequest();
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n');
      socket.end(gzipSync(whole));
      await until(() => listener.told.includes('end') || listener.failure !== undefined);
      expect([listener.failure, unpacked]).toEqual([undefined, whole.length]);
    }
  });

  it('lets go of a connection on which bytes follow the end of the compressed ones', async () => {
    const listener = new Listener();
    send(listener);
    const socket = await nextRequest();
    socket.write(`${CHUNKED}Content-Encoding: gzip\r\n\r\n`);
    const packed = gzipSync('hello');
    const closed = once(socket, 'close');
    socket.write(
      Buffer.concat([Buffer.from(`${packed.length.toString(16)}\r\n`), packed, Buffer.from('\r\n')]),
    );
    socket.write(chunk('\0'.repeat(1000)));
    await until(() => listener.told.includes('end') || listener.failure !== undefined);
    await closed;
    expect(listener.told).toEqual(expect.arrayContaining(['head 200', 'hello']));
  });

  it('takes a reset for no end where only the connection’s end would tell it', async () => {
    const listener = new Listener();
    send(listener);
    const socket = await nextRequest();
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello');
    await until(() => listener.told.includes('hello'));
    socket.resetAndDestroy();
    await until(() => listener.failure !== undefined);
    expect(listener.told).toEqual(['head 200', 'hello', 'failure']);
  });

  it('tells of a connection that breaks before an answer, and of none at all', async () => {
    const listener = new Listener();
    send(listener);
    (await nextRequest()).resetAndDestroy();
    await until(() => listener.failure !== undefined);
    expect(listener.failure).toBeInstanceOf(APIConnectionError);

    const refused = new Listener();
    server.close();
    send(refused);
    await until(() => refused.failure !== undefined);
    expect(refused.failure).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it.each([
    ['before its head', ''],
    ['in its middle', `${CHUNKED}\r\n${chunk('hello')}`],
  ])('tells of an answer that hangs %s', async (_, begun) => {
    const listener = new Listener();
    send(listener, 100);
    (await nextRequest()).write(begun);
    await until(() => listener.failure !== undefined);
    expect(listener.failure).toBeInstanceOf(UpstreamIdleError);
  });

  describe('aborted', () => {
    it('before it is connected sends nothing', async () => {
      const listener = new Listener();
      send(listener).abort();
      const other = new Listener();
      send(other);
      (await nextRequest()).write(`${CHUNKED}\r\n0\r\n\r\n`);
      await until(() => other.told.includes('end'));
      expect(listener.told).toEqual([]);
    });

    it('closes the connection, and tells nothing more', async () => {
      const listener = new Listener();
      const exchange = send(listener);
      const socket = await nextRequest();
      socket.write(`${CHUNKED}\r\n${chunk('hello')}`);
      await until(() => listener.told.includes('hello'));
      exchange.abort();
      await once(socket, 'close');
      expect(listener.told).toEqual(['head 200', 'hello']);
    });

    it('over a piece of the answer tells none of the next', async () => {
      const listener = new Listener(() => exchange.abort());
      const exchange: UpstreamExchange = send(listener);
      const socket = await nextRequest();
      socket.write(`${CHUNKED}\r\n${chunk('first')}${chunk('second')}0\r\n\r\n`);
      await once(socket, 'close');
      expect(listener.told).toEqual(['head 200', 'first']);
    });
  });

  describe('paused', () => {
    /** An exchange that pauses itself at the first bytes. */
    const pausing = (): { exchange: UpstreamExchange; listener: Listener } => {
      const listener = new Listener(() => exchange.pause());
      const exchange: UpstreamExchange = send(listener);
      return { exchange, listener };
    };

    it('holds the rest back until it goes on', async () => {
      const { exchange, listener } = pausing();
      const socket = await nextRequest();
      socket.write(`${CHUNKED}\r\n${chunk('first')}`);
      await until(() => listener.told.includes('first'));
      await new Promise<void>((resolve) => socket.write(`${chunk('second')}0\r\n\r\n`, () => resolve()));
      await untilQuiet();
      expect(listener.told).toEqual(['head 200', 'first']);
      while (listener.told.at(-1) !== 'end') {
        exchange.resume();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(listener.told).toEqual(['head 200', 'first', 'second', 'end']);
    });

    it('does not give up on a provider that waits for it, and does on one that then hangs', async () => {
      const listener = new Listener(() => exchange.pause());
      const exchange: UpstreamExchange = send(listener, 100);
      const socket = await nextRequest();
      socket.write(`${CHUNKED}\r\n${chunk('first')}`);
      await until(() => listener.told.includes('first'));
      await until(pastMs(400));
      expect(listener.failure).toBeUndefined();
      exchange.resume();
      await until(() => listener.failure !== undefined);
      expect(listener.failure).toBeInstanceOf(UpstreamIdleError);
    });

    it.each<[string, string, (socket: Socket) => unknown, string[]]>([
      ['ends an answer that only it ends', '\r\nfirst', (socket) => socket.end(), ['end']],
      [
        'is reset where it would end the answer',
        '\r\nfirst',
        (socket) => socket.resetAndDestroy(),
        ['failure'],
      ],
      [
        'ends before the last chunk',
        `Transfer-Encoding: chunked\r\n\r\n${chunk('first')}`,
        (socket) => socket.end(),
        ['failure'],
      ],
      [
        'is reset before the last chunk',
        `Transfer-Encoding: chunked\r\n\r\n${chunk('first')}`,
        (socket) => socket.resetAndDestroy(),
        ['failure'],
      ],
      [
        'ends before the length it said',
        'Content-Length: 99\r\n\r\nfirst',
        (socket) => socket.end(),
        ['failure'],
      ],
    ])('survives a connection that %s', async (_, answer, end, told) => {
      const { exchange, listener } = pausing();
      const socket = await nextRequest();
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n${answer}`);
      await until(() => listener.told.includes('first'));
      end(socket);
      await untilQuiet();
      exchange.resume();
      await until(() => listener.told.length > 2);
      expect(listener.told).toEqual(['head 200', 'first', ...told]);
    });

    it('once it is over, leaves the connection’s next exchange alone', async () => {
      const first = new Listener();
      const over = send(first);
      const socket = await nextRequest();
      socket.write(`${CHUNKED}\r\n${chunk('first')}0\r\n\r\n`);
      await until(() => first.told.includes('end'));
      over.pause();
      await untilQuiet();

      const { listener } = pausing();
      expect(await nextRequest()).toBe(socket);
      socket.write(`${CHUNKED}\r\n${chunk('second')}`);
      await until(() => listener.told.includes('second'));
      await new Promise<void>((resolve) => socket.write(chunk('third'), () => resolve()));
      over.resume();
      await untilQuiet();
      expect(listener.told).toEqual(['head 200', 'second']);
    });
  });
});

/** Whether so much time has passed since this was called. */
function pastMs(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() > end;
}
