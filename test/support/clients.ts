import { randomUUID } from 'node:crypto';
import { expectDocumented } from './documented-answers';

export interface Session {
  token: string;
  refresh_token: string;
  user: { id: string; email: string };
}

export interface Answer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a server may send any JSON
  body: any;
}

type Headings = Record<string, string>;

async function send(url: string, method: string, body: unknown, headers: Headings): Promise<Answer> {
  const isText = typeof body === 'string';
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
  });
  const text = await response.text();
  await expectDocumented({ method, url, status: response.status, headers: response.headers, text });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A JSON client of one user; a string body is sent as it is. */
export function api(url: string, token?: string) {
  const own: Headings = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    get: (path: string, headers: Headings = {}) => send(url + path, 'GET', undefined, { ...own, ...headers }),
    post: (path: string, body?: unknown, headers: Headings = {}) =>
      send(url + path, 'POST', body, { ...own, ...headers }),
    patch: (path: string, body?: unknown, headers: Headings = {}) =>
      send(url + path, 'PATCH', body, { ...own, ...headers }),
    put: (path: string, body?: unknown, headers: Headings = {}) =>
      send(url + path, 'PUT', body, { ...own, ...headers }),
    delete: (path: string, headers: Headings = {}) =>
      send(url + path, 'DELETE', undefined, { ...own, ...headers }),
  };
}

export type Api = ReturnType<typeof api>;

export async function signUp(
  url: string,
  over: { email?: string; password?: string; timezone?: string } = {},
): Promise<Session> {
  const body = { email: `${randomUUID()}@example.com`, password: 'a long enough passphrase', ...over };
  const answer = await api(url).post('/api/auth/signup', body);
  if (answer.status !== 201)
    throw new Error(`sign-up answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Session;
}

/** Waits until a condition holds; a passed deadline fails the test. */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 10_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error('The condition did not come to hold in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Block {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a server may send any JSON
  [key: string]: any;
}

export interface EventStream {
  status: number;
  headers: Headers;
  /** The blocks in order of arrival; `[DONE]` is a string. */
  blocks: AsyncGenerator<Block | string>;
  leave(): void;
}

/** Reads a stream of `data:` blocks as the panel's client does: one line each; anything else is dropped. */
export async function openStream(
  url: string,
  token: string,
  path: string,
  body: unknown,
): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  const answer = { method: 'POST', url: url + path, status: response.status, headers: response.headers };
  await expectDocumented({ ...answer, text: response.ok ? undefined : await response.clone().text() });
  async function* read(): AsyncGenerator<Block | string> {
    const decoder = new TextDecoder();
    let buffer = '';
    for await (const chunk of response.body!) {
      buffer += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const block = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (response.ok) await expectDocumented({ ...answer, text: block });
        if (!block.startsWith('data: ') || block.includes('\n')) continue;
        const data = block.slice(6);
        yield data === '[DONE]' ? data : (JSON.parse(data) as Block);
      }
    }
  }
  return { status: response.status, headers: response.headers, blocks: read(), leave: () => abort.abort() };
}

export async function readAll(stream: EventStream): Promise<(Block | string)[]> {
  const blocks: (Block | string)[] = [];
  for await (const block of stream.blocks) blocks.push(block);
  return blocks;
}
