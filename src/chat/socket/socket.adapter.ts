import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WsAdapter } from '@nestjs/platform-ws';

/** Where sockets are opened. */
export const SOCKET_PATH = '/ws';

const handshakes = new WeakSet<IncomingMessage>();

/** Whether a socket can be opened in answer: headers alone do not say that the connection was given over. */
export const isHandshake = (request: IncomingMessage): boolean => handshakes.has(request);

/**
 * Nest's adapter for `ws`, but for how a socket is opened: its handshake goes through the app like any request, so that
 * a refusal is one of the app's answers, and `SocketController` completes it.
 */
export class SocketAdapter extends WsAdapter {
  /** Our messages are not Nest's `{event, data}`: the gateway reads them itself. */
  override bindMessageHandlers(): void {}

  /** What a client does wrong is no fault of the server's: the gateway sees to it. */
  override bindErrorHandler<T>(server: T): T {
    return server;
  }

  protected override ensureHttpServerExists(port: number, server?: Server): Server | undefined {
    if (server === undefined || this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, server);
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      dropSlash(request);
      if (asksForSocket(request)) serveHandshake(server, request, socket, head);
      else serveWithoutUpgrade(server, request, socket, head);
    });
    return server;
  }
}

/** `/ws/` is `/ws`, as every route of Express is the same with a slash at its end. */
function dropSlash(request: IncomingMessage): void {
  if (request.url?.split('?')[0] === `${SOCKET_PATH}/`)
    request.url = request.url.replace(`${SOCKET_PATH}/`, SOCKET_PATH);
}

function asksForSocket({ method, url, headers }: IncomingMessage): boolean {
  const [path] = (url ?? '').split('?');
  return method === 'GET' && path === SOCKET_PATH && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Node leaves a request that asks for an upgrade without a response of its own, and its socket to whoever listens. */
function serveHandshake(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  handshakes.add(request);
  socket.on('error', () => undefined);
  if (head.length > 0) socket.unshift(head);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  server.emit('request', request, response);
}

/**
 * An upgrade that we don't know is to be ignored (RFC 9110, 7.8), and Java's client asks for h2c with every first
 * request. Node takes them all for upgrades as soon as anyone listens for one: the request is put back without it.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() !== 'upgrade') lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
