import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A proxy before a loopback server that delays the server's bytes by a fixed time and keeps their order. */
export class SlowProxy {
  delayMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(targetPort: number): Promise<SlowProxy> {
    const server = createServer((socket) => proxy.pass(socket, connect(targetPort, '127.0.0.1')));
    const proxy = new SlowProxy(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pass(client: Socket, target: Socket): void {
    client.pipe(target);
    let last = Promise.resolve();
    target.on('data', (bytes: Buffer) => {
      const dueAtMs = performance.now() + this.delayMs;
      last = last
        .then(() => wait(Math.max(0, dueAtMs - performance.now())))
        .then(() => void (client.writable && client.write(bytes)));
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
