import { once } from 'node:events';
import {
  createServer,
  request as send,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { AppError } from './app-error';
import { BodyMemory } from './body-memory';
import { BodyReader } from './body-reader';

const KIB = 1024;
const LIMIT = { maxBytes: 64 * KIB, variable: 'THE_LIMIT' };

interface Reading {
  request: IncomingMessage;
  response: ServerResponse;
  bytes?: Buffer;
  error?: AppError;
}

describe('BodyReader', () => {
  let server: Server;
  let memory: BodyMemory;
  let readings: Reading[];
  const clients: ClientRequest[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const reading: Reading = { request, response };
      readings.push(reading);
      new BodyReader(request, response, { limit: LIMIT, memory }, (error, bytes) =>
        Object.assign(reading, error === undefined ? { bytes } : { error }),
      ).read();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    memory = new BodyMemory(100 * KIB);
    readings = [];
  });
  afterEach(() => clients.splice(0).forEach((client) => client.destroy()));
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Begins a request whose body the test sends. */
  const begin = (headers: Record<string, string | number> = {}): ClientRequest => {
    const { port } = server.address() as AddressInfo;
    const client = send({ port, method: 'POST', headers }).on('error', () => undefined);
    clients.push(client);
    client.flushHeaders();
    return client;
  };
  const finished = async (index: number): Promise<Reading> => {
    await until(() => readings[index]?.bytes !== undefined || readings[index]?.error !== undefined);
    return readings[index]!;
  };

  it.each<[string, Buffer, Record<string, string>]>([
    ['as it is', Buffer.alloc(LIMIT.maxBytes, 'a'), {}],
    ['in chunks', Buffer.alloc(LIMIT.maxBytes, 'a'), { 'transfer-encoding': 'chunked' }],
    ['in gzip', gzipSync(Buffer.alloc(LIMIT.maxBytes, 'a')), { 'content-encoding': 'gzip' }],
  ])('counts a body %s with its own bytes until its answer is out', async (_, sent, headers) => {
    begin(headers).end(sent);
    const { bytes, response } = await finished(0);
    expect([bytes!.length, memory.bytes]).toEqual([LIMIT.maxBytes, LIMIT.maxBytes]);
    response.end();
    await until(() => memory.bytes === 0);
  });

  it('counts a body no more once it was let go of, and gives it back once', async () => {
    begin().end('12345');
    const { request, response } = await finished(0);
    request.releaseBody!();
    expect(memory.bytes).toBe(0);
    response.end();
    await once(response, 'close');
    expect(memory.bytes).toBe(0);
  });

  it('counts what has arrived of a body, and nothing that was only announced', async () => {
    const client = begin({ 'content-length': LIMIT.maxBytes });
    await until(() => readings.length === 1);
    expect(memory.bytes).toBe(0);
    client.write(Buffer.alloc(5 * KIB));
    await until(() => memory.bytes === 5 * KIB);
    client.destroy();
    expect((await finished(0)).error).toMatchObject({ code: 'invalid_json' });
    expect(memory.bytes).toBe(0);
  });

  it('refuses a body that has no room beside the others at once, and says when to come again', async () => {
    begin().end(Buffer.alloc(60 * KIB));
    await finished(0);
    begin({ 'content-length': 50 * KIB });
    const { error } = await finished(1);
    expect(error).toMatchObject({ code: 'server_busy', status: 503, retryAfterSeconds: 2 });
    expect(memory.bytes).toBe(60 * KIB);
    readings[0]!.response.end();
    await until(() => memory.bytes === 0);
    begin().end(Buffer.alloc(50 * KIB));
    expect((await finished(2)).bytes).toHaveLength(50 * KIB);
  });

  it('refuses a body without a length when there is no room for more of it, and keeps none of it', async () => {
    begin().end(Buffer.alloc(60 * KIB));
    await finished(0);
    begin({ 'transfer-encoding': 'chunked' }).end(Buffer.alloc(50 * KIB));
    expect((await finished(1)).error).toMatchObject({ code: 'server_busy' });
    expect(memory.bytes).toBe(60 * KIB);
  });

  it('refuses a declared length over the limit before any of it has come', async () => {
    begin({ 'content-length': LIMIT.maxBytes + 1 });
    expect((await finished(0)).error).toMatchObject({ code: 'body_too_large' });
  });

  it.each<[string, Buffer, Record<string, string>]>([
    ['in chunks', Buffer.alloc(2 * LIMIT.maxBytes), { 'transfer-encoding': 'chunked' }],
    ['in gzip', gzipSync(Buffer.alloc(1000 * LIMIT.maxBytes)), { 'content-encoding': 'gzip' }],
  ])('refuses a body that grows over the limit %s, and keeps none of it', async (_, sent, headers) => {
    const client = begin(headers);
    client.write(sent);
    await until(() => readings.length === 1 && memory.bytes === 0);
    client.end();
    expect((await finished(0)).error).toMatchObject({ code: 'body_too_large' });
    expect(memory.bytes).toBe(0);
  });

  it.each([1, 2, 3])(
    'has the memory of all bodies back when clients leave, however far they came (%d)',
    async (part) => {
      for (let index = 0; index < 3; index++)
        begin({ 'content-length': 9 * KIB }).write(Buffer.alloc(part * KIB));
      await until(() => memory.bytes === 3 * part * KIB);
      for (const client of clients) client.destroy();
      await until(() => memory.bytes === 0);
    },
  );

  it('calls back at once when the client left before anybody read', async () => {
    const left: Reading[] = [];
    const leaving = createServer((request, response) => {
      request.on('error', () => undefined);
      request.once('close', () => {
        const reading: Reading = { request, response };
        new BodyReader(request, response, { limit: LIMIT, memory }, (error, bytes) =>
          left.push(Object.assign(reading, error === undefined ? { bytes } : { error })),
        ).read();
      });
    }).listen(0, '127.0.0.1');
    await once(leaving, 'listening');
    const { port } = leaving.address() as AddressInfo;
    const client = send({ port, method: 'POST', headers: { 'content-length': 100 } });
    client.on('error', () => undefined).write('a part of it');
    await once(leaving, 'request');
    client.destroy();
    await until(() => left.length === 1);
    expect(left[0]!.error).toMatchObject({ code: 'invalid_json' });
    expect(memory.bytes).toBe(0);
    leaving.close();
  });

  it('puts a body together that comes a byte a chunk', async () => {
    const client = begin({ 'transfer-encoding': 'chunked' });
    const sent = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
    for (const byte of sent) client.write(Buffer.of(byte));
    client.end();
    const { bytes } = await finished(0);
    expect(bytes!.equals(sent)).toBe(true);
    expect(memory.bytes).toBe(sent.length);
  });
});
