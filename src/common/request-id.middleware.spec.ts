import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { requestId, requestIdOf } from './request-id.middleware';

describe('requestId', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const app = express().use(requestId);
    app.get('/', (_request, response) => void response.json({ response: requestIdOf(response) }));
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

  const idFor = async (given?: string): Promise<string> => {
    const answer = await fetch(url, { headers: given === undefined ? {} : { 'x-request-id': given } });
    const id = answer.headers.get('x-request-id') ?? '';
    expect(await answer.json()).toEqual({ response: id });
    return id;
  };

  it.each(['a', 'Trace_1.2-b', 'x'.repeat(128)])('takes %p', async (given) => {
    expect(await idFor(given)).toBe(given);
  });

  it.each([[undefined], [''], ['x'.repeat(129)], ['a b'], ['a,b'], ['<script>'], ['é']])(
    'makes one instead of %p',
    async (given) => {
      expect(await idFor(given)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('keeps requests that run at once apart', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `id-${index}`);
    expect(await Promise.all(ids.map(idFor))).toEqual(ids);
  });
});
