import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Ask } from './requests';

/** A request as bytes, for clients that behave unlike any HTTP library. */
export function requestBytes({ method, path, body, headers = {} }: Ask, token?: string): Buffer {
  const isAsItIs = typeof body === 'string' || Buffer.isBuffer(body);
  const content =
    body === undefined ? Buffer.alloc(0) : Buffer.from(isAsItIs ? (body as string) : JSON.stringify(body));
  const lines = Object.entries({
    host: 'localhost',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(content.length) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), content]);
}

/** The same request with a second `Host`; it must not matter which one a server believes. */
export function withSecondHost(bytes: Buffer, host = 'evil.example'): Buffer {
  const endOfLine = bytes.indexOf('\r\n') + 2;
  return Buffer.concat([
    bytes.subarray(0, endOfLine),
    Buffer.from(`Host: ${host}\r\n`),
    bytes.subarray(endOfLine),
  ]);
}

/**
 * A client that sends and never reads: the system's buffers fill, then the server's. The caller must destroy the
 * socket.
 */
export async function neverReading(url: string, bytes: Buffer): Promise<Socket> {
  const socket = begin(url);
  // Must precede the connection: Node begins to read when it connects.
  socket.pause();
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** A client that has sent its head and half of its body, then waits. */
export async function halfSent(url: string, bytes: Buffer): Promise<{ socket: Socket; finish(): void }> {
  const bodyAt = bytes.indexOf('\r\n\r\n') + 4;
  const middle = bodyAt + Math.floor((bytes.length - bodyAt) / 2);
  const socket = await dial(url);
  socket.write(bytes.subarray(0, middle));
  return { socket, finish: () => void socket.write(bytes.subarray(middle)) };
}

/**
 * A client that leaves as soon as enough of the answer has arrived.
 * @param enough bytes, including head and chunk sizes; or a text to wait for
 * @returns the received bytes, and the time (`Date.now()`) when the client left
 */
export async function leavingAfter(
  url: string,
  bytes: Buffer,
  enough: number | string,
): Promise<{ received: string; leftAt: number }> {
  const socket = await dial(url);
  socket.setTimeout(10_000, () => socket.destroy(new Error('Not enough of the answer came in time.')));
  socket.write(bytes);
  let received = '';
  for await (const chunk of socket) {
    received += (chunk as Buffer).toString('latin1');
    if (typeof enough === 'number' ? received.length >= enough : received.includes(enough)) break;
  }
  socket.resetAndDestroy();
  return { received, leftAt: Date.now() };
}

async function dial(url: string): Promise<Socket> {
  const socket = begin(url);
  await once(socket, 'connect');
  return socket;
}

function begin(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  // A server may drop such a client; the tests check the server.
  socket.on('error', () => undefined);
  return socket;
}
