import type { IncomingHttpHeaders } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';

export interface SocketClient {
  /** All frames received so far. */
  readonly frames: readonly string[];
  /** Resolves with the code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly webSocket: WebSocket;
  /** The headers of the handshake response. */
  readonly headers: IncomingHttpHeaders;
  /** Text and bytes are sent unchanged, anything else as JSON. */
  send(message: unknown): void;
  /** The oldest frame not yet returned. */
  next(deadlineMs?: number): Promise<string>;
  /** The frames up to and including this one. */
  until(last: string): Promise<string[]>;
}

export interface SocketOptions extends ClientOptions {
  token?: string;
  protocols?: string[];
  path?: string;
}

/** The server's answer to a handshake that opens no socket. */
export class HandshakeRefusal extends Error {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a server may send any JSON
    readonly body: any,
  ) {
    super(`The server answered ${status} ${JSON.stringify(body)}.`);
  }
}

/** @throws HandshakeRefusal */
export function openSocket(url: string, options: SocketOptions = {}): Promise<SocketClient> {
  const { token, protocols = [], path = '/ws', ...rest } = options;
  const own: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const webSocket = new WebSocket(url.replace(/^http/, 'ws') + path, protocols, {
    ...rest,
    headers: { ...own, ...rest.headers },
  });
  const received = receive(webSocket);
  let headers: IncomingHttpHeaders = {};
  webSocket.on('upgrade', (response) => (headers = response.headers));
  return new Promise((resolve, reject) => {
    webSocket.on('error', reject);
    webSocket.on('open', () =>
      resolve({
        ...received,
        webSocket,
        headers,
        send: (message) =>
          webSocket.send(
            typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
          ),
      }),
    );
    webSocket.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const isJson = response.headers['content-type']?.includes('json') ?? false;
        reject(
          new HandshakeRefusal(response.statusCode!, response.headers, isJson ? JSON.parse(text) : text),
        );
      });
    });
  });
}

/** @returns the refusal of a handshake that must fail */
export async function refusedSocket(url: string, options?: SocketOptions): Promise<HandshakeRefusal> {
  const outcome: unknown = await openSocket(url, options).catch((error: unknown) => error);
  if (outcome instanceof HandshakeRefusal) return outcome;
  if (outcome instanceof Error) throw outcome;
  (outcome as SocketClient).webSocket.terminate();
  throw new Error('The server opened the socket.');
}

function receive(webSocket: WebSocket): Pick<SocketClient, 'frames' | 'closed' | 'next' | 'until'> {
  const frames: string[] = [];
  let handedOut = 0;
  let notice = (): void => undefined;
  webSocket.on('message', (data: Buffer, isBinary) => {
    frames.push(isBinary ? `binary: ${data.toString('hex')}` : data.toString('utf8'));
    notice();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  const next = async (deadlineMs = 5000): Promise<string> => {
    if (handedOut === frames.length) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve, reject) => {
        notice = resolve;
        const told = (why: string) =>
          reject(new Error(`${why}; the last frames: ${frames.slice(-5).join('\n')}`));
        timer = setTimeout(() => told('No frame came in time'), deadlineMs);
        void closed.then(({ code }) => told(`The server closed with ${code}`));
      }).finally(() => clearTimeout(timer));
    }
    return frames[handedOut++]!;
  };
  const until = async (last: string): Promise<string[]> => {
    const read = [await next()];
    while (read.at(-1) !== last) read.push(await next());
    return read;
  };
  return { frames, closed, next, until };
}
