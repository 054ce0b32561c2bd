import { connect } from 'node:net';
import type { Answer } from './clients';
import { expectDocumented } from './documented-answers';

/** A request in a form that fits a table of tests. */
export interface Ask {
  method: string;
  path: string;
  /** Text and bytes are sent unchanged, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

type Headings = Record<string, string>;

export const get = (path: string, headers?: Headings): Ask => ({ method: 'GET', path, headers });
export const post = (path: string, body?: unknown, headers?: Headings): Ask => ({
  method: 'POST',
  path,
  body,
  headers,
});
export const patch = (path: string, body: unknown, headers?: Headings): Ask => ({
  method: 'PATCH',
  path,
  body,
  headers,
});
export const remove = (path: string, headers?: Headings): Ask => ({ method: 'DELETE', path, headers });

/** Sends a request; a header with an empty value is omitted. */
export async function ask(
  url: string,
  { method, path, body, headers = {} }: Ask,
  token?: string,
): Promise<Answer> {
  const all: Headings = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  const isAsItIs = typeof body === 'string' || Buffer.isBuffer(body);
  const response = await fetch(url + path, {
    method,
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
    // Sent as bytes: fetch would set a content type for text.
    body: body === undefined ? undefined : Buffer.from(isAsItIs ? (body as string) : JSON.stringify(body)),
    redirect: 'manual',
  });
  const text = await response.text();
  await expectDocumented({
    method,
    url: url + path,
    status: response.status,
    headers: response.headers,
    text,
  });
  const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

/**
 * Checks a refusal against what docs/contract.md promises of every error.
 * @param path where `details` must point
 */
export function expectRefusal(
  answer: Answer,
  status: number,
  code: string,
  path?: (string | number)[],
): void {
  const { body, headers } = answer;
  expect([answer.status, body.code]).toEqual([status, code]);
  expect(body.error).toEqual(expect.stringMatching(/\S/));
  expect(body.message).toBe(body.error);
  expect(body.request_id).toBe(headers.get('x-request-id'));
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(JSON.stringify(body).length).toBeLessThan(30_000);
  if (code === 'validation_failed') {
    expect(body.details.length).toBeGreaterThan(0);
    for (const detail of body.details) {
      expect(detail).toEqual({ path: expect.any(Array), message: expect.stringMatching(/\S/) });
    }
  } else {
    expect(body).not.toHaveProperty('details');
  }
  if (path !== undefined) {
    expect(body.details.map((detail: { path: unknown }) => JSON.stringify(detail.path))).toContain(
      JSON.stringify(path),
    );
  }
}

export interface WireAnswer {
  /** 0 if the server closed the connection without an answer. */
  status: number;
  headers: string;
  body: string;
}

/**
 * Sends bytes that no HTTP client would send, and reads until the server closes.
 * @param isHalf ends the request here; otherwise it asks for `close`, since a keep-alive connection would stay open
 */
export function sendBytes(url: string, bytes: string | Buffer, isHalf = false): Promise<WireAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port) });
    socket.setTimeout(5000, () => socket.destroy(new Error('The server neither answered nor closed.')));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      // A server may close the connection with unread bytes.
      ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? undefined : reject(error),
    );
    socket.on('close', () => {
      const [headers = '', ...rest] = received.split('\r\n\r\n');
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0),
        headers,
        body: rest.join('\r\n\r\n'),
      });
    });
    if (isHalf) socket.end(bytes);
    else socket.write(bytes);
  });
}
