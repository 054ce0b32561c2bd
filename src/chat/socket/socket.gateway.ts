import type { IncomingMessage } from 'node:http';
import type { OnModuleDestroy } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayInit,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Request, Response } from 'express';
import type { Server, WebSocket } from 'ws';
import type { Opener } from '../../auth/connection-auth';
import { TOKEN_SUBPROTOCOL } from '../../auth/session-credentials';
import { AppError } from '../../common/app-error';
import { Lifecycle } from '../../common/lifecycle';
import { requestContext } from '../../common/request-context';
import { requestIdOf } from '../../common/request-id.middleware';
import { PromptsService, shuttingDown } from './prompts.service';
import { SocketConnection } from './socket-connection';
import { SOCKET_PATH } from './socket.adapter';

const LONGEST_MESSAGE_BYTES = 256 * 1024;
const PING_INTERVAL_MS = 30_000;
/** For a client to answer our close; then it is cut off. */
const CLOSE_TIMEOUT_MS = 5000;

/** The open sockets. */
@WebSocketGateway({
  path: SOCKET_PATH,
  maxPayload: LONGEST_MESSAGE_BYTES,
  closeTimeout: CLOSE_TIMEOUT_MS,
  autoPong: false,
  handleProtocols: (offered: Set<string>) => offered.has(TOKEN_SUBPROTOCOL) && TOKEN_SUBPROTOCOL,
})
export class SocketGateway implements OnGatewayInit<Server>, OnGatewayConnection<WebSocket>, OnModuleDestroy {
  @WebSocketServer()
  private readonly server!: Server;
  private readonly connections = new Set<SocketConnection>();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly prompts: PromptsService,
    private readonly lifecycle: Lifecycle,
  ) {}

  afterInit(server: Server): void {
    server.on('headers', (headers: string[], { res }: Request) => {
      headers.push(`X-Request-Id: ${requestIdOf(res!)}`);
    });
    server.on('wsClientError', ({ message }: Error) => {
      throw new AppError('validation_failed', message, { details: [{ path: [], message }] });
    });
    this.heartbeat = setInterval(() => {
      for (const connection of this.connections) connection.beat();
    }, PING_INTERVAL_MS).unref();
  }

  /**
   * Completes the handshake of a socket, whose requests are answered from here on.
   * @throws AppError validation_failed where it is none of RFC 6455, shutting_down; the response is then still to be sent
   */
  accept(request: Request, response: Response, opener: Opener): WebSocket {
    if (this.lifecycle.isShuttingDown) throw shuttingDown();
    const { socket } = request;
    response.detachSocket(socket);
    let opened: WebSocket | undefined;
    try {
      this.server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => (opened = webSocket));
    } catch (error) {
      response.assignSocket(socket);
      response.setHeader('Sec-WebSocket-Version', '13');
      throw error;
    }
    if (opened === undefined) throw new AppError('client_left', 'The client has left.', { status: 499 });
    this.server.emit('connection', opened, request, opener, requestIdOf(response));
    return opened;
  }

  handleConnection(socket: WebSocket, _request: IncomingMessage, opener: Opener, requestId: string): void {
    requestContext.run({ requestId }, () => {
      const answer = (message: string, signal: AbortSignal) => this.prompts.answer(message, opener, signal);
      const connection = new SocketConnection(socket, answer, requestId);
      this.connections.add(connection);
      socket.once('close', () => this.connections.delete(connection));
    });
  }

  /** No new requests: closes what is idle now, and the rest when it has its answer. */
  goAway(): void {
    for (const connection of this.connections) connection.goAway();
  }

  onModuleDestroy(): void {
    clearInterval(this.heartbeat);
  }
}
