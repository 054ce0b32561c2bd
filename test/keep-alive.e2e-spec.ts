import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createTestApp, type TestApp } from './support/app';
import { until } from './support/clients';

const REQUEST = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';

describe('Connections between requests', () => {
  const apps: TestApp[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.stop();
  });

  const start = async (environment?: Record<string, string>): Promise<TestApp> => {
    const app = await createTestApp(environment);
    apps.push(app);
    return app;
  };
  const serverOf = ({ app }: TestApp): Server => app.getHttpServer();

  it.each<[string, Record<string, string>, number]>([
    ['75 seconds where nothing is set', {}, 75_000],
    ['as long as KEEP_ALIVE_TIMEOUT says', { KEEP_ALIVE_TIMEOUT: '620s' }, 620_000],
  ])('stay open for %s, and headers have longer', async (_, environment, keepAliveMs) => {
    const { keepAliveTimeout, headersTimeout, requestTimeout } = serverOf(await start(environment));
    expect(keepAliveTimeout).toBe(keepAliveMs);
    expect(headersTimeout).toBeGreaterThan(keepAliveTimeout);
    expect(requestTimeout).toBeGreaterThan(headersTimeout);
  });

  it('serve one request after the other, and close after KEEP_ALIVE_TIMEOUT', async () => {
    const app = await start({ KEEP_ALIVE_TIMEOUT: '1s' });
    const socket: Socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    const closed = once(socket, 'close');
    for (const time of [1, 2]) {
      socket.write(REQUEST);
      await until(() => received.split('{"status":"live"}').length === time + 1);
    }
    const answeredAt = Date.now();
    await closed;
    // Node waits up to a second longer.
    expect(Date.now() - answeredAt).toBeGreaterThan(900);
    expect(received).toMatch(/^Keep-Alive: timeout=1\r$/m);
  });
});
