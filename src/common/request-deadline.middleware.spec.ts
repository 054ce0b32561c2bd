import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import express, { type Request, type Response } from 'express';
import { liftDeadline, requestDeadline } from './request-deadline.middleware';

const DEADLINE_MS = 100;

describe('requestDeadline', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    const app = express();
    app.use(requestDeadline(DEADLINE_MS));
    app.post('/lifted', (request) => liftDeadline(request));
    app.use((request: Request, response: Response) => {
      request.resume().once('end', () => response.end('whole'));
      if (request.path === '/begun') response.write('begun');
    });
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (bytes: string) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.write(bytes);
    return socket;
  };
  const half = (path: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`;

  it('ends a request of which half has come', async () => {
    const answer = await text(send(half('/')));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('ends one that is answered already without another word', async () => {
    const socket = send(half('/begun'));
    const answer = await text(socket).catch((error: Error) => error.message);
    expect(answer).not.toContain('408');
    expect(socket.destroyed).toBe(true);
  });

  it('lets alone what has come as a whole, and what it was lifted from', async () => {
    const lifted = send(half('/lifted'));
    const whole = send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfull');
    const none = send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    // By then it is long over for all that were sent before.
    await text(send(half('/')));
    expect([lifted, whole, none].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    expect(String(whole.read())).toContain('whole');
    for (const socket of [lifted, whole, none]) socket.destroy();
  });
});
