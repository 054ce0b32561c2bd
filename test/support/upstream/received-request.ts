import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from './script';

/** A request as the provider got it: known from its headers on, filled as it goes. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What has been read of it so far. */
  readonly body: Buffer;
  /** What the system has taken of the answer, its head included. */
  readonly bytesSent: number;
  /** `aborted`: the client left before the answer was over; `done`: it is over, also where the script cut it. */
  readonly state: 'open' | 'done' | 'aborted';
  /** By `Date.now()`. */
  readonly abortedAt: number | undefined;
  /** Resolves when it is open no more. */
  readonly over: Promise<void>;
}

export interface FollowedRequest {
  readonly request: ReceivedRequest;
  readonly exchange: Exchange;
}

export function follow(req: IncomingMessage, res: ServerResponse): FollowedRequest {
  // A client that leaves while we write is what many tests are about.
  res.on('error', () => undefined);
  req.on('error', () => undefined);
  const { socket } = req;
  const sentBefore = socket.bytesWritten;
  const chunks: Buffer[] = [];
  let state: ReceivedRequest['state'] = 'open';
  let abortedAt: number | undefined;
  const over = new Promise<void>((resolve) =>
    res.once('close', () => {
      if (state === 'open') {
        state = res.writableFinished ? 'done' : 'aborted';
        abortedAt = state === 'aborted' ? Date.now() : undefined;
      }
      resolve();
    }),
  );
  let bodyRead: Promise<void> | undefined;
  const readBody = (): Promise<void> =>
    (bodyRead ??= new Promise((resolve) => {
      req.once('end', resolve).on('data', (chunk: Buffer) => chunks.push(chunk));
    }));
  return {
    request: {
      method: req.method!,
      path: req.url!,
      headers: req.headers,
      over,
      get body() {
        return Buffer.concat(chunks);
      },
      get bytesSent() {
        return socket.bytesWritten - socket.writableLength - sentBefore;
      },
      get state() {
        return state;
      },
      get abortedAt() {
        return abortedAt;
      },
    },
    exchange: { res, over, readBody, noteCut: () => void (state = 'done') },
  };
}
