import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface BufferingProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** A proxy as often set up: it forwards an answer only when it has received all of it. */
export async function startBufferingProxy(target: string): Promise<BufferingProxy> {
  const server = createServer((req, res) => {
    const onward = request(target + req.url, { method: req.method, headers: req.headers }, (answer) => {
      void buffer(answer).then((body) => res.writeHead(answer.statusCode!, answer.headers).end(body));
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
